"""An office with open tasks and a key of its API for each person who calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from benchmarks.http_client import request
from benchmarks.office import found_office
from config import clock
from models.db import Database
from workflow.accounts import tokens
from workflow.commands import assignment, breakdown, discovery
from workflow.context import find_actor

LIST = "/api/v1/issues?limit=20"


@dataclass(frozen=True, slots=True)
class Scene:
    """Numbers of tasks in progress, and the key of whoever is responsible for them."""

    tasks: list[str]
    token: str

    def progress(self, n: int) -> str:
        """A report of progress on one of the tasks, each time on another."""
        path = f"/api/v1/tasks/{self.tasks[n % len(self.tasks)]}/progress"
        return request("POST", path, self.token, {"text": "已进场施工,完成三成"})

    def one(self, n: int) -> str:
        """An issue with everything on it."""
        number = self.tasks[n % len(self.tasks)].rpartition("-")[0]
        return request("GET", f"/api/v1/issues/{number}", self.token)

    def listed(self, n: int) -> str:
        """The first page of the ledger."""
        return request("GET", LIST, self.token)


def lay(db: Database, tasks: int) -> Scene:
    """Found the office and open so many tasks, through the commands."""
    found_office(db)
    start = clock.now() - timedelta(days=1)
    with db.write() as s:
        person = find_actor(s, "liaison")
        made = tokens.create(
            s, person=person, actor=person, name="http", scopes=["read", "write"], days=1,
            now=start + timedelta(hours=23),
        )  # fmt: skip
    return Scene([_opened(db, start + timedelta(seconds=n)) for n in range(tasks)], made.text)


def _opened(db: Database, start: datetime) -> str:
    """The number of a new task in progress."""

    def do(command: Callable[..., Any], who: str, minute: int, **values: Any) -> Any:
        with db.write() as s:
            s.memo["channels"] = ("inapp",)
            actor = find_actor(s, who)
            return command(s, actor=actor, now=start + timedelta(minutes=minute), **values)

    form = discovery.Report(
        "杆线影响施工", "10kV 杆线需要迁移", "杆线迁移", no_project_reason="片区", board="lucheng"
    )
    issue = do(discovery.report, "reporter", 0, form=form).issue_number
    do(discovery.start_triage, "triage", 1, issue=issue)
    plan = breakdown.Plan("协调供电公司迁移")
    task = str(do(breakdown.plan_task, "triage", 2, issue=issue, form=plan).task_number)
    do(assignment.dispatch, "chief", 3, issue=issue)
    people = {"responsible_leader": "leader", "responsible_person": "liaison"}
    do(assignment.acknowledge, "liaison", 4, task=task, **people)
    return task
