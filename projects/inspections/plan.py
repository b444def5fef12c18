"""Planning an inspection, taking up the clock's suggestion, changing the sites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from config.i18n import gettext as _
from config.inspections import KINDS
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import INSPECTORS, answering_units, refuse_stale, require
from projects.history import note
from projects.inspections.choosing import Choice, Chosen, choose
from projects.inspections.found import ALIVE, find, refuse_state
from projects.inspections.numbers import next_number
from projects.telling import tell, voices
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.organisation import find_person

_I = tables.inspection
_S = tables.inspection_site


@dataclass(frozen=True, slots=True)
class Plan:
    """What is filled in. `leader` and `members` are usernames; `leader_name` names a leader who
    has no account. Units of an announced inspection are told of it at once."""

    kind: str
    title: str
    starts_on: date
    ends_on: date | None = None
    leader: str = ""
    leader_name: str = ""
    members: tuple[str, ...] = ()
    purpose: str = ""
    announced: bool = True
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Done:
    """What an act leaves behind."""

    id: int
    number: str
    state: str
    version: int


def plan(s: Session, *, actor: PersonInfo, form: Plan, now: datetime) -> Done:
    """Plan an inspection with its sites. For inspectors and the office.

    The first event of its history is written before sites are drawn, and its hash is their seed.
    """
    require(actor, INSPECTORS)
    values, team = _values(s, form)
    year = context(s).calendar().local_date(now).year
    values |= {
        "number": next_number(s, "DC", year), "state": "planned", "created_at": now,
        "created_by_id": actor.id, "draw": {}, "report": {},
    }  # fmt: skip
    made = int(s.execute(insert(_I).values(**values).returning(_I.c.id)).scalar_one())
    return _complete(s, actor, made, form, team, values, now, "inspection.planned")


def adopt(
    s: Session, *, actor: PersonInfo, inspection: int, form: Plan, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Make a plan of what the clock has suggested. For inspectors and the office."""
    require(actor, INSPECTORS)
    row = find(s, actor, inspection, lock=True)
    refuse_stale(row, expected_version)
    refuse_state(row, "suggested")
    values, team = _values(s, form)
    values |= {"kind": row.kind, "state": "planned", "version": row.version + 1}
    s.execute(update(_I).where(_I.c.id == inspection).values(**values))
    return _complete(s, actor, inspection, form, team, values, now, "inspection.adopted")


def _complete(
    s: Session, actor: PersonInfo, key: int, form: Plan, team: Sequence[PersonInfo],
    values: dict[str, Any], now: datetime, tag: str,
) -> Done:  # fmt: skip
    told = {k: v for k, v in values.items() if k not in ("draw", "report", "version")}
    note(s, f"inspection:{key}", tag, told | {"members": [p.id for p in team]}, actor, now)
    today = context(s).calendar().local_date(now)
    chosen = choose(s, actor, form.choice, _seed(s, key), today)
    _write_sites(s, key, chosen.projects, form.choice.rule)
    if team:
        rows = [{"inspection_id": key, "person_id": p.id} for p in team]
        s.execute(insert(tables.inspection_member), rows)
    s.execute(update(_I).where(_I.c.id == key).values(draw=chosen.record))
    _note_sites(s, actor, key, chosen, now)
    row = find(s, actor, key)
    if row.announced:
        _announce(s, row, chosen.projects, now)
    return Done(key, row.number, row.state, row.version)


def _seed(s: Session, key: int) -> str:
    head = tables.chain_head.c
    chosen = select(head.chain_hash).where(head.stream == f"inspection:{key}")
    return str(s.execute(chosen).scalar_one())


def _values(s: Session, form: Plan) -> tuple[dict[str, Any], list[PersonInfo]]:
    """Checked columns and the team. Raises `Malformed`."""
    if form.kind not in KINDS:
        text = _("Unknown kind {name}.").format(name=form.kind[:40])
        raise Malformed(Reason("kind_unknown", text, "kind", _("Choose one of the list.")))
    ends_on = form.ends_on or form.starts_on
    if ends_on < form.starts_on:
        text = _("The inspection ends before it begins.")
        raise Malformed(Reason("ends_before", text, "ends_on", _("Give a later end.")))
    leader = find_person(s, form.leader) if form.leader else None
    team = list({p.id: p for p in (find_person(s, name) for name in form.members)}.values())
    return {
        "kind": form.kind, "title": clean("title", form.title, most=200, needed=True),
        "purpose": clean("purpose", form.purpose, most=1000), "starts_on": form.starts_on,
        "ends_on": ends_on, "leader_id": leader.id if leader else None,
        "leader": clean("leader_name", form.leader_name, most=60), "announced": form.announced,
        "rule": form.choice.rule,
    }, team  # fmt: skip


def _write_sites(s: Session, key: int, projects: Iterable[int], basis: str, start: int = 1) -> None:
    rows = [
        {"inspection_id": key, "project_id": project, "position": place, "basis": basis}
        for place, project in enumerate(projects, start)
    ]
    if rows:
        s.execute(insert(_S), rows)


def _note_sites(s: Session, actor: PersonInfo, key: int, chosen: Chosen, now: datetime) -> None:
    data = {"projects": list(chosen.projects), "draw": chosen.record}
    note(s, f"inspection:{key}", "inspection.sites", data, actor, now)


def _announce(s: Session, row: Any, projects: Iterable[int], now: datetime) -> None:
    """Tell those who answer for a site of it, once."""
    project = tables.project
    rows = s.execute(select(project).where(project.c.id.in_(list(projects))))
    units = {unit for one in rows for unit in answering_units(s, one)}
    people = {p.id: p for unit in sorted(units) for p in voices(s, unit)}
    if people:
        tell(
            s, "inspection_planned", people.values(), subject=f"inspection:{row.id}",
            occasion=f"planned:{row.version}", title=row.title, path=f"/inspections/{row.id}",
            now=now, detail=f"{row.starts_on.isoformat()} — {row.ends_on.isoformat()}",
        )  # fmt: skip


def set_sites(
    s: Session, *, actor: PersonInfo, inspection: int, projects: Sequence[int], reason: str,
    now: datetime, expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Change sites and their order. Where they were chosen by a rule, a reason is needed; the
    record of the draw stays. One that was visited, or has findings, stays on the list."""
    require(actor, INSPECTORS)
    row = find(s, actor, inspection, lock=True)
    refuse_stale(row, expected_version)
    refuse_state(row, *ALIVE)
    reason = clean("reason", reason, most=500, needed=row.rule != "named")
    today = context(s).calendar().local_date(now)
    wanted = choose(s, actor, Choice(projects=tuple(projects)), "", today).projects
    before = {r.project_id: r for r in s.execute(select(_S).where(_S.c.inspection_id == row.id))}
    _refuse_visited(s, row.id, [r for key, r in before.items() if key not in wanted])
    gone = [key for key in before if key not in wanted]
    s.execute(delete(_S).where(_S.c.inspection_id == row.id, _S.c.project_id.in_(gone)))
    for place, project in enumerate(wanted, 1):
        if project in before:
            own = (_S.c.inspection_id == row.id, _S.c.project_id == project)
            s.execute(update(_S).where(*own).values(position=place))
        else:
            _write_sites(s, row.id, [project], "named", place)
    data = {"before": sorted(before), "after": list(wanted), "reason": reason}
    return advance(s, actor, row, "inspection.sites_changed", data, now)


def _refuse_visited(s: Session, inspection: int, leaving: Sequence[Any]) -> None:
    finding = tables.finding.c
    keys = [r.project_id for r in leaving]
    found = select(finding.id).where(
        finding.inspection_id == inspection, finding.project_id.in_(keys)
    )
    if any(r.visited_on for r in leaving) or s.execute(found.limit(1)).first() is not None:
        text = _("A site that was visited stays on the list.")
        raise GuardFailed(Reason("site_visited", text, "projects", _("Keep it.")))


def advance(
    s: Session, actor: PersonInfo | None, row: Any, tag: str, data: dict[str, Any], now: datetime,
    **values: Any,
) -> Done:  # fmt: skip
    """Write changed columns and the event of an act on a locked inspection."""
    values |= {"version": row.version + 1}
    s.execute(update(_I).where(_I.c.id == row.id).values(**values))
    note(s, f"inspection:{row.id}", tag, data, actor, now)
    return Done(row.id, row.number, values.get("state", row.state), row.version + 1)
