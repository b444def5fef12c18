"""The investment planned for a year that a record has left behind, read from its history.

A record holds one plan: that of its plan year. Where the next year's list or plan has been entered,
the year before is worked out from what was done since: December is frozen in January.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from sqlalchemy import select

from models import tables
from models.db import Session
from projects.sections.past import chunks
from workflow.context import context

EDITED, LISTED, MERGED = "project.edited", "project.listed", "project.merged"
PLAN = "plan_year_invest_yi"
_PREFIX = len("project:")
Acts = list[Sequence[Any]]
"""What was done to a record, newest first; what was done at one moment belongs together."""


def plans_then(s: Session, rows: Iterable[dict[str, Any]], year: int) -> dict[int, str]:
    """By project: what was planned for `year`, of those records of `rows` that have gone on to a
    later one and whose history tells."""
    left = {row["id"]: row for row in rows if row["year"] is not None and row["year"] > year}
    if not left:
        return {}
    end = datetime.combine(date(year + 1, 1, 1), time(), context(s).calendar().tz)
    acts, found = _acts(s, left), {}
    for key, row in left.items():
        listed = {one["year"] for one in row["listings"]}
        plan = plan_then(acts[key], year, row[PLAN], listed, end)
        if plan is not None:
            found[key] = plan
    return found


def _acts(s: Session, keys: Iterable[int]) -> dict[int, Acts]:
    e = tables.event.c
    chosen = select(e.stream, e.tag, e.at, e.data).where(e.tag.in_((EDITED, LISTED, MERGED)))
    found: dict[int, list[Any]] = defaultdict(list)
    for some in chunks(keys):
        streams = [f"project:{key}" for key in some]
        for row in s.execute(chosen.where(e.stream.in_(streams)).order_by(e.stream, e.seq.desc())):
            found[int(row.stream[_PREFIX:])].append(row)
    return defaultdict(list, {
        key: [list(group) for _at, group in groupby(rows, key=lambda row: row.at)]
        for key, rows in found.items()
    })  # fmt: skip


def plan_then(
    acts: Acts, year: int, plan: str | None, listed: set[int], end: datetime
) -> str | None:
    """The plan as it stood when the year ended, or when the record went on to a later year before
    that; None where the history does not tell. Pure.

    `plan` and `listed`: what stands now, and the years of all lists that the record is on.
    """
    left = _left(acts, year, listed)
    if left is None:
        return None
    for n, together in enumerate(acts):
        if n <= left or together[0].at >= end:
            for change in _changes(together, PLAN):
                plan = change[0]
    return plan


def _left(acts: Acts, year: int, listed: set[int]) -> int | None:
    """Which of the acts made it a record of a later year: an edit, or the first later list."""
    found: int | None = None
    seen: set[int] = set()
    for n, together in enumerate(acts):
        if any(row.tag == MERGED for row in together):
            break  # what came with the other record is not told apart
        before = [change[0] for change in _changes(together, "year")]
        if before and before[-1] in (year, None):
            return n
        later = {row.data["year"] for row in together if row.tag == LISTED} - set(range(year + 1))
        if later:
            found, seen = n, seen | later
    known = year in listed and {one for one in listed if one > year} <= seen
    return found if known else None


def _changes(together: Sequence[Any], name: str) -> list[list[Any]]:
    """`[old, new]` of each edit of a column, newest first."""
    edits = (row.data["changes"] for row in together if row.tag == EDITED)
    return [changes[name] for changes in edits if name in changes]
