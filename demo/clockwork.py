"""The simulated clock: sweeps at every moment something is due, messages in their windows.

It does what a worker does all day, without waiting. During an outage it does nothing; what came
due meanwhile is found by the first sweep afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from models import tables
from models.db import Database
from models.directory import PersonInfo
from notifications.channels.base import Channel
from notifications.channels.folder import Folder
from projects.clock import JOBS
from workflow.context import find_actor
from workflow.daily import day_begins, failed, run_due
from workflow.due import next_due
from workflow.scheduler import deliver
from workflow.sweep import tick

CHANNELS = ("inapp", "folder")
WORKER = "demo"


def clear_folder(notices: Path) -> None:
    """Remove the messages of an earlier demonstration, and nothing else."""
    for message in notices.glob("xiaohao.*.eml"):
        message.unlink()


@dataclass(slots=True)
class Clockwork:
    """A database under a simulated clock. `outages` are spans in which no worker ran."""

    db: Database
    notices: Path
    outages: tuple[tuple[datetime, datetime], ...] = ()
    sweeps: int = 0
    messages: int = 0
    channels: dict[str, Channel] = field(init=False)
    _next_day: datetime | None = None

    def __post_init__(self) -> None:
        self.db.given["channels"] = CHANNELS
        self.channels = {"folder": Folder(self.notices, "xiaohao@demo.example")}

    def run_until(self, now: datetime) -> None:
        """Sweep and deliver at every due moment up to and including `now`; jobs once a day."""
        while (at := self._next()) is not None and at <= now:
            moment = self._awake(at)
            if moment > now:
                return
            self._day(moment)
            self._sweep(moment)
            self._deliver(moment)
            if (after := self._next()) is not None and after <= at:
                raise RuntimeError(f"the clock stands still at {at.isoformat()}")

    def do(
        self, command: Callable[..., Any], username: str, now: datetime, /, **arguments: Any
    ) -> Any:
        """Run one command as somebody, in a transaction of its own."""
        with self.db.write() as s:
            return command(s, actor=find_actor(s, username), now=now, **arguments)

    def person(self, username: str) -> PersonInfo:
        """An active person by username."""
        with self.db.read() as s:
            return find_actor(s, username)

    def _next(self) -> datetime | None:
        notice = tables.notice.c
        with self.db.read() as s:
            waiting = s.execute(
                select(func.min(notice.not_before)).where(notice.state == "pending")
            ).scalar()
            moments = (next_due(s), waiting, self._next_day)
            return min((at for at in moments if at is not None), default=None)

    def _awake(self, at: datetime) -> datetime:
        return next((end for start, end in self.outages if start <= at < end), at)

    def _day(self, now: datetime) -> None:
        """The jobs of the day, when its beginning has come."""
        if self._next_day is not None and now < self._next_day:
            return
        run_due(self.db, now, JOBS)
        if broken := failed(self.db):
            raise RuntimeError(f"daily jobs failed: {', '.join(broken)}; the log says why")
        with self.db.read() as s:
            began = day_begins(s, now)
            self._next_day = began if now < began else day_begins(s, began + timedelta(days=1))

    def _sweep(self, now: datetime) -> None:
        report = tick(self.db, now, channels=CHANNELS)
        if report.deferred:
            raise RuntimeError(f"the sweep put off {', '.join(report.deferred)}")
        self.sweeps += not report.idle

    def _deliver(self, now: datetime) -> None:
        done = deliver(self.db, self.channels, now, WORKER)
        if done.failed or done.retried:
            raise RuntimeError(f"{done.failed + done.retried} messages could not be written")
        self.messages += done.sent
