"""What the model remembers of issues and tasks, and the refusals that it foretells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


class Refused(Exception):
    """The command must be refused with this code, and leave no trace."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass
class Request:
    """A request that waits for its ruling."""

    kind: str
    by: str
    new_due: datetime | None = None
    review_on: date | None = None
    changes: dict[str, Any] = field(default_factory=dict)


Light = tuple[str, str]
WaitKey = tuple[str, str, str]
"""Of what (an issue or a task), which step, and which of several."""


@dataclass
class Wait:
    """A step that is waited for until `due`; `resting` since its clock stands still."""

    due: datetime
    resting: datetime | None = None
    told: set[int] = field(default_factory=set)


@dataclass
class Deadline:
    """One version of a deadline: when, and what it was counted from."""

    due: datetime
    cause: str
    start: datetime


@dataclass
class Task:
    """A task. `limit` is (unit, n); a `fixed` date wins over it."""

    number: str
    lead: str
    verifier: str
    limit: tuple[str, int | None]
    fixed: datetime | None
    urgent: bool
    co: dict[str, str] = field(default_factory=dict)
    state: str = "pending_ack"
    dispatched: datetime | None = None
    due: datetime | None = None
    since: datetime | None = None
    deadlines: list[Deadline] = field(default_factory=list)
    original_due: datetime | None = None
    level: int = 0
    climbed: set[str] = field(default_factory=set)
    red: int = 0
    yellow: int = 0
    paused: datetime | None = None
    frozen: bool = False
    rungs: dict[tuple[int, str], tuple[str, datetime]] = field(default_factory=dict)
    prepared: dict[tuple[int, str], str] = field(default_factory=dict)
    open: dict[str, Request] = field(default_factory=dict)
    extensions: int = 0
    extended: int = 0
    return_refused: bool = False
    leader: str | None = None
    handler: str | None = None
    submitted_by: str | None = None
    verified_by: str | None = None
    evidence: list[tuple[int, str]] = field(default_factory=list)
    waivers: list[tuple[int, str]] = field(default_factory=list)
    handed_in: datetime | None = None
    last_word: datetime | None = None
    sent_back: int = 0
    light: Light = ("green", "planned")

    @property
    def version(self) -> int:
        """Number of the present deadline."""
        return len(self.deadlines)

    @property
    def running(self) -> bool:
        """Whether the ladder may climb: handed over and not handed in."""
        return self.dispatched is not None and self.state in ("pending_ack", "in_progress")


@dataclass
class Issue:
    """An issue with its tasks and everything that was told about them."""

    number: str
    category: str
    reporter: str
    reporter_unit: str
    board: str | None
    urgent: bool
    major: bool
    state: str = "draft"
    tasks: list[Task] = field(default_factory=list)
    dispatched: bool = False
    listed: bool = False
    proposer: str | None = None
    approver: str | None = None
    cycle: int = 1
    closures: int = 0
    relapses: int = 0
    reports: int = 0
    findings: list[str] = field(default_factory=list)
    told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    waits: dict[WaitKey, Wait] = field(default_factory=dict)
    reminders: Counter[tuple[str, str, int, datetime, str]] = field(default_factory=Counter)
    light: Light = ("green", "on_course")

    @property
    def live(self) -> list[Task]:
        """Tasks that were not withdrawn."""
        return [t for t in self.tasks if t.state != "withdrawn"]

    @property
    def weighty(self) -> bool:
        """Whether only the deputy director may close it."""
        return self.major or self.listed

    def task(self, number: str) -> Task:
        """A task by its number."""
        return next(t for t in self.tasks if t.number == number)
