"""The portal's own inbox. A notice is delivered here by being written (`outbox.enqueue`)."""

from __future__ import annotations

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate


def address_of(person: PersonInfo) -> str | None:
    """Everybody has an inbox."""
    return person.username


def create(settings: Settings) -> Inapp:
    """The channel; it needs no setting."""
    return Inapp()


class Inapp:
    """Nothing is left to send."""

    name = "inapp"
    rates: tuple[Rate, ...] = ()

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """The recipient has it already."""
