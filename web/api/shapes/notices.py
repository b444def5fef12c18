"""Notices, and messages that did not arrive."""

from __future__ import annotations

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, Shape


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


class Freed(Shape):
    """What a new try has freed."""

    notices: int = Field(description="Notices that go out again.")
