"""Where made-up issues come about: units, people, rules, projects, and chance."""

from __future__ import annotations

import random
from datetime import datetime
from functools import lru_cache

from sqlalchemy import insert, select

from config.policy import Policy
from models import tables
from models.db import Session
from workflow import deadlines
from workflow.calendar import WorkCalendar
from workflow.context import Context, context

PROJECTS = 120
OPEN_STATES = (
    ("draft", 3),
    ("reported", 8),
    ("triaging", 9),
    ("dispatched", 12),
    ("in_progress", 47),
    ("parked", 5),
    ("verifying", 9),
    ("approving", 7),
)
OTHER_ENDS = ("rejected", "merged")


class Scene:
    """Units, people and rules, and the chance by which issues come about."""

    def __init__(self, s: Session, issues: int, now: datetime, chance: random.Random) -> None:
        self.ctx: Context = context(s)
        self.policy: Policy = self.ctx.policy()
        self.calendar: WorkCalendar = self.ctx.calendar()
        self.now, self.chance, self.issues, self.tasks = now, chance, issues, 0
        units = self.ctx.directory.units.values()
        self.boards = [u.id for u in units if u.is_board]
        self.codes = {u.code: u.id for u in units}
        self.people: dict[int, list[int]] = {}
        for person in self.ctx.directory.people.values():
            self.people.setdefault(person.unit_id, []).append(person.id)
        self.categories = list(self.policy.categories)
        self.projects = self._projects(s)
        self.due = lru_cache(maxsize=None)(self._due)

    def _projects(self, s: Session) -> list[int]:
        commissioners = self.ctx.directory.by_role.get("commissioner", [])
        leader = commissioners[0].id if commissioners else None
        rows = [
            {"name": f"重点项目{n:03d}", "commissioner_id": leader if n % 12 == 0 else None}
            for n in range(PROJECTS)
        ]
        s.execute(insert(tables.project), rows)
        return [row.id for row in s.execute(select(tables.project.c.id))]

    def _due(self, day: datetime, limit: str) -> deadlines.Deadline:
        return deadlines.compute(
            self.policy.limits[limit], limit, day, self.calendar, self.policy, cause="dispatch"
        )

    def somebody(self, unit: int) -> int:
        """A person of the unit."""
        return self.chance.choice(self.people.get(unit) or [next(iter(self.people.values()))[0]])

    def state(self, share: float) -> str:
        """Old issues are closed but for a few; of the last fifth most are open."""
        closed = 0.97 if share < 0.8 else 0.37
        if self.chance.random() < closed:
            return "closed" if self.chance.random() < 0.97 else self.chance.choice(OTHER_ENDS)
        names, weights = zip(*OPEN_STATES, strict=True)
        return str(self.chance.choices(names, weights)[0])
