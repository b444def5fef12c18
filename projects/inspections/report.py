"""The report of an inspection: what was found at each site, and where it stands.

Before the inspection closes it is made from the present state; then what it said is frozen.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects.inspections.found import is_member, members, sites
from projects.instructions.found import visible
from workflow.context import context

_F = tables.finding
_N = tables.instruction
Facts = dict[str, Any]


def findings_of(s: Session, actor: PersonInfo, row: Any) -> list[Any]:
    """The findings of an inspection with their issue's state and light, oldest first.

    Outside of the team they are shown once they are sent, and only those of visible projects.
    """
    issue = tables.issue.c
    chosen = (
        select(
            _F, issue.number.label("issue_number"), issue.state.label("issue_state"),
            issue.light.label("issue_light"), issue.light_reason.label("issue_reason"),
        )
        .join(tables.issue, issue.id == _F.c.issue_id, isouter=True)
        .where(_F.c.inspection_id == row.id)
        .order_by(_F.c.id)
    )  # fmt: skip
    if not is_member(s, actor, row.id) and not actor.sees_all:
        if row.state not in ("sent", "closed"):
            return []
        project = tables.project.c
        known = select(project.id).where(visible_projects(actor, context(s).directory))
        chosen = chosen.where(_F.c.project_id.in_(known), _F.c.state == "issue")
    return list(s.execute(chosen))


def same_day(s: Session, one: Any) -> bool | None:
    """Whether a finding became an issue on the day it was found (S3 3.1); None: not an issue."""
    if one.issue_at is None:
        return None
    calendar = context(s).calendar()
    return calendar.local_date(one.issue_at) == calendar.local_date(one.found_at)


def report_facts(s: Session, actor: PersonInfo, row: Any, now: datetime) -> Facts:
    """What the report says, as plain JSON. A closed inspection's is the frozen one, of which a unit
    reads its own sites."""
    if row.state == "closed" and row.report:
        wide = actor.sees_all or is_member(s, actor, row.id)
        return dict(row.report) if wide else _own(s, actor, row)
    people, calendar = context(s).directory, context(s).calendar()
    found = findings_of(s, actor, row)
    by_project: dict[int, list[Any]] = defaultdict(list)
    for one in found:
        by_project[one.project_id].append(one)
    places = sites(s, actor, row.id)
    return {
        "number": row.number, "kind": row.kind, "title": row.title, "purpose": row.purpose,
        "starts_on": row.starts_on.isoformat(), "ends_on": row.ends_on.isoformat(),
        "leader": row.leader or people.person_name(row.leader_id),
        "members": [people.person_name(key) for key in members(s, row.id)],
        "rule": row.rule, "seed": row.draw.get("seed", ""),
        "population": len(row.draw.get("population", ())),
        "as_of": calendar.local_date(now).isoformat(), "conclusion": row.conclusion,
        "sites": [_site(s, one, by_project[one.project_id]) for one in places],
        "instructions": [_instruction(s, one) for one in instructions_of(s, actor, row.id)],
        "totals": totals(s, places, found),
    }  # fmt: skip


def _own(s: Session, actor: PersonInfo, row: Any) -> Facts:
    """Of the frozen report what somebody outside the team may know: visible sites, what was sent
    of them, instructions of the own unit; and their totals."""
    site = tables.inspection_site.c
    order = select(site.project_id).where(site.inspection_id == row.id)
    keys = s.execute(order.order_by(site.position, site.id)).scalars()
    mine = {one.project_id for one in sites(s, actor, row.id)}
    places = [p for p, key in zip(row.report["sites"], keys, strict=False) if key in mine]
    places = [p | {"findings": [f for f in p["findings"] if f["state"] == "issue"]} for p in places]
    numbers = {one.number for one in instructions_of(s, actor, row.id)}
    found = [f for p in places for f in p["findings"]]
    return dict(row.report) | {
        "sites": places,
        "instructions": [one for one in row.report["instructions"] if one["number"] in numbers],
        "totals": {
            "sites": len(places), "visited": sum(1 for p in places if p["visited_on"]),
            "findings": len(found), "issues": len(found), "settled": 0, "open": 0,
            "same_day": sum(1 for f in found if f["same_day"]),
        },
    }  # fmt: skip


def totals(s: Session, places: list[Any], found: list[Any]) -> dict[str, int]:
    """The numbers of a report, each with its list below it."""
    return {
        "sites": len(places), "visited": sum(1 for one in places if one.visited_on),
        "findings": sum(1 for one in found if one.state != "dropped"),
        "issues": sum(1 for one in found if one.state == "issue"),
        "settled": sum(1 for one in found if one.state == "settled"),
        "open": sum(1 for one in found if one.state == "open"),
        "same_day": sum(1 for one in found if same_day(s, one)),
    }  # fmt: skip


def _site(s: Session, one: Any, found: list[Any]) -> Facts:
    return {
        "project": one.name, "board": context(s).directory.unit_name(one.board_id),
        "basis": one.basis, "note": one.note,
        "visited_on": one.visited_on.isoformat() if one.visited_on else "",
        "findings": [_finding(s, f) for f in found if f.state != "dropped"],
    }  # fmt: skip


def _finding(s: Session, one: Any) -> Facts:
    return {
        "title": one.title, "category": one.category, "state": one.state, "note": one.note,
        "issue": one.issue_number or "", "light": one.issue_light or "",
        "reason": one.issue_reason or "", "same_day": same_day(s, one),
    }  # fmt: skip


def instructions_of(s: Session, actor: PersonInfo, inspection: int) -> list[Any]:
    """Instructions given about an inspection that the actor may know of, oldest first."""
    chosen = select(_N).where(_N.c.inspection_id == inspection, visible(actor))
    return list(s.execute(chosen.order_by(_N.c.id)))


def _instruction(s: Session, one: Any) -> Facts:
    people, calendar = context(s).directory, context(s).calendar()
    return {
        "number": one.number, "text": one.text, "state": one.state, "answer": one.answer,
        "leader": one.leader or people.person_name(one.leader_id),
        "unit": people.unit_name(one.unit_id),
        "limit": calendar.local_date(one.limit_at).isoformat(),
    }  # fmt: skip
