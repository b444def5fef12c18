"""Loading the zone from its sources: units, named projects, annual targets. All repeatable.

A second load of the same files changes nothing; a corrected file corrects the rows that differ.
What the office itself added (project code, commissioner, renamed units) is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, and_, insert, select, update

from config import clock
from config.i18n import gettext as _
from config.roles import UnitKind
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from projects.history import note
from projects.library import seed_library
from projects.seed_files import DATA, SeedFile, read_seed
from projects.targets.defaults import found_plans
from projects.targets.totals import AnnexTotal, totals
from workflow.context import context
from workflow.organisation import add_unit

UNIT_COLUMNS = ("code", "name", "name_en", "kind", "is_board")
PROJECT_COLUMNS = (
    "project", "region", "zone", "project_level", "stage_or_target", "total_invest_yi",
    "plan_year_invest_yi", "attributes", "source", "note",
)  # fmt: skip
TARGET_COLUMNS = (
    "plan", "level", "region", "metric", "unit", "value", "op", "kind", "year", "source", "note",
)  # fmt: skip
TARGET_KEY = ("plan", "level", "region", "metric", "kind", "year", "note")
SPAN = "range"
ATTRIBUTION = "统计归属规则:归属"
"""What the file writes before the board that a project's figures are counted for."""
Values = dict[str, Any]


@dataclass(slots=True)
class Loaded:
    """How many rows a load added, changed and found as they should be."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def load_zone(
    s: Session,
    now: datetime,
    path: Path = DATA / "zone_units.csv",
    actor: PersonInfo | None = None,
) -> Loaded:
    """Add the units of the zone that are missing; raises `Malformed` naming file and row.

    For a system administrator, or nobody in the first set-up (`workflow.administrators`).
    """
    seed, done = read_seed(path, UNIT_COLUMNS), Loaded()
    for line, row in seed.rows:
        _check_unit(seed, line, row)
    seed.refuse_faults()
    known = context(s).directory.by_code
    for _line, row in seed.rows:
        if row["code"] in known:
            done.unchanged += 1
            continue
        add_unit(
            s, code=row["code"], name=row["name"], name_en=row["name_en"], kind=row["kind"],
            is_board=row["is_board"] == "yes", actor=actor, now=now,
        )  # fmt: skip
        done.added += 1
    return done


def _check_unit(seed: SeedFile, line: int, row: dict[str, str]) -> None:
    for column in ("code", "name"):
        seed.needed(line, row, column)
    for column, allowed in (("kind", list(UnitKind)), ("is_board", ["yes", "no"])):
        if row[column] not in allowed:
            message = _("Unknown value {value}.").format(value=row[column])
            seed.fault(
                line, column, message, _("Use one of: {names}.").format(names=", ".join(allowed))
            )


def load_projects(
    s: Session, path: Path = DATA / "seed_projects.csv", *, now: datetime | None = None
) -> Loaded:
    """Add or correct the named projects; one whose region is a unit's name belongs to that unit.

    Lists, stage and the board's part in the chain of responsibility come along where the library
    has none (`projects.library.seed_library`).
    """
    seed = read_seed(path, PROJECT_COLUMNS)
    units = {unit.name: unit for unit in context(s).directory.units.values() if unit.is_board}
    wanted = []
    for line, row in seed.rows:
        board = units.get(row["region"])
        wanted.append({
            "name": seed.needed(line, row, "project"), "board_id": board.id if board else None,
            "region": row["region"], "zone": row["zone"], "level": row["project_level"],
            "stated_stage": row["stage_or_target"], "attributes": row["attributes"],
            "source": seed.needed(line, row, "source"), "note": row["note"],
        } | {
            name: seed.number(line, name, row[name])
            for name in ("total_invest_yi", "plan_year_invest_yi")
        } | _attributed(row, units))  # fmt: skip
    _refuse_twins(seed, wanted, ("name",), "project")
    keys, added, changed = seed_library.store(s, wanted)
    if added or changed:
        facts = {"file": path.name, "added": added, "changed": changed}
        note(s, "library", "library.seeded", facts, None, now or clock.now())
    seed_library.settle(s, keys, now or clock.now())
    return Loaded(added, changed, len(wanted) - added - changed)


def _attributed(row: dict[str, str], units: dict[str, UnitInfo]) -> Values:
    """The board in whose figures a project counts, where its source says so by rule."""
    _before, rule, name = row["attributes"].partition(ATTRIBUTION)
    unit = units.get(name) if rule else None
    if unit is None:
        return {"attributed_board_id": None, "attribution_reason": ""}
    return {"attributed_board_id": unit.id, "attribution_reason": row["note"] or row["attributes"]}


def load_targets(
    s: Session, path: Path = DATA / "seed_targets.csv", *, now: datetime | None = None
) -> Loaded:
    """Add or correct the targets, baselines and actual figures of the plans; what was added or
    corrected is an event, as every change of figures is."""
    seed, wanted = read_seed(path, TARGET_COLUMNS), []
    for line, row in seed.rows:
        for column in ("plan", "region", "metric", "kind", "source"):
            seed.needed(line, row, column)
        wanted.append(row | _figure(seed, line, row))
    _refuse_twins(seed, wanted, TARGET_KEY, "metric")
    columns = {*TARGET_COLUMNS, "value_to"}
    done = _store(s, tables.target, [_only(row, columns) for row in wanted], TARGET_KEY)
    plans = found_plans(s)
    if done.added or done.changed or plans:
        facts = {"file": path.name, "added": done.added, "changed": done.changed, "plans": plans}
        note(s, "targets", "targets.seeded", facts, None, now or clock.now())
    return done


def _figure(seed: SeedFile, line: int, row: dict[str, str]) -> Values:
    """The value; a span ("2-3") keeps its lower end as the value and its text in the note."""
    low, dash, high = row["value"].partition("-")
    if not (low and dash):
        return {"value": seed.number(line, "value", row["value"]), "value_to": None}
    upper = seed.number(line, "value", high)
    note = "；".join(text for text in (row["note"], f"区间{row['value']}") if text)
    lower = seed.number(line, "value", low)
    return {"value": lower, "value_to": upper, "op": SPAN, "note": note}


def _only(row: Values, columns: Iterable[str]) -> Values:
    return {name: row[name] for name in columns}


def _refuse_twins(seed: SeedFile, wanted: list[Values], key: tuple[str, ...], column: str) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for (line, _row), values in zip(seed.rows, wanted, strict=True):
        first = seen.setdefault(tuple(values[name] for name in key), line)
        if first != line:
            message = _("The same as row {row}.").format(row=first)
            seed.fault(line, column, message, _("Remove one of the two."))
    seed.refuse_faults()


def _store(s: Session, table: Table, wanted: list[Values], key: tuple[str, ...]) -> Loaded:
    """Insert what is missing and update what differs, found by its natural key."""
    present = {tuple(row._mapping[name] for name in key): row for row in s.execute(select(table))}
    done, fresh = Loaded(), []
    for values in wanted:
        row = present.get(tuple(values[name] for name in key))
        if row is None:
            fresh.append(values)
        elif any(row._mapping[name] != value for name, value in values.items()):
            s.execute(update(table).where(table.c.id == row.id).values(values))
            done.changed += 1
        else:
            done.unchanged += 1
    if fresh:
        s.execute(insert(table), fresh)
    done.added = len(fresh)
    return done


def annex_totals(s: Session, source: str, whole: str = "常州经开区") -> list[AnnexTotal]:
    """Check a plan that is split by region: each total of `whole` against the sum of its rows."""
    t = tables.target.c
    chosen = and_(t.source == source, t.value.is_not(None), t.op == "=")
    rows = s.execute(select(t.level, t.metric, t.region, t.value, t.op).where(chosen))
    return totals((tuple(row) for row in rows), whole)
