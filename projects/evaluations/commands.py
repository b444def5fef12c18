"""Answering, returning and grading an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update

from config.i18n import gettext as _
from config.inspections import rules
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, refuse_stale, require, require_reporter
from projects.evaluations.found import commitments, figures, find
from projects.evaluations.judging import Figure, Promise, Verdict, judge, suggested
from projects.evaluations.making import notify
from projects.evaluations.numbers import number, plain
from projects.history import note
from projects.inspections.found import refuse_state
from workflow.commands.base import clean
from workflow.context import context
from workflow.deadlines import side_limit
from workflow.errors import Malformed, Reason

_E = tables.evaluation
_G = tables.evaluation_figure
GRADERS = frozenset({Role.OFFICE_CHIEF, Role.DEPUTY_DIRECTOR})
WORDS = {"layout": 1000, "driving": 1000, "innovation": 1000}
"""布局、带动、创新 are told in words."""


@dataclass(frozen=True, slots=True)
class Answer:
    """By indicator (a code, or `commitment:ID`): the figure as typed, and why there is none."""

    values: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    layout: str = ""
    driving: str = ""
    innovation: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act leaves behind."""

    id: int
    state: str
    version: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A commitment, the figure it was held against, and what came of it."""

    row: Any
    figure: Decimal | None
    verdict: Verdict


def asked(s: Session, project: int) -> dict[str, tuple[str, str]]:
    """By indicator: name and unit of every figure that an evaluation asks for."""
    wanted = {one.code: (one.name, one.unit) for one in rules().evaluation.indicators}
    own = [c for c in commitments(s, project, active=True) if not c.indicator]
    return wanted | {f"commitment:{c.id}": (c.name, c.unit) for c in own}


def answer(
    s: Session, *, actor: PersonInfo, evaluation: int, form: Answer, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Give the figures. For who answers for the project, and the office.

    A figure that is not known may stay blank, but then a note says why; blank is never zero.
    """
    row = find(s, actor, evaluation, lock=True)
    _require_reporter(s, actor, row)
    refuse_stale(row, expected_version)
    refuse_state(row, "open")
    rows = _rows(s, row, form)
    words = {k: clean(k, getattr(form, k), most=n) for k, n in WORDS.items()}
    s.execute(delete(_G).where(_G.c.evaluation_id == row.id))
    s.execute(insert(_G), rows)
    given = {r["indicator"]: [r["value"], r["unit"], r["note"]] for r in rows}
    values = words | {
        "state": "answered", "answered_at": now, "answered_by_id": actor.id, "chased": 0,
        "limit_at": _limit(s, now),
    }  # fmt: skip
    data = {"figures": given, "late": now > row.limit_at, **words}
    done = _advance(s, actor, row, "evaluation.answered", data, now, values)
    notify(s, "evaluation_due", row.id, f"answered:{row.round}", now)
    return done


def _limit(s: Session, now: datetime) -> datetime:
    """When the next step is due."""
    ctx = context(s)
    return side_limit(now, rules().evaluation.limit_wd, ctx.calendar(), ctx.policy())


def _require_reporter(s: Session, actor: PersonInfo, row: Any) -> None:
    project = tables.project
    own = s.execute(select(project).where(project.c.id == row.project_id)).one()
    require_reporter(s, actor, own)


def _rows(s: Session, row: Any, form: Answer) -> list[dict[str, Any]]:
    """Rows of figures. Raises `Malformed` with a reason for every one that is wrong."""
    found: list[dict[str, Any]] = []
    faults: list[Reason] = []
    for key, (name, unit) in asked(s, row.project_id).items():
        try:
            found.append(_row(row.id, key, name, unit, form))
        except Malformed as error:
            faults += error.reasons
    if faults:
        raise Malformed(*faults)
    return found


def _row(evaluation: int, key: str, name: str, unit: str, form: Answer) -> dict[str, Any]:
    value = number(key, form.values.get(key, ""))
    said = clean(key, form.notes.get(key, ""), most=300)
    if value is None and not said:
        text = _("{name} has neither a figure nor a reason why there is none.").format(name=name)
        raise Malformed(Reason("figure_missing", text, key, _("Give one of them.")))
    return {
        "evaluation_id": evaluation, "indicator": key, "unit": unit, "value": value, "note": said,
    }  # fmt: skip


def send_back(
    s: Session, *, actor: PersonInfo, evaluation: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """The figures will not do: the unit corrects them under a new limit. For the office."""
    row = find(s, actor, evaluation, lock=True)
    require(actor, OFFICE)
    refuse_stale(row, expected_version)
    refuse_state(row, "answered")
    reason = clean("reason", reason, most=1000, needed=True)
    values = {
        "state": "open", "opinion": reason, "round": row.round + 1, "chased": 0,
        "limit_at": _limit(s, now),
    }  # fmt: skip
    done = _advance(s, actor, row, "evaluation.returned", {"reason": reason}, now, values)
    notify(s, "evaluation_due", row.id, f"returned:{row.round}", now, reason=reason)
    return done


def check(s: Session, row: Any, today: date) -> list[Checked]:
    """Every commitment in force, held against the evaluation's figures."""
    given = figures(s, row.id)
    found = []
    for one in commitments(s, row.project_id, active=True):
        figure = given.get(one.indicator or f"commitment:{one.id}")
        held = Figure(figure.value, figure.unit) if figure is not None else None
        verdict = judge(Promise(one.op, one.value, one.unit, one.by_on), held, today)
        found.append(Checked(one, held.value if held else None, verdict))
    return found


def grade(
    s: Session, *, actor: PersonInfo, evaluation: int, grade: str, opinion: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Give the result: commitments are checked, the project is tagged, what was seen is frozen.

    For the office chief or the deputy director; the suggestion binds nobody, but departing from
    it takes an opinion.
    """
    row = find(s, actor, evaluation, lock=True)
    require(actor, GRADERS)
    refuse_stale(row, expected_version)
    refuse_state(row, "answered")
    known = rules().evaluation.grade(grade)
    if known is None:
        text = _("Unknown grade {name}.").format(name=grade[:20])
        raise Malformed(Reason("grade_unknown", text, "grade", _("Choose one of the list.")))
    checked = check(s, row, context(s).calendar().local_date(now))
    hint = suggested((one.verdict.result for one in checked), rules().evaluation)
    apart = hint is not None and hint.code != grade
    opinion = clean("opinion", opinion, most=1000, needed=apart)
    _settle(s, actor, checked, now)
    _tag(s, actor, row.project_id, f"绩效评估{known.code}", now)
    facts = _facts(checked, hint.code if hint else "", known.zh, known.consequence)
    values = {
        "state": "graded", "grade": grade, "opinion": opinion, "graded_at": now,
        "graded_by_id": actor.id, "facts": facts,
    }  # fmt: skip
    return _advance(s, actor, row, "evaluation.graded", {"grade": grade, "opinion": opinion,
                    **facts}, now, values)  # fmt: skip


def _facts(checked: list[Checked], hint: str, name: str, consequence: str) -> dict[str, Any]:
    return {
        "suggested": hint, "name": name, "consequence": consequence,
        "commitments": [
            {"id": one.row.id, "result": one.verdict.result, "reason": one.verdict.reason,
             "figure": plain(one.figure)}
            for one in checked
        ],
    }  # fmt: skip


def _settle(s: Session, actor: PersonInfo, checked: list[Checked], now: datetime) -> None:
    table = tables.commitment
    for one in checked:
        values = {
            "result": one.verdict.result, "reason": one.verdict.reason, "figure": one.figure,
            "checked_at": now, "version": one.row.version + 1,
        }  # fmt: skip
        s.execute(update(table).where(table.c.id == one.row.id).values(**values))
        note(s, f"commitment:{one.row.id}", "commitment.checked", values, actor, now)


def _tag(s: Session, actor: PersonInfo, project: int, tag: str, now: datetime) -> None:
    """The result as the project's only tag of its kind."""
    table = tables.project_tag
    s.execute(delete(table).where(table.c.project_id == project, table.c.kind == "evaluation"))
    s.execute(insert(table).values(project_id=project, kind="evaluation", tag=tag))
    data = {"kind": "evaluation", "tag": tag}
    note(s, f"project:{project}", "project.tagged", data, actor, now)


def _advance(
    s: Session, actor: PersonInfo, row: Any, tag: str, data: dict[str, Any], now: datetime,
    values: dict[str, Any],
) -> Done:  # fmt: skip
    values = values | {"version": row.version + 1}
    s.execute(update(_E).where(_E.c.id == row.id).values(**values))
    note(s, f"evaluation:{row.id}", tag, data, actor, now)
    return Done(row.id, values["state"], row.version + 1)
