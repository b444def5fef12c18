"""`python -m benchmarks.soak`: a year of a zone, or a day of a province, with the clock at work.

    python -m benchmarks.soak                                                     # the year
    python -m benchmarks.soak --days 1 --issues 120000 --database postgresql      # the day

--issues 1500   how many are reported; two tasks each on average, in a single day one
--days 365      over how many days; in a single day every step follows within the hour, and one in
                twenty as many again stand open from the week before, untouched, and are chased
--seed 1        the same seed tells the same story
--database      sqlite (default) or postgresql

Sweeps, notices and daily jobs run at their moments of a simulated clock. One line a period says
what stands in the database, how much memory the process holds and how long it has worked. The end
must be quiet: nothing due, nothing unsent, the ledger balanced, the history whole, the watchdog
silent, and no more memory held than after a quarter of the time, but for a fifth. Exit code 1 else.
"""

from __future__ import annotations

import argparse
import heapq
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from benchmarks.bureau import ZONE, found_bureau
from benchmarks.office import database
from demo.clockwork import Clockwork
from models import migrate, tables
from models.db import Database
from notifications.channels.base import Outgoing, Rate
from notifications.channels.folder import address_of
from workflow import audit, balance
from workflow.commands import assignment, breakdown, closure, discovery, supervision
from workflow.due import next_due
from workflow.errors import WorkflowError
from workflow.watchdog import examine

BEGIN = datetime(2026, 1, 4, 9, 0, tzinfo=ZONE)
BOARDS = ("henglin", "yaoguan", "hengshanqiao", "lucheng", "dingyan", "qishuyan")
LEADS = ("zjj", "zgj", "sthj", "spj", "czj", "gdgs")
CATEGORIES = ("杆线迁移", "手续办理", "拆迁", "资金", "用地", "施工配套")
PERIODS, QUARTER = 12, 3
WEEK_BEFORE, STANDING = timedelta(days=8), 20
"""How long before a single day the office opens, and the share of issues that stand open then."""
FLAT = 1.2
"""How many times as much memory may be held at the end as after a quarter of the time."""
STOLID, REJECTED = 0.06, 0.05
"""Shares of tasks that nobody touches for a long time, and of submissions that are refused."""
Step = Callable[[], None]


class Swallowing:
    """A channel that takes everything: a soak measures the engine, not a disk full of mail."""

    name, rates, takes_html = "folder", tuple[Rate, ...](), True
    address_of = staticmethod(address_of)

    def __init__(self) -> None:
        self.taken = 0

    def send(self, message: Outgoing) -> None:
        """Take it."""
        self.taken += 1


@dataclass(slots=True)
class Soak:
    """The people's steps in order of time, with the clock running in between."""

    clock: Clockwork
    chance: Random
    days: int
    steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    booked: int = 0
    held: list[float] = field(default_factory=list)
    """Memory at the end of each period, in MB."""

    def book(self, at: datetime, step: Step) -> None:
        """Let something happen at a moment."""
        self.booked += 1
        heapq.heappush(self.steps, (at, self.booked, step))

    def later(self, at: datetime, days: float) -> datetime:
        """A moment about so many days after another; within the hour when all is one day."""
        if self.days == 1:
            return at + timedelta(minutes=self.chance.uniform(1, 60))
        return at + timedelta(days=self.chance.uniform(0.2, 2) * days)

    @property
    def begin(self) -> datetime:
        """Of the time that is looked at."""
        return BEGIN + WEEK_BEFORE if self.days == 1 else BEGIN

    @property
    def end(self) -> datetime:
        """Of the time that is looked at."""
        return self.begin + timedelta(days=self.days)

    @property
    def flat(self) -> bool:
        """Whether memory has stayed what it was."""
        return self.held[-1] <= FLAT * self.held[QUARTER - 1]

    def book_reports(self, issues: int) -> None:
        """Let issues be found, evenly over the time."""
        span = timedelta(days=self.days) * (0.8 if self.days == 1 else 0.9)
        for _ in range(issues):
            at = self.begin + span * self.chance.random()
            self.book(at, partial(self.report, at))
        if self.days == 1:
            for _ in range(issues // STANDING):
                at = BEGIN + (WEEK_BEFORE / 2) * self.chance.random()
                self.book(at, partial(self.report, at, touched=False))

    def run(self, until: datetime) -> None:
        """Everything booked up to a moment, and what the clock has to do meanwhile."""
        while self.steps and self.steps[0][0] <= until:
            at, _number, step = heapq.heappop(self.steps)
            self.clock.run_until(at)
            step()
        self.clock.run_until(until)

    def act(self, command: Callable[..., Any], who: str, at: datetime, **given: Any) -> Any:
        """A command; a refusal counts as one."""
        name = command.__name__
        try:
            found = self.clock.do(command, who, at, **given)
        except WorkflowError as refused:
            self.done[f"{name} refused: {refused.code}"] += 1
            return None
        self.done[name] += 1
        return found

    # ------------------------------------------------------------ one issue

    def report(self, at: datetime, touched: bool = True) -> None:
        """An issue is found; everything else follows from it, if units touch it at all."""
        board, chance = self.chance.choice(BOARDS), self.chance
        form = discovery.Report(
            "妨碍施工", "需要协调", chance.choice(CATEGORIES), no_project_reason="片区", board=board
        )
        found = self.act(discovery.report, f"{board}_reporter", at, form=form)
        if found is not None:
            moment = self.later(at, 1)
            self.book(moment, lambda: self.break_down(found.issue_number, moment, touched))

    def break_down(self, issue: str, at: datetime, touched: bool) -> None:
        """Taken up, one to three tasks, and handed over."""
        self.act(discovery.start_triage, "triage", at, issue=issue)
        leads = self.chance.sample(LEADS, 1 if self.days == 1 else self.chance.randint(1, 3))
        tasks = []
        for lead in leads:
            days = self.chance.randint(3, 20)
            plan = breakdown.Plan("协调解决", lead=lead, days=days, verifier="jfj")
            found = self.act(breakdown.plan_task, "triage", at, issue=issue, form=plan)
            if found is not None:
                tasks.append((found.task_number, lead))
        moment = self.later(at, 1)
        self.book(moment, lambda: self.hand_over(issue, tasks if touched else [], moment))

    def hand_over(self, issue: str, tasks: list[tuple[str, str]], at: datetime) -> None:
        """Dispatched; each unit goes its own way."""
        self.act(assignment.dispatch, "chief", at, issue=issue)
        for task, lead in tasks:
            days = 40 if self.chance.random() < STOLID else 1
            moment = self.later(at, days)
            self.book(moment, partial(self.receive, issue, task, lead, moment))

    def receive(self, issue: str, task: str, lead: str, at: datetime) -> None:
        """Acknowledged, then progress, then handed in."""
        self.act(
            assignment.acknowledge, f"{lead}_liaison", at, task=task,
            responsible_leader=f"{lead}_head", responsible_person=f"{lead}_liaison",
        )  # fmt: skip
        moment = at
        for days in (3,) if self.days == 1 else (3, 6):
            moment = self.later(at, days)
            told = {"task": task, "text": "正在推进"}
            step = partial(self.act, supervision.progress, f"{lead}_liaison", moment, **told)
            self.book(moment, step)
        moment = self.later(moment if self.days == 1 else at, 9)
        self.book(moment, lambda: self.hand_in(issue, task, lead, moment))

    def hand_in(self, issue: str, task: str, lead: str, at: datetime) -> None:
        """Submitted; verified or refused; the issue approved with its last task."""
        self.act(
            closure.submit_task, f"{lead}_head", at, task=task, result="已办结",
            evidence=[closure.Proof("document", "验收单.pdf")],
        )  # fmt: skip
        moment = self.later(at, 1)
        self.book(moment, lambda: self.judge(issue, task, lead, moment))

    def judge(self, issue: str, task: str, lead: str, at: datetime) -> None:
        """The verifier's word, and the chief's."""
        if self.chance.random() < REJECTED:
            self.act(
                closure.reject_submission, "jfj_verifier", at, task=task, opinion="现场与材料不符",
                requirement="请补正现场照片和验收单", new_due=at + timedelta(days=5),
            )  # fmt: skip
            moment = self.later(at, 3)
            self.book(moment, lambda: self.hand_in(issue, task, lead, moment))
            return
        self.act(
            closure.verify_task, "jfj_verifier", at, task=task, opinion="属实", site_check="已核查"
        )
        moment = self.later(at, 1)
        self.book(moment, lambda: self.act(closure.approve, "chief", moment, issue=issue,
                                           opinion="同意销号"))  # fmt: skip


def main() -> int:
    """Play, print, and say by the exit code whether it ended quietly."""
    given = _arguments()
    with database(given.database) as db, tempfile.TemporaryDirectory() as folder:
        migrate.upgrade(db.url)
        found_bureau(db, BEGIN - timedelta(days=1))
        clock = Clockwork(db, Path(folder))
        clock.channels = {"folder": Swallowing()}
        soak = Soak(clock, Random(given.seed), given.days)
        soak.book_reports(given.issues)
        for line in played(db, soak):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        return verdict(db, soak)


def played(db: Database, soak: Soak) -> Iterator[str]:
    """Run period by period; a line after each."""
    began, worked = time.perf_counter(), time.process_time()
    for n in range(1, PERIODS + 1):
        now = soak.begin + (soak.end - soak.begin) * n / PERIODS
        soak.run(now)
        soak.held.append(_memory())
        issue, task, event = (_count(db, t) for t in (tables.issue, tables.task, tables.event))
        waiting = _waiting(db, now)
        yield (
            f"{now:%m-%d %H:%M}  {issue:6,} issues  {task:6,} tasks  {event:8,} events  "
            f"{waiting:4} unsent  {soak.clock.sweeps:5} sweeps  {soak.held[-1]:5.0f} MB  "
            f"{time.perf_counter() - began:6.0f} s, of this process "
            f"{time.process_time() - worked:6.0f} s"
        )


def verdict(db: Database, soak: Soak) -> int:
    """What stands at the end; 0 when everything is in order."""
    end = soak.end
    with db.read() as s:
        due = next_due(s)
        rungs = dict(map(tuple, s.execute(
            select(tables.rung_firing.c.level, func.count()).group_by(tables.rung_firing.c.level)
            .order_by(tables.rung_firing.c.level)
        )))  # fmt: skip
        whole, balanced = audit.verify(s).ok, balance.reconcile(s).balanced
    findings = sorted({found.kind for found in examine(db, end)} - {"silent"})
    quiet = due is None or due > end
    for name, n in sorted(soak.done.items()):
        sys.stdout.write(f"  {name:40} {n:8,}\n")
    sys.stdout.write(
        f"rungs by level (None: side limits): {rungs}\nnothing due: {quiet}; unsent: "
        f"{_waiting(db, end)}; history whole: {whole}; ledger balanced: {balanced}; "
        f"watchdog: {findings or 'nothing'}; messages sent: {soak.clock.messages:,}\n"
        f"memory: {soak.held[QUARTER - 1]:.0f} MB after a quarter, {soak.held[-1]:.0f} MB at the "
        f"end; flat: {soak.flat}\n"
    )
    well = quiet and whole and balanced and soak.flat
    return 0 if well and not findings and not _waiting(db, end) else 1


def _count(db: Database, table: Any) -> int:
    with db.read() as s:
        return int(s.execute(select(func.count()).select_from(table)).scalar_one())


def _waiting(db: Database, now: datetime) -> int:
    """Notices that should have gone by now."""
    notice = tables.notice.c
    chosen = select(func.count()).where(notice.state == "pending", notice.not_before <= now)
    with db.read() as s:
        return int(s.execute(chosen).scalar_one())


def _memory() -> float:
    """What this process holds, in MB (Linux; elsewhere 0)."""
    table = Path("/proc/self/statm")
    return int(table.read_text().split()[1]) * 4096 / 1e6 if table.exists() else 0.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--issues", type=int, default=1500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
