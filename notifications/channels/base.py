"""What every channel takes and how it says that it could not."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from models.directory import PersonInfo
from notifications.items import Item


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One rendered message to one person.

    `message_id` (`<...@...>`) and `created_at` are the same on every try. `items` are the notices
    inside, for channels with a form of their own. `html` is there for a channel that says
    `takes_html = True`, since making it costs.
    """

    message_id: str
    address: str
    recipient_name: str
    language: str
    subject: str
    text: str
    headers: Mapping[str, str]
    created_at: datetime
    items: tuple[Item, ...] = ()
    html: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many messages in so many seconds, to one recipient or through the channel."""

    most: int
    seconds: int
    per: Literal["recipient", "channel"]


class Channel(Protocol):
    """A way to reach people outside the portal.

    `rates` are the limits of the service behind it, all of which hold; () means none.
    """

    name: str

    @property
    def rates(self) -> tuple[Rate, ...]:
        """Usually an attribute of the class."""
        ...

    def address_of(self, person: PersonInfo) -> str | None:
        """The person's address here, or None."""
        ...

    def send(self, message: Outgoing) -> None:
        """Hand the message over; returning means it was taken.

        Raises TemporaryError (worth another try) or PermanentError (never will be).
        """
        ...


class ChannelError(Exception):
    """A message was not taken; the text says why."""


class TemporaryError(ChannelError):
    """The same message may be taken later, not before `retry_after` if that is given.

    `channel_wide`: the fault is the channel's, not the message's (login refused, no connection,
    5xx, a limit of the whole account), so every other message would run into it, too.
    `answered`: the service took a stand on this message; False says that the line broke before it
    did, and whose fault that is will show by whether others fare alike.
    """

    def __init__(
        self,
        text: str,
        *,
        retry_after: timedelta | None = None,
        channel_wide: bool = False,
        answered: bool = True,
    ) -> None:
        super().__init__(text)
        self.retry_after, self.channel_wide = retry_after, channel_wide
        self.answered = answered


class PermanentError(ChannelError):
    """The same message will never be taken. `bounced`: the address itself is bad."""

    def __init__(self, text: str, *, bounced: bool = False) -> None:
        super().__init__(text)
        self.bounced = bounced


class UnknownChannel(ValueError):
    """A channel's name that means nothing."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        super().__init__(f"unknown channel {name!r}; known are {', '.join(known)}")


def where(error: BaseException) -> str:
    """Where an error that no channel should raise was raised, for the log: without its text and
    without its causes, any of which may hold the channel's secrets."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
