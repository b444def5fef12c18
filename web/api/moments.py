"""Moments as the API says them."""

from __future__ import annotations

from datetime import date, datetime

from web.call import Call


def local(call: Call, moment: datetime | date | None) -> str | None:
    """A moment in the policy's zone with its offset, a date as it is."""
    if moment is None:
        return None
    return stamp(call, moment) if isinstance(moment, datetime) else moment.isoformat()


def stamp(call: Call, moment: datetime) -> str:
    """The same for a moment that is always there."""
    return moment.astimezone(call.zone).isoformat(timespec="minutes")
