"""Formulas over the loop: receipts, deadlines, closures, overdue work, returns, orders.

Each says which rows count in a month and which of them are hits. Parked work is left out of every
denominator; a withdrawn task counts nowhere but among returns.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from projects.kpi.base import ZERO, Month, Part, hit

Row = dict[str, Any]
RUNNING = ("pending_ack", "in_progress")
OPEN = ("dispatched", "in_progress", "verifying", "approving")


def acknowledged(m: Month) -> list[Part]:
    """Tasks whose limit for the receipt ended in the month; hits were received within it."""
    return [
        _of(task, task["acknowledged"] is not None and task["acknowledged"] <= task["ack_due"])
        for task in m.rows("tasks")
        if m.has(task["ack_due"])
        and task["withdrawn"] is None
        and not m.parked(task, task["ack_due"])
    ]


def on_time(m: Month) -> list[Part]:
    """Tasks whose deadline in force was settled in the month; hits were handed in by it."""
    return [_of(task, kept) for task, kept in _settled(m, "due")]


def on_time_original(m: Month) -> list[Part]:
    """The same by the first deadline that each task had."""
    return [_of(task, kept) for task, kept in _settled(m, "original_due")]


def extended(m: Month) -> list[Part]:
    """Of the tasks whose deadline was settled in the month, those that had been extended."""
    return [
        _of(task, any(one["round"] == task["round"] for one in task["extensions"]))
        for task, _kept in _settled(m, "due")
    ]


def _settled(m: Month, name: str) -> list[tuple[Row, bool]]:
    found = []
    for task in m.rows("tasks"):
        if task["withdrawn"] is not None or task[name] is None:
            continue
        moment, kept = settled(task, name)
        if m.has(moment) and not m.parked(task, moment):
            found.append((task, kept))
    return found


def settled(task: Row, name: str) -> tuple[str | None, bool]:
    """When it was certain whether a deadline was kept, and whether it was.

    As a rule when it passes. Where the task lies handed in at that moment, it is when that is
    verified (kept) or refused (not kept); until then nothing is certain: None.
    """
    due, of_round = task[name], 0 if name == "original_due" else task["round"]
    for one in task["submissions"]:
        refused = one["ended"] if one["how"] == "rejected" else one["undone"]
        if one["round"] != of_round or one["at"] > due or (refused and refused <= due):
            continue
        if one["how"] == "waits":
            return None, False
        return max(due, one["ended"]), one["how"] == "verified"
    return due, False


def closed(m: Month) -> list[Part]:
    """Issues handed over so far; hits are struck off. Those struck off before are counted only."""
    return [
        *(
            _issue(issue, issue["state"] == "closed")
            for issue in m.rows("issues")
            if issue["dispatched"] is not None and issue["state"] in (*OPEN, "closed")
        ),
        *map(_earlier, m.rows("earlier")),
    ]


def _earlier(row: Row) -> Part:
    n = Decimal(row["n"])
    return Part(f"earlier:{row['id']}", frozenset(row["units"]), n, n, count=row["n"])


def closed_at_once(m: Month) -> list[Part]:
    """Closures in the month; those are hits before which no part was refused. A unit answers for
    its own part."""
    return [
        Part(f"issue:{issue['id']}", frozenset(issue["units"]), refused=frozenset(one["refused"]))
        for issue in m.rows("issues")
        for one in issue["closures"]
        if m.has(one["at"])
    ]


def overdue(m: Month) -> list[Part]:
    """Tasks that lie with their unit at the end; hits are past their deadline."""
    return [
        _of(task, task["due"] is not None and task["due"] < m.until)
        for task in m.rows("tasks")
        if task["state"] in RUNNING and not m.parked(task)
    ]


def overdue_days(m: Month) -> list[Part]:
    """Working days past the deadline of each task that is."""
    late = {part.ref for part in overdue(m) if part.above}
    return [
        _amount(task, task["over_wd"]) for task in m.rows("tasks") if f"task:{task['id']}" in late
    ]


def handling(m: Month) -> list[Part]:
    """Working days from hand-over (or its return after a relapse) to verification, of what was
    verified in the month and still is."""
    return [_amount(task, task["took_wd"]) for task in m.rows("tasks") if m.has(task["verified"])]


def returned(m: Month) -> list[Part]:
    """Tasks whose limit for the receipt ended in the month; hits are those that the unit said were
    not its own. What was taken from it for that reason counts here."""
    return [
        _of(task, bool(task["returns"]))
        for task in m.rows("tasks")
        if m.has(task["ack_due"])
        and (task["withdrawn"] is None or task["returns"])
        and not m.parked(task, task["ack_due"])
    ]


def return_upheld(m: Month) -> list[Part]:
    """Returns ruled on in the month; hits were granted."""
    return [
        _of(task, one["granted"])
        for task in m.rows("tasks")
        for one in task["returns"]
        if m.has(one["ruled"])
    ]


def relapsed(m: Month) -> list[Part]:
    """Closures that were looked back on in the month; hits are those where the problem is back."""
    found: dict[tuple[int, int], Part] = {}
    for one in m.rows("lookbacks"):
        if not m.has(one["done"]):
            continue
        key = (one["issue_id"], one["cycle"])
        before = found.get(key)
        if before is None or (one["finding"] == "relapse" and before.above == 0):
            found[key] = hit(f"lookback:{one['id']}", one["units"], one["finding"] == "relapse")
    return list(found.values())


def answered(m: Month) -> list[Part]:
    """Orders of supervision whose day for an answer came in the month; hits were answered by it."""
    return [
        hit(
            order["id"], [order["unit_id"]],
            order["answered"] is not None and order["answered"] <= order["limit"],
        )
        for order in m.rows("orders")
        if order["kind"] == "supervise"
        and m.has(order["limit"])
        and not m.parked(order, order["limit"])
    ]  # fmt: skip


def issues_reported(m: Month) -> list[Part]:
    """Issues reported in the month."""
    return [_issue(i, True) for i in m.rows("issues") if m.has(i["reported"])]


def issues_dispatched(m: Month) -> list[Part]:
    """Issues handed over in the month."""
    return [_issue(i, True) for i in m.rows("issues") if m.has(i["dispatched"])]


def issues_closed(m: Month) -> list[Part]:
    """Issues struck off in the month, and still."""
    return [_issue(i, True) for i in m.rows("issues") if m.has(i["closed"])]


def issues_open(m: Month) -> list[Part]:
    """Issues handed over and not struck off at the end; parked ones are counted apart."""
    return [_issue(i, True) for i in m.rows("issues") if i["state"] in OPEN]


def issues_parked(m: Month) -> list[Part]:
    """Issues parked at the end."""
    return [_issue(i, True) for i in m.rows("issues") if i["state"] == "parked"]


def issues_relapsed(m: Month) -> list[Part]:
    """Issues that came back in the month after they had been struck off."""
    return [_issue(i, True) for i in m.rows("issues") if any(map(m.has, i["relapses"]))]


def tasks_overdue(m: Month) -> list[Part]:
    """Tasks past their deadline at the end, parked ones left out."""
    return [part for part in overdue(m) if part.above]


def bulletin_entries(m: Month) -> list[Part]:
    """Overdue tasks that the ladder's level of the monthly bulletin was issued for in the month."""
    return [
        hit(order["id"], [order["unit_id"]], True)
        for order in m.rows("orders")
        if order["kind"] == "bulletin" and m.has(order["at"])
    ]


def _of(task: Row, is_hit: bool) -> Part:
    return hit(f"task:{task['id']}", [task["unit_id"]], is_hit)


def _issue(issue: Row, is_hit: bool) -> Part:
    return hit(f"issue:{issue['id']}", issue["units"], is_hit)


def _amount(task: Row, days: int) -> Part:
    units = frozenset([task["unit_id"]])
    return Part(f"task:{task['id']}", units, Decimal(days) if days else ZERO)
