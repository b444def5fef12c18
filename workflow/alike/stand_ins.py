"""In the place of people, units and the database while a plan is worked out."""

from __future__ import annotations

from typing import Any

from workflow.alike.holes import Mark, Unalike, related_id, task_mark
from workflow.alike.shape import PEOPLE
from workflow.calendar import WorkCalendar
from workflow.context import Context
from workflow.telling import Meant

NAMED = {
    "lead_unit_id": "lead_unit",
    "responsible_leader_id": "responsible_leader",
    "responsible_person_id": "responsible_person",
}
"""Columns whose names stand in texts."""


class Nothing:
    """In the place of a transaction: whatever asks the database is no part of a shape."""

    def __getattr__(self, name: str) -> Any:
        raise Unalike("the database is asked")


class AnyPeople:
    """In the place of the directory: knows names as marks, and people as they are meant."""

    def __init__(self, tasks: int) -> None:
        self._names: dict[int, Mark] = {
            related_id(index, PEOPLE.index(column)): task_mark(index, text)
            for index in range(tasks)
            for column, text in NAMED.items()
        }

    def unit_name(self, unit: int) -> str:
        """A mark for the name."""
        return self._names[unit]

    def person_name(self, person: int) -> str:
        """A mark for the name."""
        return self._names[person]

    def with_role(self, role: str, unit: int | None = None) -> list[Any]:
        """Whoever has the role when it comes to telling them."""
        return [Meant(role=str(role), unit=unit)]


class AnyContext:
    """In the place of the context: its rules and calendars, but nobody in particular."""

    def __init__(self, ctx: Context, units: dict[int, int]) -> None:
        self._ctx, self._units = ctx, units
        self.directory: Any = AnyPeople(len(units))
        self.policy, self.workflow = ctx.policy, ctx.workflow

    def calendar(self, unit: int | None = None, version: int | None = None) -> WorkCalendar:
        """The calendar of a unit that a task names."""
        return self._ctx.calendar(self._units.get(unit, unit) if unit else None, version)
