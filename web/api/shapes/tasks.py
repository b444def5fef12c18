"""Tasks with their deadlines, requests and evidence."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, Shape


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
    fixed_due_at: Moment | None = Field(
        description="A date named in the plan in place of a limit that is counted."
    )
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
