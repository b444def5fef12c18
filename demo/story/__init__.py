"""Half a year of a made-up ledger, told in parts; `write` books all of them.

Every sentence is invented. Project names are those of the source documents, so that the ledger
looks as it would; the obstacles said to have stood in their way never did.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from demo.script import YEAR, Script
from demo.story import (
    assignment,
    bulletins,
    calendar_days,
    closure,
    demands,
    discovery,
    inspections,
    ladder,
    last_year,
    library,
    lookbacks,
    meetings,
    milestones,
    ordinary,
    parking,
    present,
    rulings,
    supporting,
    targets,
)

ZONE = "Asia/Shanghai"
LAST_DAY = "06-30"


def write(script: Script) -> None:
    """Book the whole half-year."""
    for part in (
        ordinary,
        discovery,
        assignment,
        supporting,
        rulings,
        parking,
        ladder,
        closure,
        lookbacks,
        meetings,
        calendar_days,
        library,
        last_year,
        targets,
        milestones,
        bulletins,
        present,
        demands,
        inspections,
    ):
        part.write(script)


def opening() -> datetime:
    """When the zone is set up: the last day before the first report."""
    return datetime(YEAR, 1, 4, 9, tzinfo=ZoneInfo(ZONE))


def ending(script: Script) -> datetime:
    """The evening on which the half-year ends."""
    return script.at(LAST_DAY, "18:00")


def outages(script: Script) -> tuple[tuple[datetime, datetime], ...]:
    """The days on which no worker ran: what came due meanwhile is found afterwards."""
    return ((script.at("04-07", "18:00"), script.at("04-14", "10:00")),)
