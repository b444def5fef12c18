"""Issues: the ledger's lines, one case, its history, what may be done on it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, Shape
from web.api.shapes.tasks import Ahead, Event, TaskLine, TaskPart


class Origin(Shape):
    """The platform that an issue came from."""

    source: str
    source_id: str | None


class IssueLine(Shape):
    """An issue as the ledger lists it."""

    number: str = Field(examples=["WT-2026-000001"])
    version: int
    title: str
    category: str
    state: str
    phase: str
    light: str
    light_reason: str
    board: str = Field(description="The board's code, empty for none.")
    project: str
    urgent: bool
    major: bool
    listed: bool
    coordination_level: int
    relapse_count: int
    reported_at: Moment | None
    closed_at: Moment | None
    due_at: Moment | None = Field(description="The nearest deadline of a running task.")
    level: int = Field(description="The highest supervision level of a running task.")
    origin: Origin | None
    tasks: list[TaskLine]


class IssuePage(PageOf):
    """A page of the ledger."""

    items: list[IssueLine]
    total: int
    at_least: bool = Field(description="A search stops counting; then there are more than total.")
    previous: str | None


class TimelinePage(PageOf):
    """A page of an issue's history, oldest first."""

    items: list[Event]


class Archived(Shape):
    """The archive file that holds an issue's history, and the digest of the issue's part of it."""

    name: str
    month: str
    digest: str
    events: int
    at: Moment


class IssueFile(Shape):
    """An issue with everything on it."""

    number: str
    version: int
    title: str
    description: str
    category: str
    state: str
    state_name: str
    phase: str
    light: str
    light_reason: str
    urgent: bool
    major: bool
    listed: bool
    board: str
    board_code: str
    project: str
    reporter: str
    reporter_unit: str
    reported_at: Moment | None
    dispatched_at: Moment | None
    closed_at: Moment | None
    origin: Origin | None
    tasks: list[TaskPart]
    lookbacks: list[dict[str, Any]]
    ahead: list[Ahead]
    notices: list[dict[str, Any]]
    timeline: list[Event]
    archived: Archived | None = Field(
        description="Where its history lies; null while it is here. Nothing can be done on it then."
    )


class OfferPart(Shape):
    """An act: whether the caller may do it now, and every reason why not."""

    subject: str = Field(description="issue or task.")
    number: str
    act: str
    name: str
    address: str | None = Field(description="Where to POST it, null where the API has no endpoint.")
    allowed: bool
    version: int
    reasons: list[dict[str, str]]
    overridable: list[dict[str, str]]
    prepared_id: int | None


class Offers(Shape):
    """What the caller may do on an issue and its tasks."""

    items: list[OfferPart]


class Filed(Shape):
    """What became of an issue that a platform has handed in."""

    number: str
    created: bool
    differing: list[str] = Field(description="Fields in which a repeat differs from the first.")
    source: str
    source_id: str
