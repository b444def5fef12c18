"""What answers look like. Fields that a later version adds are no break: ignore what is unknown."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Moment = str
"""ISO 8601 with the offset of the policy's zone."""


class Shape(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="allow")


class TaskLine(Shape):
    """A task as the ledger lists it."""

    number: str = Field(examples=["WT-2026-000001-01"])
    version: int
    state: str
    light: str
    level: int
    lead_unit: str = Field(description="The unit's code.")
    measures: str
    due_at: Moment | None
    provisional: bool


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


class PageOf(Shape):
    """What every page has. `next` is the address of the next page, null on the last."""

    next: str | None
    next_cursor: str | None


class IssuePage(PageOf):
    """A page of the ledger."""

    items: list[IssueLine]
    total: int
    at_least: bool = Field(description="A search stops counting; then there are more than total.")
    previous: str | None


class Event(Shape):
    """One fact of an issue's history."""

    seq: int
    at: Moment
    logical_at: Moment
    actor: str
    actor_unit: str
    tag: str
    name: str
    task: str | None
    changes: list[Any]
    details: list[Any]


class TimelinePage(PageOf):
    """A page of an issue's history, oldest first."""

    items: list[Event]


class Ahead(Shape):
    """What the clock will do next if nobody acts."""

    at: Moment | None
    key: str
    level: int | None
    name: str


class Evidence(Shape):
    """A piece of evidence. `sha256` is null for what is kept elsewhere and only named here."""

    id: int
    kind: str
    kind_name: str
    name: str
    note: str
    sha256: str | None
    size: int | None
    cycle: int
    added_by: str
    added_at: Moment | None


class EvidenceFile(Evidence):
    """A piece of evidence with the task it belongs to."""

    task: str
    issue: str
    content: str | None = Field(description="Address of the file, null where there is none.")


class RequestPart(Shape):
    """A request on a task and its ruling."""

    id: int
    kind: str
    kind_name: str
    state: str
    reason: str
    asked_by: str
    asked_at: Moment | None
    new_due_at: Moment | None
    ruling_due_at: Moment | None
    opinion: str


class TaskPart(Shape):
    """A task with its deadlines, requests, evidence and what the clock will do."""

    number: str
    version: int
    state: str
    state_name: str
    light: str
    light_reason: str
    level: int
    problem: str
    measures: str
    lead_unit: str
    lead_unit_code: str
    verifier_unit: str
    due_at: Moment | None
    provisional: bool
    co_units: list[dict[str, Any]]
    deadlines: list[dict[str, Any]]
    requests: list[RequestPart]
    evidence: list[Evidence]
    prepared: list[dict[str, Any]]
    ahead: list[Ahead]


class TaskFile(TaskPart):
    """A task with the issue it belongs to."""

    issue: str
    issue_title: str
    issue_state: str
    issue_version: int


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


class MyTask(TaskLine):
    """A task that waits for the caller's unit."""

    issue: str
    issue_title: str
    part: str = Field(description="lead, verify or support.")


class MyTasks(PageOf):
    """Tasks that wait for the caller's unit, the earliest deadline first."""

    items: list[MyTask]
    total: int


class OpenRequest(RequestPart):
    """An open request that the caller may rule on."""

    task: str
    issue: str
    issue_title: str
    version: int = Field(description="The task's version, for If-Match.")


class OpenRequests(PageOf):
    """Open requests in the caller's competence. A page may be shorter than its limit."""

    items: list[OpenRequest]


class Done(Shape):
    """What an act leaves behind."""

    issue_number: str = Field(examples=["WT-2026-000001"])
    issue_state: str = Field(examples=["reported"])
    issue_version: int
    task_number: str | None
    task_state: str | None
    task_version: int | None
    due_at: Moment | None
    request_id: int | None


class Attached(Done):
    """What an upload leaves behind."""

    evidence_id: int
    sha256: str
    size: int
    media_type: str
    place_removed: bool = Field(description="The photo told where it was taken; no longer.")


class Filed(Shape):
    """What became of an issue that a platform has handed in."""

    number: str
    created: bool
    differing: list[str] = Field(description="Fields in which a repeat differs from the first.")
    source: str
    source_id: str


class NoticeItem(Shape):
    """A notice to the caller."""

    id: int
    kind: str
    subject: str
    text: str
    urgent: bool
    read: bool
    at: Moment


class Inbox(PageOf):
    """The caller's notices, newest first."""

    items: list[NoticeItem]
    unread: int


class FailedMessage(Shape):
    """A message that nobody got."""

    id: int
    recipient: str
    channel: str
    state: str
    attempts: int
    reason: str
    kinds: list[str]
    at: Moment


class FailedMessages(Shape):
    """Messages that nobody got, newest first."""

    items: list[FailedMessage]


class Marked(Shape):
    """Whether it was unread before."""

    id: int
    changed: bool


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


class BalancePart(Shape):
    """One group of the reconciliation."""

    dimension: str
    key: str
    opened: int
    open: int
    closed: int
    rejected: int
    merged: int
    closures: int
    relapses: int
    balanced: bool


class Reconciliation(Shape):
    """Ledger and history side by side."""

    balanced: bool
    rows: list[BalancePart]


class FigurePart(Shape):
    """A number of issues and the address of the list behind it."""

    count: int
    list: str


class Statistics(Shape):
    """Counts of what the caller may see."""

    total: FigurePart
    open: FigurePart
    overdue: FigurePart
    phases: list[dict[str, Any]]
    states: list[dict[str, Any]]
    boards: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    units: list[dict[str, Any]]
    levels: list[dict[str, Any]]
    trend: list[dict[str, Any]]
