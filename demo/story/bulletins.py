"""情况通报: a frozen month is told to everybody, corrected once; the next waits for signature."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, YEAR, Script
from models.db import Session
from models.directory import PersonInfo
from projects import snapshots
from projects.bulletins import commands

STARTS = (
    TITLE_MARK + "本月开工项目{本月开工项目}个，竣工项目{本月竣工项目}个。截至月末，本年新建项目"
    "开工率{开工率}，项目竣工率{竣工率}。"
)


def write(script: Script) -> None:
    """Book April's bulletin, its correction, and the draft of May's."""
    script.book(script.at("05-19", "16:10"), _months_before)
    script.book(script.at("05-20", "09:30"), lambda clock, now: _issued(clock, now, "04"))
    script.book(script.at("05-22", "15:30"), _corrected)
    script.book(script.at("06-18", "10:10"), _waiting)


def freeze(s: Session, *, actor: PersonInfo, now: datetime, month: str, reason: str = "") -> None:
    """The chief freezes a month, unless the clock has done so already."""
    if not snapshots.latest_edition(s, month) or reason:
        snapshots.freeze(s, month, actor, now, reason)


def _handed_in(clock: Clockwork, now: datetime, month: str) -> int:
    name = f"{YEAR}-{month}"
    clock.do(freeze, "chief", now, month=name)
    key = int(clock.do(commands.draft, "triage", now, month=name))
    clock.do(commands.edit, "triage", now, bulletin=key, words={"starts": STARTS})
    clock.do(commands.check, "triage", now, bulletin=key)
    return key


def _months_before(clock: Clockwork, now: datetime) -> None:
    """Frozen late, and still as they were at their ends: the trend has somewhere to begin."""
    for month in ("02", "03"):
        clock.do(freeze, "chief", now, month=f"{YEAR}-{month}")


def _issued(clock: Clockwork, now: datetime, month: str) -> None:
    key = _handed_in(clock, now, month)
    clock.do(commands.sign, "director", now, bulletin=key)
    clock.do(commands.issue, "triage", now, bulletin=key)


def _waiting(clock: Clockwork, now: datetime) -> None:
    _handed_in(clock, now, "05")


def _corrected(clock: Clockwork, now: datetime) -> None:
    month = f"{YEAR}-04"
    clock.do(freeze, "chief", now, month=month, reason="补录漏报的列统投资")
    first: dict[str, Any] = {"bulletin": 1, "reason": "原通报漏计列统投资"}
    key = clock.do(commands.correct, "chief", now, **first)
    clock.do(commands.check, "chief", now, bulletin=key)
    clock.do(commands.sign, "director", now, bulletin=key)
    clock.do(commands.issue, "chief", now, bulletin=key)
