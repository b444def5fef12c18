"""The people of a soak: what they do, in order of time, with the clock running in between."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from benchmarks.bureau import ZONE
from demo.clockwork import Clockwork
from workflow.commands import assignment, breakdown, closure, discovery, supervision
from workflow.errors import WorkflowError

BEGIN = datetime(2026, 1, 4, 9, 0, tzinfo=ZONE)
BOARDS = ("henglin", "yaoguan", "hengshanqiao", "lucheng", "dingyan", "qishuyan")
LEADS = ("zjj", "zgj", "sthj", "spj", "czj", "gdgs")
CATEGORIES = ("杆线迁移", "手续办理", "拆迁", "资金", "用地", "施工配套")
WEEK_BEFORE, STANDING = timedelta(days=8), 20
"""How long before a single day the office opens, and the share of issues that stand open then."""
STOLID, REJECTED = 0.06, 0.05
"""Shares of tasks that nobody touches for a long time, and of submissions that are refused."""
Step = Callable[[], None]


@dataclass(slots=True)
class Soak:
    """The people's steps in order of time, with the clock running in between."""

    clock: Clockwork
    chance: Random
    days: int
    steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    booked: int = 0

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
