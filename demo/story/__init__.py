"""Half a year of a made-up ledger, told in parts; `write` books all of them.

Every sentence is invented. Project names are those of the source documents, so that the ledger
looks as it would; the obstacles said to have stood in their way never did.
"""

from __future__ import annotations

from datetime import datetime

from demo.script import Script
from demo.story import (
    assignment,
    calendar_days,
    closure,
    discovery,
    ladder,
    lookbacks,
    ordinary,
    parking,
    present,
    rulings,
    supporting,
)

FIRST_DAY, LAST_DAY = "01-05", "06-30"


def write(script: Script) -> None:
    """Book the whole half-year."""
    for part in (
        ordinary, discovery, assignment, supporting, rulings, parking, ladder, closure,
        lookbacks, calendar_days, present,
    ):  # fmt: skip
        part.write(script)


def opening(script: Script) -> datetime:
    """When the zone is set up, before the first report."""
    return script.at("01-04", "09:00")


def ending(script: Script) -> datetime:
    """The evening on which the half-year ends."""
    return script.at(LAST_DAY, "18:00")


def outages(script: Script) -> tuple[tuple[datetime, datetime], ...]:
    """The days on which no worker ran: what came due meanwhile is found afterwards."""
    return ((script.at("04-07", "18:00"), script.at("04-14", "10:00")),)
