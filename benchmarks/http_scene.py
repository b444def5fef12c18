"""An office with open tasks and a key of its API for each person who calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from benchmarks.http_client import Ask, request
from benchmarks.lives import begun
from benchmarks.office import found_office
from config import clock
from models.db import Database
from workflow.accounts import tokens
from workflow.context import find_actor

LIST = "/api/v1/issues?limit=20"


@dataclass(frozen=True, slots=True)
class Scene:
    """Numbers of tasks in progress, and the key of whoever is responsible for them."""

    tasks: list[str]
    token: str

    def progress(self, n: int) -> Ask:
        """A report of progress on one of the tasks, each time on another."""
        task = self.tasks[n % len(self.tasks)]
        sent = {"text": "已进场施工,完成三成"}
        path = f"/api/v1/tasks/{task}/progress"
        return request("POST", path, self.token, f'"task_number":"{task}"', sent)

    def one(self, n: int) -> Ask:
        """An issue with everything on it."""
        number = self.tasks[n % len(self.tasks)].rpartition("-")[0]
        return request("GET", f"/api/v1/issues/{number}", self.token, f'{{"number":"{number}"')

    def listed(self, n: int) -> Ask:
        """The first page of the ledger."""
        newest = self.tasks[-1].rpartition("-")[0]
        return request("GET", LIST, self.token, f'"items":[{{"number":"{newest}"')


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
    return Scene([begun(db, start + timedelta(seconds=n))[1] for n in range(tasks)], made.text)
