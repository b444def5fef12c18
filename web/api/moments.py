"""Moments as the API says them."""

from __future__ import annotations

from datetime import date, datetime

from web.call import Call


def local(call: Call, moment: datetime | date | None) -> str | None:
    """A moment in the policy's zone with its offset, a date as it is."""
    if isinstance(moment, datetime):
        return moment.astimezone(call.zone).isoformat(timespec="minutes")
    return moment.isoformat() if moment is not None else None


def stamp(call: Call, moment: datetime) -> str:
    """The same for a moment that is always there."""
    return moment.astimezone(call.zone).isoformat(timespec="minutes")
