"""Giving, answering, accepting, returning and withdrawing an instruction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.inspections import rules
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue
from projects.access import (
    INSPECTORS,
    LEADERS,
    UNIT_VOICES,
    find_project,
    not_allowed,
    refuse_merged,
    refuse_stale,
    require,
)
from projects.history import note
from projects.inspections import found as inspections
from projects.inspections.found import refuse_state
from projects.inspections.numbers import next_number
from projects.instructions.found import find
from projects.telling import tell, voices
from workflow.case import not_visible
from workflow.commands.base import clean, clean_moment
from workflow.commands.discovery import Report, report
from workflow.context import context
from workflow.deadlines import side_limit
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.organisation import find_person, find_unit

_N = tables.instruction
GIVERS = frozenset({*INSPECTORS, *LEADERS})
SOURCE = "instruction"


@dataclass(frozen=True, slots=True)
class Order:
    """What is filled in. `unit` is a code or name; `leader` a username, or `leader_name` for a
    leader without an account; `limit_at` empty: the limit of the rules. At least one of
    `inspection`, `project` (ids) and `issue` (a number) says what it is about."""

    text: str
    unit: str
    leader: str = ""
    leader_name: str = ""
    inspection: int | None = None
    project: int | None = None
    issue: str = ""
    limit_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What an act leaves behind."""

    id: int
    number: str
    state: str
    version: int
    issue: str = ""


def give(s: Session, *, actor: PersonInfo, form: Order, now: datetime) -> Done:
    """Record an instruction; its unit is told. For leaders, inspectors and the office."""
    require(actor, GIVERS)
    values = _values(s, actor, form, now)
    year = context(s).calendar().local_date(now).year
    number = next_number(s, "PS", year)
    _refuse_repeat(s, values)
    values |= {"number": number, "given_at": now, "recorded_by_id": actor.id}
    made = int(s.execute(insert(_N).values(**values).returning(_N.c.id)).scalar_one())
    note(s, f"instruction:{made}", "instruction.given", values, actor, now)
    row = find(s, actor, made)
    notify(s, "instruction_given", row, "given", now)
    return Done(made, row.number, "open", 1)


def _refuse_repeat(s: Session, values: dict[str, Any]) -> None:
    """A form that is sent twice gives one instruction. To be asked under the lock of the year's
    numbers: of two at once the second sees the first, and its number is given back."""
    names = ("text", "unit_id", "project_id", "inspection_id", "issue_id")
    alike = (_N.c[name].is_not_distinct_from(values[name]) for name in names)
    number = s.execute(select(_N.c.number).where(_N.c.state == "open", *alike).limit(1)).scalar()
    if number is not None:
        text = _("This was recorded already, as {number}, and waits for its answer.")
        raise GuardFailed(
            Reason("given_already", text.format(number=number), "text", _("See that instruction."))
        )


def _values(s: Session, actor: PersonInfo, form: Order, now: datetime) -> dict[str, Any]:
    leader = find_person(s, form.leader) if form.leader.strip() else None
    name = clean("leader_name", form.leader_name, most=60)
    if leader is None and not name and actor.roles & LEADERS:
        leader = actor
    if leader is None and not name:
        text = _("Nobody is named who gave the instruction.")
        raise Malformed(Reason("leader_missing", text, "leader", _("Name the leader.")))
    return {
        "text": clean("text", form.text, most=4000, needed=True),
        "unit_id": find_unit(s, form.unit).id, "leader_id": leader.id if leader else None,
        "leader": name, "limit_at": _limit(s, form.limit_at, now), **_about(s, actor, form),
    }  # fmt: skip


def _about(s: Session, actor: PersonInfo, form: Order) -> dict[str, Any]:
    number = clean("issue", form.issue, most=50)
    issue = find_issue(s, actor, number) if number else None
    if number and issue is None:
        raise not_visible(number)
    project = form.project
    if project is not None:
        refuse_merged(find_project(s, actor, project, lock=True))
    elif issue is not None:
        project = _standing(s, issue.project_id)
    if form.inspection is not None:
        inspections.find(s, actor, form.inspection)
    if project is None and issue is None and form.inspection is None:
        text = _("The instruction is about nothing.")
        remedy = _("Name an inspection, a project or an issue.")
        raise Malformed(Reason("about_missing", text, "project", remedy))
    return {
        "project_id": project, "inspection_id": form.inspection,
        "issue_id": issue.id if issue is not None else None,
    }  # fmt: skip


def _standing(s: Session, project: int | None) -> int | None:
    """An issue stays with the record it was reported on; what is new belongs to the kept one."""
    p = tables.project.c
    chosen = select(p.merged_into_id).where(p.id == project).with_for_update()
    into: int | None = s.execute(chosen).scalar()
    return into or project


def _limit(s: Session, wanted: datetime | None, now: datetime) -> datetime:
    ctx = context(s)
    if wanted is None:
        days = rules().instruction.limit_wd
        return side_limit(now, days, ctx.calendar(), ctx.policy())
    limit = clean_moment("limit_at", wanted) or wanted
    if limit <= now:
        text = _("The limit lies in the past.")
        raise Malformed(Reason("limit_past", text, "limit_at", _("Give a later one.")))
    return limit


def answer(
    s: Session, *, actor: PersonInfo, instruction: int, text: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """The unit's answer. For the liaison and leaders of the addressed unit."""
    row = find(s, actor, instruction, lock=True)
    _require_voice(actor, row)
    refuse_stale(row, expected_version)
    refuse_state(row, "open")
    text = clean("text", text, most=4000, needed=True)
    values = {"state": "answered", "answer": text, "answered_at": now, "answered_by_id": actor.id}
    late = now > row.limit_at
    return _advance(s, actor, row, "instruction.answered", {"answer": text, "late": late}, now,
                    values)  # fmt: skip


def _require_voice(actor: PersonInfo, row: Any) -> None:
    if not actor.roles & UNIT_VOICES or actor.unit_id != row.unit_id:
        raise not_allowed(_("Only the unit that the instruction is addressed to answers it."))


def accept(
    s: Session, *, actor: PersonInfo, instruction: int, now: datetime, opinion: str = "",
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """The answer will do. For inspectors and the office."""
    require(actor, INSPECTORS)
    row = find(s, actor, instruction, lock=True)
    refuse_stale(row, expected_version)
    refuse_state(row, "answered")
    opinion = clean("opinion", opinion, most=1000)
    values = _ruled(actor, opinion, now) | {"state": "accepted"}
    return _advance(s, actor, row, "instruction.accepted", {"opinion": opinion}, now, values)


def return_(
    s: Session, *, actor: PersonInfo, instruction: int, reason: str, now: datetime,
    limit_at: datetime | None = None, expected_version: int | None = None,
) -> Done:  # fmt: skip
    """The answer will not do: says why, and gives a new limit; the unit is told again."""
    require(actor, INSPECTORS)
    row = find(s, actor, instruction, lock=True)
    refuse_stale(row, expected_version)
    refuse_state(row, "answered")
    reason = clean("reason", reason, most=1000, needed=True)
    limit = _limit(s, limit_at, now)
    values = _ruled(actor, reason, now) | {
        "state": "open", "limit_at": limit, "round": row.round + 1, "chased": 0,
    }  # fmt: skip
    data = {"reason": reason, "limit_at": limit, "answer": row.answer}
    done = _advance(s, actor, row, "instruction.returned", data, now, values)
    again = find(s, actor, instruction)
    notify(s, "instruction_given", again, f"round:{again.round}", now, reason=reason)
    return done


def withdraw(
    s: Session, *, actor: PersonInfo, instruction: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Given by mistake, or overtaken by events: a reason is kept."""
    require(actor, INSPECTORS)
    row = find(s, actor, instruction, lock=True)
    refuse_stale(row, expected_version)
    refuse_state(row, "open", "answered")
    reason = clean("reason", reason, most=1000, needed=True)
    values = _ruled(actor, reason, now) | {"state": "withdrawn"}
    return _advance(s, actor, row, "instruction.withdrawn", {"reason": reason}, now, values)


def _ruled(actor: PersonInfo, text: str, now: datetime) -> dict[str, Any]:
    return {"ruling": text, "ruled_at": now, "ruled_by_id": actor.id}


def raise_issue(
    s: Session, *, actor: PersonInfo, instruction: int, title: str, category: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Turn an instruction into an issue of the loop, once; both go on from there."""
    row = find(s, actor, instruction, lock=True)
    require(actor, INSPECTORS)
    refuse_stale(row, expected_version)
    refuse_state(row, "open", "answered", "accepted")
    if row.raised_issue_id is not None:
        text = _("The instruction has become an issue already.")
        raise Malformed(Reason("raised_before", text, "instruction", _("See that issue.")))
    made = report(s, actor=actor, form=_report(s, row, title, category), now=now)
    issue = tables.issue.c
    key = s.execute(select(issue.id).where(issue.number == made.issue_number)).scalar_one()
    done = _advance(
        s, actor, row, "instruction.raised", {"issue": made.issue_number}, now,
        {"raised_issue_id": key},
    )  # fmt: skip
    return Done(done.id, done.number, done.state, done.version, made.issue_number)


def _report(s: Session, row: Any, title: str, category: str) -> Report:
    project = tables.project.c
    name = s.execute(select(project.name).where(project.id == row.project_id)).scalar()
    unit = context(s).directory.units[row.unit_id]
    return Report(
        title=title, description=row.text, category=category, project=name,
        no_project_reason="" if name else f"领导批示{row.number}",
        board=unit.code if name is None and unit.is_board else None,
        source_system=SOURCE, source_id=row.number,
    )  # fmt: skip


def _advance(
    s: Session, actor: PersonInfo | None, row: Any, tag: str, data: dict[str, Any], now: datetime,
    values: dict[str, Any],
) -> Done:  # fmt: skip
    values = values | {"version": row.version + 1}
    s.execute(update(_N).where(_N.c.id == row.id).values(**values))
    note(s, f"instruction:{row.id}", tag, data, actor, now)
    return Done(row.id, row.number, values.get("state", row.state), row.version + 1)


def notify(
    s: Session, about: str, row: Any, occasion: str, now: datetime,
    copies: tuple[PersonInfo, ...] = (), reason: str = "",
) -> int:  # fmt: skip
    """Tell the addressed unit of its instruction; how many notices were new."""
    ctx = context(s)
    people = ctx.directory
    project = tables.project.c
    name = s.execute(select(project.name).where(project.id == row.project_id)).scalar()
    return tell(
        s, about, voices(s, row.unit_id), subject=f"instruction:{row.id}", occasion=occasion,
        title=row.number, path=f"/inspections/instructions/{row.id}", now=now, copies=copies,
        project=name or "", detail=row.text[:200], reason=reason,
        limit_at=row.limit_at.astimezone(ctx.calendar().tz).strftime("%Y-%m-%d %H:%M"),
        actor=row.leader or people.person_name(row.leader_id),
    )  # fmt: skip
