"""Which projects an inspection visits: named, by their light, long not visited, or by lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from config.i18n import gettext as _
from config.inspections import RULES, rules
from config.projects import STAGES
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects.inspections.lots import draw
from workflow.context import context
from workflow.errors import Malformed, Reason
from workflow.organisation import find_unit

_P = tables.project
LIGHTS = ("red", "yellow")


@dataclass(frozen=True, slots=True)
class Choice:
    """How sites are chosen. `projects` are ids in visiting order where they are named; `board`
    (code or name) and `stage` narrow the others; `days` is for unvisited, `size` for the lot."""

    rule: str = "named"
    projects: tuple[int, ...] = ()
    board: str = ""
    stage: str = ""
    days: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The projects in visiting order, and what is recorded of the choice."""

    projects: tuple[int, ...]
    record: dict[str, Any]


def choose(s: Session, actor: PersonInfo, choice: Choice, seed: str, today: date) -> Chosen:
    """The sites of a choice. Raises `Malformed` where nothing is found or too much is asked."""
    _refuse_unknown(choice)
    if choice.rule == "named":
        return Chosen(_named(s, actor, choice.projects), {"rule": "named"})
    found = _candidates(s, actor, choice, today)
    record: dict[str, Any] = {
        "rule": choice.rule, "board": choice.board, "stage": choice.stage, "on": today.isoformat(),
    }  # fmt: skip
    if choice.rule == "unvisited":
        record["days"] = choice.days or rules().inspection.unvisited_days
    if choice.rule == "lot":
        return _drawn(found, choice.size or rules().inspection.sample_size, seed, record)
    _refuse_count(found)
    return Chosen(tuple(found), record)


def _drawn(population: Sequence[int], size: int, seed: str, record: dict[str, Any]) -> Chosen:
    _refuse_count(population[:size])
    chances = draw(seed, population, size)
    record |= {"seed": seed, "size": size, "population": sorted(population)}
    record["chosen"] = [one.id for one in chances if one.chosen]
    return Chosen(tuple(record["chosen"]), record)


def _candidates(s: Session, actor: PersonInfo, choice: Choice, today: date) -> list[int]:
    """Live projects that the rule points at, town by town, so that the tour makes sense."""
    conditions: list[ColumnElement[bool]] = [
        visible_projects(actor, context(s).directory), _P.c.merged_into_id.is_(None), _ours(),
    ]  # fmt: skip
    if choice.board:
        conditions.append(_P.c.board_id == find_unit(s, choice.board, "board").id)
    if choice.stage:
        conditions.append(_P.c.stage == choice.stage)
    if choice.rule in LIGHTS:
        conditions.append(_P.c.light == choice.rule)
    if choice.rule == "unvisited":
        conditions.append(_P.c.id.not_in(_visited_since(choice, today)))
    order = (_P.c.board_id.is_(None), _P.c.board_id, _P.c.id)
    return [int(r.id) for r in s.execute(select(_P.c.id).where(*conditions).order_by(*order))]


def _ours() -> ColumnElement[bool]:
    """The library also holds projects of other zones, named by the sources: no inspection goes
    there by itself. A zone is ours where a project of one of our towns or streets names it."""
    other = _P.alias("other")
    zones = select(other.c.zone).where(other.c.board_id.is_not(None))
    return or_(_P.c.board_id.is_not(None), _P.c.zone == "", _P.c.zone.in_(zones))


def _visited_since(choice: Choice, today: date) -> Any:
    site = tables.inspection_site.c
    days = choice.days or rules().inspection.unvisited_days
    return select(site.project_id).where(site.visited_on > today - timedelta(days=days))


def _named(s: Session, actor: PersonInfo, projects: Sequence[int]) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(projects))
    _refuse_count(wanted)
    condition = visible_projects(actor, context(s).directory)
    rows = s.execute(
        select(_P.c.id).where(_P.c.id.in_(wanted), condition, _P.c.merged_into_id.is_(None))
    )
    missing = set(wanted) - {int(row.id) for row in rows}
    if missing:
        raise _wrong("projects", _("There is no project {name}.").format(name=min(missing)))
    return wanted


def _refuse_unknown(choice: Choice) -> None:
    if choice.rule not in RULES:
        raise _wrong("rule", _("Unknown rule {name}.").format(name=choice.rule[:40]))
    if choice.stage and choice.stage not in STAGES:
        raise _wrong("stage", _("Unknown stage {name}.").format(name=choice.stage[:40]))
    for name, n in (("days", choice.days), ("size", choice.size)):
        if n is not None and not 1 <= n <= 3660:
            raise _wrong(name, _("{n} is out of range.").format(n=n))


def _refuse_count(found: Sequence[int]) -> None:
    most = rules().inspection.most_sites
    if not found:
        raise _wrong("projects", _("There is no project to visit by this rule."))
    if len(found) > most:
        text = _("These are {n} projects; an inspection visits at most {most}.")
        raise _wrong("projects", text.format(n=len(found), most=most))


def _wrong(field: str, text: str) -> Malformed:
    return Malformed(Reason(f"{field}_wrong", text, field, _("Choose again.")))
