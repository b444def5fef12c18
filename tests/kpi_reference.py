"""The figures once more, slowly and plainly, straight from events: what the formulas must give.

Nothing of `projects` is used here. A question about a moment is answered by walking the history up
to it; days are counted one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from models import tables
from tests.world import SHANGHAI, World
from workflow.calendar import WorkCalendar
from workflow.context import context

AFTER = {
    "task.dispatched": "pending_ack", "task.acknowledge": "in_progress",
    "task.submit": "submitted", "task.reject_submission": "in_progress",
    "task.verify": "verified", "task.reopen": "in_progress", "task.withdraw": "withdrawn",
}  # fmt: skip
Told = tuple[Decimal, Decimal, int]


@dataclass
class Reference:
    """The history of a zone and a month of it, seen up to a moment."""

    world: World
    begin: datetime
    until: datetime
    calendar: WorkCalendar = field(init=False)
    events: list[Any] = field(init=False)
    tasks: list[int] = field(init=False)
    ack_wd: int = field(init=False)
    answer_wd: int = 5

    def __post_init__(self) -> None:
        with self.world.db.read() as s:
            self.calendar = context(s).calendar()
            self.ack_wd = context(s).policy().ack.limit_wd
        rows = self.world.rows(tables.event)
        self.events = [e for e in rows if e.stream.startswith("issue:") and e.at <= self.until]
        self.events.sort(key=lambda e: (e.stream, e.seq))
        self.tasks = [e.task_id for e in self.events if e.tag == "task.dispatched"]

    # ------------------------------------------------------------ what was so at a moment

    def of_task(self, task: int, *tags: str) -> list[Any]:
        return [e for e in self.events if e.task_id == task and (not tags or e.tag in tags)]

    def of_issue(self, stream: str, *tags: str) -> list[Any]:
        return [e for e in self.events if e.stream == stream and e.tag in tags]

    def stream(self, task: int) -> str:
        return str(self.of_task(task, "task.dispatched")[0].stream)

    def unit(self, task: int) -> int:
        return int(self.of_task(task, "task.dispatched")[0].data["lead_unit_id"])

    def state(self, events: Iterable[Any], moment: datetime) -> str:
        found = ""
        for event in events:
            if event.at <= moment and event.tag in AFTER:
                found = AFTER[event.tag]
        return found

    def now(self, task: int) -> str:
        return self.state(self.of_task(task), self.until)

    def parked(self, stream: str, *moments: datetime) -> bool:
        for moment in (*moments, self.until):
            last = ""
            for event in self.of_issue(stream, "issue.park", "issue.resume"):
                if event.at <= moment:
                    last = event.tag
            if last == "issue.park":
                return True
        return False

    def due(self, task: int, first: bool = False) -> datetime:
        rows = self.world.rows(tables.deadline_version, task_id=task)
        seen = [r for r in sorted(rows, key=lambda r: r.n) if r.created_at <= self.until]
        found: datetime = seen[0 if first else -1].due_at
        return found

    def here(self, moment: datetime | None) -> bool:
        return moment is not None and self.begin <= moment <= self.until

    # ------------------------------------------------------------ days, one by one

    def day(self, moment: datetime) -> date:
        return moment.astimezone(SHANGHAI).date()

    def days(self, first: datetime, last: datetime, paused: list[Any] | None = None) -> int:
        n, day = 0, self.day(first)
        while day < self.day(last):
            day += timedelta(days=1)
            n += self.calendar.is_working_day(day)
            for start, end in paused or []:
                inside = max(self.day(start), self.day(first)) < day <= self.day(end or last)
                n -= inside and self.calendar.is_working_day(day)
        return max(n, 0)

    def ends(self, moment: datetime, days: int) -> datetime:
        day = self.day(moment)
        while days:
            day += timedelta(days=1)
            days -= self.calendar.is_working_day(day)
        return datetime(day.year, day.month, day.day, 17, 30, tzinfo=SHANGHAI)

    def pauses(self, stream: str) -> list[Any]:
        found: list[Any] = []
        for event in self.of_issue(stream, "issue.park", "issue.resume"):
            if event.tag == "issue.park":
                found.append([event.at, None])
            else:
                found[-1][1] = event.at
        return found

    # ------------------------------------------------------------ the figures

    def figures(self, units: set[int] | None) -> dict[str, Told]:
        mine = [t for t in self.tasks if units is None or self.unit(t) in units]
        receipts = [t for t in mine if self._receipt_here(t)]
        kept = [t for t in receipts if self.now(t) != "withdrawn"]
        asked = [
            t for t in receipts
            if self.now(t) != "withdrawn" or self.of_task(t, "task.request_return")
        ]  # fmt: skip
        settled = [(t, k) for t in mine for k in [self._settled(t, first=False)] if k is not None]
        original = [(t, k) for t in mine for k in [self._settled(t, first=True)] if k is not None]
        running = [t for t in mine if self._runs(t)]
        late = [t for t in running if self.due(t) < self.until]
        done = [t for t in mine if self._verified_here(t)]
        took = [self._took(t) for t in done]
        rulings = [e for t in mine for e in self.of_task(t, "task.rule_return") if self.here(e.at)]
        found = {
            "ack": _rate(kept, [t for t in kept if self._received(t)]),
            "on_time": _rate(settled, [t for t, k in settled if k]),
            "on_time_original": _rate(original, [t for t, k in original if k]),
            "extended": _rate(settled, [t for t, _k in settled if self._extended(t)]),
            "overdue": _rate(running, late),
            "overdue_days": _sum([self.days(self.due(t), self.until) for t in late]),
            "handling": _sum(took),
            "handling_median": (
                Decimal(str(median(took))) if took else Decimal(0), Decimal(bool(took)), len(took)
            ),
            "returned": _rate(asked, [t for t in asked if self.of_task(t, "task.request_return")]),
            "return_upheld": _rate(rulings, [e for e in rulings if e.data["granted"]]),
            "tasks_overdue": (Decimal(len(late)), Decimal(0), len(late)),
        }  # fmt: skip
        return found | self._issues(units) | self._orders(units)

    def _receipt_here(self, task: int) -> bool:
        limit = self.ends(self.of_task(task, "task.dispatched")[0].at, self.ack_wd)
        return self.here(limit) and not self.parked(self.stream(task), limit)

    def _received(self, task: int) -> bool:
        limit = self.ends(self.of_task(task, "task.dispatched")[0].at, self.ack_wd)
        return any(e.at <= limit for e in self.of_task(task, "task.acknowledge"))

    def _came_back(self, task: int) -> list[datetime]:
        relapses = {e.at for e in self.of_issue(self.stream(task), "issue.relapse")}
        return [e.at for e in self.of_task(task, "task.reopen") if e.at in relapses]

    def _settled(self, task: int, *, first: bool) -> bool | None:
        """Whether the deadline was kept, if that became certain in the month."""
        if self.now(task) == "withdrawn":
            return None
        due, back = self.due(task, first), self._came_back(task)
        own = self.of_task(task)
        if back:
            own = [e for e in own if (e.at < back[0] if first else e.at >= back[-1])]
        at_due, moment, kept = self.state(own, due), due, False
        if at_due == "verified":
            kept = True
        elif at_due == "submitted":
            after = [
                e for e in own
                if e.at > due and e.tag in ("task.verify", "task.reject_submission")
            ]  # fmt: skip
            if not after:
                return None
            moment, kept = after[0].at, after[0].tag == "task.verify"
        if not self.here(moment) or self.parked(self.stream(task), moment):
            return None
        return kept

    def _extended(self, task: int) -> bool:
        back = self._came_back(task)
        granted = [e.at for e in self.of_task(task, "task.rule_extension") if e.data["granted"]]
        return any(not back or at >= back[-1] for at in granted)

    def _runs(self, task: int) -> bool:
        running = self.now(task) in ("pending_ack", "in_progress")
        return running and not self.parked(self.stream(task))

    def _verified_here(self, task: int) -> bool:
        found = self.of_task(task, "task.verify")
        return self.now(task) == "verified" and self.here(found[-1].at)

    def _took(self, task: int) -> int:
        back = self._came_back(task)
        begin = back[-1] if back else self.of_task(task, "task.dispatched")[0].at
        end = self.of_task(task, "task.verify")[-1].at
        return self.days(begin, end, self.pauses(self.stream(task)))

    def _issues(self, units: set[int] | None) -> dict[str, Told]:
        streams = [
            s for s in dict.fromkeys(e.stream for e in self.events) if self._concerns(s, units)
        ]
        states = {s: self._issue_state(s) for s in streams}
        handed = [s for s in streams if self.of_issue(s, "issue.dispatch")]
        counted = [s for s in handed if states[s] != "parked"]
        closures = [
            (s, e) for s in streams for e in self.of_issue(s, "issue.approve") if self.here(e.at)
        ]
        clean = [one for one in closures if not self._refused_before(*one, units)]
        looked = self._looked(units)
        return {
            "closed": _rate(counted, [s for s in counted if states[s] == "closed"]),
            "closed_at_once": _rate(closures, clean),
            "relapsed": _rate(list(looked), [one for one in looked if looked[one]]),
            "issues_parked": _count([s for s in streams if states[s] == "parked"]),
            "issues_open": _count([s for s in counted if states[s] != "closed"]),
            "issues_relapsed": _count([s for s in streams if self._relapsed_here(s)]),
        }  # fmt: skip

    def _relapsed_here(self, stream: str) -> bool:
        return any(self.here(e.at) for e in self.of_issue(stream, "issue.relapse"))

    def _concerns(self, stream: str, units: set[int] | None) -> bool:
        if units is None:
            return True
        tasks = [t for t in self.tasks if self.stream(t) == stream and self.now(t) != "withdrawn"]
        return any(self.unit(t) in units for t in tasks)

    def _issue_state(self, stream: str) -> str:
        moves = [
            e for e in self.events
            if e.stream == stream and e.tag.startswith("issue.") and "to" in e.data
        ]  # fmt: skip
        return str(moves[-1].data["to"]) if moves else ""

    def _refused_before(self, stream: str, closure: Any, units: set[int] | None) -> bool:
        earlier = [e.at for e in self.of_issue(stream, "issue.approve") if e.seq < closure.seq]
        relapses = {e.at for e in self.of_issue(stream, "issue.relapse")}
        refusals = [
            e for e in self.of_issue(stream, "task.reject_submission", "task.reopen")
            if e.at < closure.at and (not earlier or e.at > earlier[-1]) and e.at not in relapses
        ]  # fmt: skip
        return any(units is None or self.unit(e.task_id) in units for e in refusals)

    def _looked(self, units: set[int] | None) -> dict[tuple[int, int], bool]:
        found: dict[tuple[int, int], bool] = {}
        for row in self.world.rows(tables.lookback):
            if self.here(row.done_at) and self._concerns(f"issue:{row.issue_id}", units):
                key = (row.issue_id, row.cycle)
                found[key] = found.get(key, False) or row.state == "relapse"
        return found

    def _orders(self, units: set[int] | None) -> dict[str, Told]:
        asked, named = [], []
        for row in self.world.rows(tables.prepared_action, state="issued"):
            if row.decided_at > self.until or (
                units is not None and self.unit(row.task_id) not in units
            ):
                continue
            limit = self.ends(row.decided_at, self.answer_wd)
            if row.kind == "bulletin" and self.here(row.decided_at):
                named.append(row)
            stands = self.parked(self.stream(row.task_id), limit)
            if row.kind == "supervise" and self.here(limit) and not stands:
                asked.append((row, limit))
        answered = [
            row for row, limit in asked
            if any(
                row.decided_at < e.at <= limit
                for e in self.of_task(
                    row.task_id, "task.progress", "task.submit", "task.request_extension",
                    "task.request_park",
                )
            )
        ]  # fmt: skip
        return {"answered": _rate(asked, answered), "bulletin_entries": _count(named)}


def _rate(below: list[Any], above: list[Any]) -> Told:
    return Decimal(len(above)), Decimal(len(below)), len(below)


def _sum(values: list[int]) -> Told:
    return Decimal(sum(values)), Decimal(len(values)), len(values)


def _count(rows: list[Any]) -> Told:
    return Decimal(len(rows)), Decimal(0), len(rows)
