"""Answers about dispatch meetings and coordination."""

from __future__ import annotations

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, Shape


class MeetingLine(Shape):
    """A meeting as the list tells it; counts are those of the caller's scope."""

    id: int
    version: int
    number: str = Field(examples=["HY-2026-01"])
    name: str
    state: str = Field(description="planned, fixed, session, closed or called_off.")
    starts_at: Moment
    place: str
    chair: str = Field(description="The chair's username.")
    called_off_reason: str = Field(description="Empty unless it was called off.")
    items: int
    decisions: int
    done: int = Field(description="Decisions that are carried out.")


class MeetingPage(PageOf):
    """Meetings, the latest first."""

    items: list[MeetingLine]


class MeetingReason(Shape):
    """Why an issue is before the meeting."""

    code: str = Field(examples=["unsolved"])
    text: str


class MeetingPositionPart(Shape):
    """What a unit has to say."""

    unit: str
    text: str
    at: Moment


class MeetingItemPart(Shape):
    """An item of the agenda, or an issue that was left out."""

    id: int
    version: int
    place: int
    issue: str
    title: str
    state: str = Field(description="picked or dropped.")
    source: str = Field(description="rule, hand or raised.")
    reasons: list[MeetingReason]
    proposal: str
    outcome: str = Field(description="decided, deferred, or empty.")
    note: str
    positions: list[MeetingPositionPart]


class MeetingDecisionPart(Shape):
    """A decision and how far it is."""

    id: int
    version: int
    n: int
    meeting: str
    item: int | None
    issue: str | None
    kind: str = Field(
        description="task, follow or city; what is recorded as ask is a task whose state is asked."
    )
    state: str = Field(description="asked, answered, open or done.")
    text: str
    answer: str
    unit: str
    due: str | None = Field(description="The task's deadline, or the date decided.")
    task: str | None
    status: str = Field(
        description="done, done_late, running, submitted, overdue, unanswered or withdrawn."
    )


class DecisionPage(PageOf):
    """Decisions that are not carried out yet, nearest date first."""

    items: list[MeetingDecisionPart]


class MeetingFile(Shape):
    """A meeting with its agenda, as far as the caller may see it."""

    id: int
    version: int
    number: str
    name: str
    state: str
    starts_at: Moment
    place: str
    chair: str
    units: list[str]
    agenda_document: int | None
    minutes_document: int | None
    follow_up: list[MeetingDecisionPart] = Field(description="What became of earlier decisions.")
    agenda: list[MeetingItemPart]
    decisions: list[MeetingDecisionPart]


class CandidatePart(Shape):
    """An issue that the rules propose."""

    issue: str
    title: str
    level: int
    reasons: list[MeetingReason]
    state: str = Field(description="picked, dropped, or empty.")
    note: str


class CandidateList(Shape):
    """Candidates, those with most reasons first."""

    items: list[CandidatePart]


class MeetingDone(Shape):
    """What an act on a meeting leaves behind."""

    id: int
    number: str
    state: str
    version: int
    item: int | None = None
    decision: int | None = None
    document: int | None = None
    issue: str | None = None


class DecisionDone(Shape):
    """What an act on a decision leaves behind."""

    id: int
    meeting: int
    state: str
    version: int
    task: str | None


class CoordinationRequestPart(Shape):
    """A unit's request."""

    id: int
    version: int
    unit: str
    cause: str
    reason: str
    state: str
    opinion: str
    asked_at: Moment


class CoordinationFile(Shape):
    """Who can solve an issue, since when and why."""

    issue: str
    level: int
    since: Moment | None
    days: int = Field(description="Working days at this level, without parked ones.")
    cause: str
    reason: str
    by: str = Field(description="Who set it; empty for the machine.")
    requests: list[CoordinationRequestPart]


class CoordinationDone(Shape):
    """What a request leaves behind."""

    issue: str
    version: int
