"""One issue's story: each method books what somebody does about it.

Days are counted in working days from the day of dispatch, as the ladder counts them from the
deadline. `task=1` is the issue's first task, 0 the issue itself. Usernames that begin with `@`
are found when the act comes: `@head`, `@deputy`, `@liaison`, `@handler` of the task's lead unit,
`@verifier` of its verifying unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, Script
from models import tables
from workflow.commands import assignment, breakdown, closure, discovery, supervision
from workflow.commands.base import Outcome
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof
from workflow.commands.discovery import Report

PROOF = Proof("document", "办结情况说明及佐证材料", "演示数据")
FICTION = "本条为演示数据，情节虚构。"
SITE_CHECK = "已到现场核查，情况属实。"


@dataclass(slots=True)
class Case:
    """An issue with its tasks, known by number once the acts have happened."""

    script: Script
    title: str
    category: str
    board: str = ""
    project: str = ""
    form: dict[str, Any] = field(default_factory=dict)
    reporter: str = ""
    day: str = ""
    number: str = ""
    tasks: list[str] = field(default_factory=list)
    minute: int = 0

    def __post_init__(self) -> None:
        self.script.cases += 1
        self.minute = self.script.cases % 20
        self.reporter = self.reporter or f"{self.board}_handler"

    def at(self, n: int, clock: str) -> datetime:
        """A wall time on the n-th working day after the dispatch."""
        return self.script.after(self.day, n, clock)

    def do(
        self, n: int, clock: str, who: str, command: Callable[..., Any], task: int = 1,
        **arguments: Any,
    ) -> None:  # fmt: skip
        """Book a command on the issue (`task=0`) or one of its tasks."""
        self._book(self.at(n, clock), who, command, task, arguments)

    def reported(self, day: str, clock: str = "08:40", *, draft: bool = False) -> None:
        """Book the report."""
        self.day = day
        moment = self.at(0, clock) + timedelta(minutes=self.minute)
        self.script.book(moment, lambda c, now: self._report(c, now, draft))

    def opened(self, day: str, *plans: Plan) -> None:
        """Book the report and the breakdown into tasks, without handing them over."""
        self.reported(day)
        self.do(0, "09:20", "triage", discovery.start_triage, task=0)
        for plan in plans:
            self.do(0, "09:40", "triage", breakdown.plan_task, task=0, form=plan)

    def handed_over(self, day: str, *plans: Plan, ack: int | None = 0) -> None:
        """Book everything up to the dispatch, and the receipt on working day `ack`."""
        self.opened(day, *plans)
        self.do(0, "10:30", "chief", assignment.dispatch, task=0)
        if ack is not None:
            for task in range(1, len(plans) + 1):
                self.acknowledged(ack, "15:00", task)

    def acknowledged(
        self, n: int, clock: str = "15:00", task: int = 1, by: str = "@liaison"
    ) -> None:
        """Book the receipt: the deputy head answers for it, the handler does it."""
        self.script.book(self.at(n, clock), lambda c, now: self._acknowledge(c, now, task, by))

    def progress(
        self, *days: int, text: str = "按计划推进，已完成阶段性工作。", task: int = 1
    ) -> None:
        """Book a progress report on each of these days."""
        for n in days:
            self.do(n, "16:20", "@liaison", supervision.progress, task=task, text=text)

    def submitted(self, n: int, clock: str = "10:10", task: int = 1) -> None:
        """Book the submission with its proof."""
        self.do(
            n, clock, "@head", closure.submit_task, task=task, evidence=[PROOF],
            result="对策措施已全部落实，障碍已经消除，具备销号条件。",
        )  # fmt: skip

    def verified(self, n: int, clock: str = "15:10", task: int = 1) -> None:
        """Book the verification by the second person."""
        self.do(
            n, clock, "@verifier", closure.verify_task, task=task, site_check=SITE_CHECK,
            opinion="经核验，整改到位，同意提请审定。",
        )  # fmt: skip

    def approved(self, n: int, clock: str = "16:40", by: str = "chief", **arguments: Any) -> None:
        """Book the approval by the third."""
        arguments = {"opinion": "同意销号。"} | arguments
        self.do(n, clock, by, closure.approve, task=0, **arguments)

    def finished(self, n: int, *, tasks: int = 1, by: str = "chief") -> None:
        """Book submission, verification and approval on one day."""
        for task in range(1, tasks + 1):
            self.submitted(n, task=task)
            self.verified(n, task=task)
        self.approved(n, by=by)

    def decided(self, n: int, clock: str, rung: str, *, issue: bool, reason: str, by: str) -> None:
        """Book the decision on a step that the ladder has prepared."""

        def decide(c: Clockwork, now: datetime) -> None:
            c.do(
                supervision.decide_prepared, by, now, issue_it=issue, reason=reason,
                prepared_id=self._prepared(c, rung),
            )  # fmt: skip

        self.script.book(self.at(n, clock), decide)

    def _book(
        self, moment: datetime, who: str, command: Callable[..., Any], task: int,
        arguments: dict[str, Any],
    ) -> None:  # fmt: skip
        def perform(c: Clockwork, now: datetime) -> None:
            subject = {"task": self.tasks[task - 1]} if task else {"issue": self.number}
            username = self._somebody(c, who, max(task, 1))
            self._note(c.do(command, username, now, **subject, **arguments))

        self.script.book(moment, perform)

    def _report(self, c: Clockwork, now: datetime, draft: bool) -> None:
        form = Report(
            TITLE_MARK + self.title, f"{FICTION}{self.title}，影响项目推进，请协调解决。",
            self.category, project=self.project or None, board=self.board,
            no_project_reason="" if self.project else "片区共性问题（演示）", **self.form,
        )  # fmt: skip
        self._note(c.do(discovery.report, self.reporter, now, form=form, draft=draft))

    def _acknowledge(self, c: Clockwork, now: datetime, task: int, by: str) -> None:
        unit = self._unit(c, "lead_unit_id", task)
        c.do(
            assignment.acknowledge, self._somebody(c, by, task), now, task=self.tasks[task - 1],
            responsible_leader=f"{unit}_deputy", responsible_person=f"{unit}_handler",
        )  # fmt: skip

    def _note(self, outcome: Outcome) -> None:
        self.number = outcome.issue_number
        if outcome.task_number and outcome.task_number not in self.tasks:
            self.tasks.append(outcome.task_number)

    def _somebody(self, c: Clockwork, who: str, task: int) -> str:
        if not who.startswith("@"):
            return who
        column = "verifier_unit_id" if who == "@verifier" else "lead_unit_id"
        return f"{self._unit(c, column, task)}_{who[1:]}"

    def _unit(self, c: Clockwork, column: str, task: int) -> str:
        t, unit = tables.task.c, tables.unit.c
        with c.db.read() as s:
            chosen = select(unit.code).join(tables.task, t[column] == unit.id)
            return str(s.execute(chosen.where(t.number == self.tasks[task - 1])).scalar_one())

    def _prepared(self, c: Clockwork, rung: str) -> int:
        prepared, task = tables.prepared_action.c, tables.task.c
        chosen = select(prepared.id).join(tables.task, task.id == prepared.task_id)
        with c.db.read() as s:
            return int(
                s.execute(
                    chosen.where(
                        task.number.in_(self.tasks), prepared.rung == rung,
                        prepared.state == "prepared",
                    )
                ).scalar_one()
            )  # fmt: skip
