"""What every channel takes and how it says that it could not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.directory import PersonInfo
from notifications.items import Item


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One rendered message to one person.

    `message_id` (`<...@...>`) and `created_at` are the same on every try. `items` are the notices
    inside, for channels with a form of their own.
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


class Channel(Protocol):
    """A way to reach people outside the portal."""

    name: str

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
    """The same message may be taken later."""


class PermanentError(ChannelError):
    """The same message will never be taken."""


class UnknownChannel(ValueError):
    """A channel's name that means nothing."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        super().__init__(f"unknown channel {name!r}; known are {', '.join(known)}")
