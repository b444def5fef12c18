"""Importing plans of targets from a table as `data/seed_targets.csv`: previewed, all or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.clock import YEARS
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, require
from projects.figures.amounts import number
from projects.figures.commands import collect
from projects.history import note
from projects.tables_in import Table, digest_of
from projects.targets.checks import Line, check_line
from projects.targets.defaults import add_metrics, found_plans, whole_of
from projects.targets.totals import AnnexTotal, totals
from workflow.errors import Malformed, Reason, StaleVersion, WorkflowError

NAMES: dict[str, tuple[str, ...]] = {
    "plan": ("方案",), "level": ("层级", "级别"), "region": ("区域", "板块"), "metric": ("指标",),
    "unit": ("单位",), "value": ("目标值", "数值"), "op": ("关系",), "kind": ("类别",),
    "year": ("年份",), "source": ("来源",), "note": ("备注",),
}  # fmt: skip
NEEDED = ("plan", "region", "metric", "value")
KEY = ("plan", "level", "region", "metric", "kind", "year", "note")
ALIKE = KEY[:-1]
KINDS = {"目标": "target", "基数": "baseline", "实绩": "actual", "": "target"}
OPS = {"≥": ">=", "≤": "<=", "＝": "=", "＞": ">", "＜": "<", "≈": "~", "约": "~", "": "="}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table as a target row, and the row that it would change."""

    row: int
    values: dict[str, Any]
    before: Any = None

    @property
    def change(self) -> str:
        """new, changed or unchanged."""
        if self.before is None:
            return "new"
        same = all(getattr(self.before, name) == value for name, value in self.values.items())
        return "unchanged" if same else "changed"


@dataclass(slots=True)
class Preview:
    """What an import would do, and whether the totals of each plan in it are its rows' sums."""

    entries: list[Entry] = field(default_factory=list)
    checks: dict[str, list[AnnexTotal]] = field(default_factory=dict)

    def count(self, change: str) -> int:
        """How many rows are new, changed or unchanged."""
        return sum(entry.change == change for entry in self.entries)


def preview(s: Session, table: Table, *, actor: PersonInfo) -> Preview:
    """What the table would do. Raises `NotAllowed`, `Malformed` naming every faulty cell."""
    require(actor, OFFICE, _("Only the office keeps plans."))
    faults: list[Reason] = []
    wanted = [(row, _values(row, cells, faults)) for row, cells in table.rows]
    rows = [(row, values) for row, values in wanted if values is not None]
    _find_twins(rows, faults)
    if faults:
        raise Malformed(*faults)
    t = tables.target
    standing = _Standing(s.execute(select(t)), [values for _row, values in rows])
    found = Preview([Entry(row, v, standing.of(v)) for row, v in rows])
    found.checks = _checks(s, rows)
    return found


class _Standing:
    """The rows that stand. A figure that a table and its plan have once each is the same row,
    though its note be another; where there are several the note tells them apart."""

    def __init__(self, rows: Iterable[Any], given: Iterable[dict[str, Any]]) -> None:
        found = list(rows)
        self._exact = {tuple(getattr(row, n) for n in KEY): row for row in found}
        self._alike: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for row in found:
            self._alike[tuple(getattr(row, n) for n in ALIKE)].append(row)
        self._times = Counter(tuple(values[n] for n in ALIKE) for values in given)

    def of(self, values: dict[str, Any]) -> Any:
        """The row that a row of the table is about; None for a new one."""
        exact = self._exact.get(tuple(values[n] for n in KEY))
        key = tuple(values[n] for n in ALIKE)
        alike = self._alike.get(key, [])
        once = len(alike) == self._times[key] == 1
        return exact if exact is not None or not once else alike[0]


def apply(
    s: Session, table: Table, *, actor: PersonInfo, now: datetime, expect: str = ""
) -> Preview:
    """Take the whole table. `expect`: the digest of the preview that was confirmed; raises
    `StaleVersion` where the import would do something else by now."""
    found = preview(s, table, actor=actor)
    if expect and expect != digest(found):
        message = _("The plans have changed since the preview.")
        raise StaleVersion(
            Reason("stale", message, "table", _("Look at the new preview, then confirm it."))
        )
    t = tables.target
    fresh = [entry.values for entry in found.entries if entry.change == "new"]
    if fresh:
        s.execute(insert(t), fresh)
    for entry in found.entries:
        if entry.change == "changed":
            changed = update(t).where(t.c.id == entry.before.id)
            s.execute(changed.values(**entry.values, version=entry.before.version + 1))
    _note(s, found, actor, now)
    return found


def digest(found: Preview) -> str:
    """What a preview shows, as one short text: another outcome has another digest."""
    return digest_of(
        (e.values, e.before and (e.before.id, e.before.version)) for e in found.entries
    )


def _note(s: Session, found: Preview, actor: PersonInfo, now: datetime) -> None:
    """Plans that are new get their head; every plan that changed gets a version and an event."""
    found_plans(s)
    by_plan: dict[str, list[Entry]] = defaultdict(list)
    for entry in found.entries:
        if entry.change != "unchanged":
            by_plan[entry.values["plan"]].append(entry)
    plan = tables.plan
    for row in s.execute(select(plan).where(plan.c.name.in_(by_plan))).all():
        entries = by_plan[row.name]
        add_metrics(s, row.id, [(e.values["level"], e.values["metric"]) for e in entries])
        s.execute(update(plan).where(plan.c.id == row.id).values(version=row.version + 1))
        facts = {"new": sum(e.change == "new" for e in entries),
                 "changed": [e.before.id for e in entries if e.change == "changed"]}  # fmt: skip
        note(s, f"plan:{row.id}", "plan.imported", facts, actor, now)


def _values(row: int, cells: dict[str, str], faults: list[Reason]) -> dict[str, Any] | None:
    try:
        return _parsed(cells)
    except WorkflowError as error:
        collect(faults, error, row)
        return None


def _parsed(cells: dict[str, str]) -> dict[str, Any]:
    op, text, note_text = OPS.get(cells["op"], cells["op"]), cells["value"], cells["note"]
    low, dash, high = text.partition("-")
    upper = None
    if low and dash:
        op, upper = "range", number(high, "value")
        span = f"区间{text}"
        note_text = note_text if span in note_text else "；".join(filter(None, (note_text, span)))
    line = Line(
        cells["level"], cells["region"], cells["metric"], cells["unit"],
        number(low if low and dash else text, "value"), upper, op,
        KINDS.get(cells["kind"], cells["kind"]), cells["source"], note_text,
    )  # fmt: skip
    check_line(line)
    year = cells["year"]
    if not cells["plan"] or len(cells["plan"]) > 200:
        message = _("The plan's name is missing or too long.")
        raise Malformed(Reason("plan", message, "plan", _("Write the plan's full name.")))
    if not (year.isascii() and year.isdigit() and int(year[:5]) in YEARS):
        raise Malformed(Reason("year", _("This is no year."), "year", _("Write it as 2026.")))
    return asdict(line) | {"plan": cells["plan"], "year": year}


def _find_twins(rows: list[tuple[int, dict[str, Any]]], faults: list[Reason]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for row, values in rows:
        first = seen.setdefault(tuple(values[name] for name in KEY), row)
        if first != row:
            message = _("Row {row}: the same as row {first}.").format(row=row, first=first)
            faults.append(Reason("twin", message, "metric", _("Remove one of the two.")))


def _checks(
    s: Session, rows: list[tuple[int, dict[str, Any]]]
) -> dict[str, list[AnnexTotal]]:  # fmt: skip
    found = {}
    heads = s.execute(select(tables.plan.c.name, tables.plan.c.whole))
    known = {row.name: row.whole for row in heads}
    for name in dict.fromkeys(values["plan"] for _row, values in rows):
        mine = [v for _row, v in rows if v["plan"] == name]
        lines = [(v["level"], v["metric"], v["region"], v["value"], v["op"])
                 for v in mine if v["kind"] != "actual"]  # fmt: skip
        whole = known.get(name) or whole_of(s, (v["region"] for v in mine))
        found[name] = totals(lines, whole)
    return found
