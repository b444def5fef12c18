"""Setting the lights: of milestones with their forecast, of projects, of boards; set-wise.

They are set every morning (`run`), right after each command that changes what they depend on
(`refresh` in its own transaction), and by the clock's next round when an issue's light has turned
(`follow_issues`). A light that turned is appended to `light_change`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, exists, insert, or_, select, true, update

from config.milestones import DATES, Network, default_network
from config.policy_parts import ProjectLightRules
from models import tables
from models.db import Session
from projects.lights.board_rules import MonthTask, board_light
from projects.lights.facts import Picture, gather, open_issues, permits_in_use
from projects.lights.rules import (
    Lamp,
    MilestoneFacts,
    ProjectFacts,
    milestone_light,
    project_light,
)
from projects.milestones.network import critical_path, earliest, slack
from workflow.calendar import WorkCalendar
from workflow.context import context

LIGHT = ("light", "light_reason", "light_facts")
FORECAST = ("forecast_begin_on", "forecast_on", "slack_wd", "critical")
_P, _M, _B = tables.project, tables.milestone, tables.board_light
_Q = tables.milestone_proposal


@dataclass(frozen=True, slots=True)
class Ground:
    """The rules of a day."""

    today: date
    rules: ProjectLightRules
    calendar: WorkCalendar
    network: Network


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many lights of projects and milestones turned."""

    projects: int = 0
    milestones: int = 0


def ground(s: Session, now: datetime) -> Ground:
    """Policy, calendar and network in force."""
    ctx = context(s)
    calendar = ctx.calendar()
    return Ground(
        calendar.local_date(now), ctx.policy().project_lights, calendar, default_network()
    )


def refresh(s: Session, now: datetime, ids: Collection[int] | None = None) -> Refreshed:
    """Set every light of these projects, or of all, as it should be today."""
    here = ground(s, now)
    chosen = true() if ids is None else _P.c.id.in_(sorted(ids))
    s.execute(select(_P.c.id).where(chosen).order_by(_P.c.id).with_for_update())  # before the rest
    adopt(s, ids)
    settle(s, now, ids)
    milestones: list[dict[str, Any]] = []
    projects: list[dict[str, Any]] = []
    turned: list[dict[str, Any]] = []
    for picture in gather(s, here.today, ids):
        lamps = lamps_of(picture, here)
        for row, values in forecasts(picture, here, lamps):
            _keep(milestones, turned, row, values, "milestone")
        lamp = lamp_of(picture, here, lamps)
        _keep(projects, turned, picture.project, _columns(lamp), "project")
    _store(s, _M, milestones, LIGHT + FORECAST)
    _store(s, _P, projects, LIGHT)
    _date(s, here.today, ids)
    note_turned(s, turned, here.today, now)
    counts = [one["subject"].split(":")[0] for one in turned]
    return Refreshed(counts.count("project"), counts.count("milestone"))


def adopt(s: Session, ids: Collection[int] | None = None) -> None:
    """Milestones that are a date of the project's record follow it, unless recorded themselves."""
    chosen = true() if ids is None else _M.c.project_id.in_(sorted(ids))
    for name in DATES:
        of_record = select(_P.c[name]).where(_P.c.id == _M.c.project_id).scalar_subquery()
        s.execute(
            update(_M)
            .where(_M.c.fills == name, _M.c.dropped_on.is_(None), chosen)
            .where(or_(_M.c.adopted, _M.c.actual_on.is_(None)))
            .where(_M.c.actual_on.is_distinct_from(of_record))
            .values(actual_on=of_record, adopted=of_record.is_not(None))
        )


def settle(s: Session, now: datetime, ids: Collection[int] | None = None) -> None:
    """Close what was proposed of milestones that are done, dropped or dated anew since, or whose
    record was merged into another one."""
    chosen = true() if ids is None else _M.c.project_id.in_(sorted(ids))
    over = select(_M.c.id).where(
        chosen,
        _M.c.id == _Q.c.milestone_id,
        or_(
            _M.c.actual_on.is_not(None), _M.c.dropped_on.is_not(None),
            _M.c.plan_version != _Q.c.plan_version,
            exists().where(_P.c.id == _M.c.project_id, _P.c.merged_into_id.is_not(None)),
        ),
    )  # fmt: skip
    s.execute(
        update(_Q)
        .where(_Q.c.state == "open", over.correlate(_Q).exists())
        .values(state="settled", decided_at=now, version=_Q.c.version + 1)
    )


def lamps_of(picture: Picture, here: Ground) -> dict[str, Lamp]:
    """The light of each milestone, by key; what is left with a merged record is watched no more."""
    if picture.project.merged_into_id is not None:
        return {m.key: Lamp("grey", "project_merged") for m in picture.plan.milestones}
    permits = permits_in_use(here.network, picture)
    return {
        m.key: milestone_light(
            MilestoneFacts(
                m.plan_on, m.actual_on, m.dropped_on is not None, permits.get(m.key, ())
            ),
            here.today, here.rules, here.calendar,
        )
        for m in picture.plan.milestones
    }  # fmt: skip


def lamp_of(picture: Picture, here: Ground, lamps: Mapping[str, Lamp]) -> Lamp:
    """The project's light, from its milestones' and everything else."""
    p, plan, issues = picture.project, picture.plan, picture.issues
    facts = ProjectFacts(
        p.stage, p.plan_start_on, p.actual_start_on,
        plan.schedule.excused_until if plan.schedule is not None else None,
        p.in_statistics_on, picture.investment, picture.silent, tuple(lamps.items()),
        (issues.yellow, issues.red), issues.total, p.merged_into_id is not None,
    )  # fmt: skip
    return project_light(facts, here.today, here.rules)


def forecasts(
    picture: Picture, here: Ground, lamps: Mapping[str, Lamp]
) -> list[tuple[Any, dict[str, Any]]]:
    """Each milestone's row with its light, earliest dates, slack, and whether it is critical."""
    plan = picture.plan
    nodes, targets = plan.nodes(), plan.targets()
    early = earliest(nodes, here.today, here.calendar)
    plans = {m.key: m.plan_on for m in plan.live if m.plan_on is not None}
    room = slack(nodes, early, targets, plans, here.calendar)
    path = critical_path(nodes, early, targets, here.calendar)
    on = path.on if path is not None else frozenset()
    found = []
    for m in plan.milestones:
        span = early.get(m.key)
        found.append((m, _columns(lamps[m.key]) | {
            "forecast_begin_on": span.begin if span else None,
            "forecast_on": span.end if span else None,
            "slack_wd": room.get(m.key), "critical": m.key in on,
        }))  # fmt: skip
    return found


def _columns(lamp: Lamp) -> dict[str, Any]:
    return {"light": lamp.light, "light_reason": lamp.reason, "light_facts": lamp.facts}


def _keep(
    changed: list[dict[str, Any]], turned: list[dict[str, Any]], row: Any,
    values: dict[str, Any], kind: str,
) -> None:  # fmt: skip
    if any(getattr(row, name) != value for name, value in values.items()):
        changed.append(
            {f"new_{name}": value for name, value in values.items()} | {"row_id": row.id}
        )
    if row.light != values["light"]:
        turned.append({
            "subject": f"{kind}:{row.id}", "was": row.light, "light": values["light"],
            "reason": values["light_reason"],
        })  # fmt: skip


def _store(s: Session, table: Any, rows: list[dict[str, Any]], names: Sequence[str]) -> None:
    if rows:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        s.execute(update(table).where(table.c.id == bindparam("row_id")).values(values), rows)


def _date(s: Session, today: date, ids: Collection[int] | None) -> None:
    """Mark for which day the lights hold."""
    for table, column in ((_P, _P.c.id), (_M, _M.c.project_id)):
        old = or_(table.c.light_on.is_(None), table.c.light_on != today)
        statement = update(table).where(old).values(light_on=today)
        s.execute(statement if ids is None else statement.where(column.in_(sorted(ids))))


def note_turned(s: Session, turned: list[dict[str, Any]], today: date, now: datetime) -> None:
    """Append what turned to the history; a project that turned red is yet to be told. Boards' and
    milestones' lights are seen on the walls, and milestones have notices of their own."""
    rows = [
        one | {
            "since": today, "at": now,
            "told": one["light"] != "red" or not one["subject"].startswith("project:"),
        }
        for one in turned
    ]  # fmt: skip
    if rows:
        s.execute(insert(tables.light_change), rows)


def follow_issues(s: Session, now: datetime, *, only_look: bool = False) -> int:
    """Refresh the projects whose stored test of open issues no longer holds; how many.

    `only_look` changes nothing: for a transaction that reads.
    """
    issues = open_issues(s)
    stale = []
    chosen = select(_P.c.id, _P.c.light, _P.c.light_facts).where(_P.c.merged_into_id.is_(None))
    for row in s.execute(chosen):
        one = issues.get(row.id)
        now_is = (one.yellow, one.red) if one is not None else (0, 0)
        if row.light == "grey":
            if one is not None and one.total:
                stale.append(row.id)
        elif now_is != _stored(row.light_facts):
            stale.append(row.id)
    if stale and not only_look:
        refresh(s, now, stale)
    return len(stale)


def _stored(facts: Mapping[str, Any]) -> tuple[int, int]:
    for test in facts.get("tests", ()):
        if test["test"] == "issue":
            return test["yellow"], test["red"]
    return 0, 0


def refresh_boards(s: Session, tasks: Mapping[int, Sequence[MonthTask]], now: datetime) -> int:
    """Set the lights of boards by their month tasks (unit -> by month, newest last)."""
    here = ground(s, now)
    known = {row.unit_id: row for row in s.execute(select(_B))}
    turned: list[dict[str, Any]] = []
    for unit_id, months in sorted(tasks.items()):
        lamp, row = board_light(months, here.rules), known.get(unit_id)
        values = _columns(lamp) | {"light_on": here.today}
        was = row.light if row is not None else "grey"
        if row is None:
            s.execute(insert(_B), values | {"unit_id": unit_id})
        else:
            s.execute(update(_B).where(_B.c.id == row.id).values(values))
        if was != lamp.light:
            turned.append({"subject": f"board:{unit_id}", "was": was, "light": lamp.light,
                           "reason": lamp.reason})  # fmt: skip
    note_turned(s, turned, here.today, now)
    return len(turned)
