"""How people are reached: what they chose, what is known of the channels, what was held."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.fields import BigIdType, big_id


class ChannelChoice(SQLModel, table=True):
    """A person wants a channel, or does not; without a row the policy's default holds."""

    __tablename__ = "channel_choice"
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    channel: str = Field(primary_key=True, max_length=20)
    wanted: bool


class DutyContact(SQLModel, table=True):
    """Whom a unit names for what reaches nobody else there (值班联系人)."""

    __tablename__ = "duty_contact"
    unit_id: int = Field(primary_key=True, foreign_key="unit.id")
    person_id: int = Field(foreign_key="person.id")


class ChannelState(SQLModel, table=True):
    """A channel's circuit breaker and brake, shared by every process.

    `failures` counts faults of the whole channel in a row. The circuit is open since `opened_at`;
    `pauses` are the waits since then, the present one ends at `paused_until`, and then one message
    goes out as a probe. Until `full_until` the channel's own limit is used up.
    """

    __tablename__ = "channel_state"
    channel: str = Field(primary_key=True, max_length=20)
    failures: int = Field(default=0)
    pauses: int = Field(default=0)
    opened_at: datetime | None = Field(default=None)
    paused_until: datetime | None = Field(default=None)
    full_until: datetime | None = Field(default=None)
    last_error: str = Field(default="", max_length=300)


class ChannelUse(SQLModel, table=True):
    """One try through a channel with limits, kept as long as it counts against one.

    `at` is the end of the lease at first, and the end of the try once that is over.
    """

    __tablename__ = "channel_use"
    __table_args__ = (
        Index("ix_channel_use_recipient", "channel", "recipient_id", "at"),
        Index("ix_channel_use_channel", "channel", "at"),
    )
    id: int | None = big_id()
    channel: str = Field(max_length=20)
    recipient_id: int
    delivery_id: int = Field(sa_type=BigIdType)
    attempt: int
    at: datetime


class Bounce(SQLModel, table=True):
    """An address that a channel's service called bad; not used again until it is cleared.

    Who changes the address is out of it anyway, since the new one has no row.
    """

    __tablename__ = "bounce"
    channel: str = Field(primary_key=True, max_length=20)
    address: str = Field(primary_key=True, max_length=200)
    person_id: int = Field(foreign_key="person.id")
    since: datetime
    reason: str = Field(default="", max_length=300)
    cleared_at: datetime | None = Field(default=None)
    cleared_by_id: int | None = Field(default=None, foreign_key="person.id")


class StormHold(SQLModel, table=True):
    """Messages kept back because one sweep would have sent too many.

    `state`: held -> released | dropped, by a person with a reason.
    """

    __tablename__ = "storm_hold"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    most: int
    state: str = Field(default="held", max_length=10)
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None)
    reason: str = Field(default="", max_length=300)
