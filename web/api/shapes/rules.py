"""Organisation, calendar, deadlines and policy."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from web.api.shapes.base import Moment, Shape


class UnitPart(Shape):
    """A unit."""

    code: str
    name: str
    name_en: str
    kind: str
    parent: str | None
    is_board: bool
    active: bool


class Units(Shape):
    """Every unit."""

    items: list[UnitPart]


class PersonPart(Shape):
    """A person. `email` and `phone` only for the bureau and the person itself."""

    username: str
    name: str
    unit: str
    post: str
    roles: list[str]
    active: bool


class People(Shape):
    """People by unit and username."""

    items: list[PersonPart]


class Day(Shape):
    """One day of the calendar."""

    day: str
    kind: str = Field(description="workday, makeup, weekend or holiday.")
    working: bool
    cause: str
    own: bool = Field(description="The unit's own exception decides.")


class Year(Shape):
    """A year of the calendar."""

    year: int
    status: str = Field(description="official or provisional.")
    unit: str
    edition: int
    working_days: int
    days: list[Day]


class Due(Shape):
    """A deadline and how it was counted."""

    start: Moment
    limit: str
    due_at: Moment | None
    provisional: bool
    derivation: dict[str, Any]


class Simulated(Shape):
    """A deadline with its ladder, tried out."""

    category: str
    urgent: bool
    limit_class: str
    dispatched: Moment
    acknowledge_by: Moment
    deadline: Moment | None
    provisional: bool
    derivation: dict[str, Any]
    rungs: list[dict[str, Any]]


class PolicyInForce(Shape):
    """The policy in force as plain data."""

    version_id: int
    name: str
    timezone: str
    policy: dict[str, Any]
