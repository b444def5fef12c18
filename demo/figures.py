"""What the demonstration came to, counted from the ledger itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from demo.cards import Card
from demo.people import Account
from models import tables
from models.db import Database, Session
from workflow import audit, balance, watchdog
from workflow.audit_report import AuditReport
from workflow.balance import Balance
from workflow.context import context
from workflow.watchdog import Finding

PHASES = ("discovery", "breakdown", "assignment", "supervision", "closure")


@dataclass(frozen=True, slots=True)
class Share:
    """A rate that shows how many it is made of."""

    hits: int = 0
    of: int = 0

    @property
    def whole(self) -> bool:
        """Whether all were hits."""
        return self.hits == self.of

    def __str__(self) -> str:
        return f"{self.hits} / {self.of}" + (f" = {self.hits / self.of:.1%}" if self.of else "")


@dataclass(slots=True)
class Summary:
    """Everything that is printed, and whether the demonstration may be believed.

    `phases` counts issues by (phase, light), `rungs` by (level, kind of notice, outcome),
    `notices` one per person told. `replayed` is None when no public ledger was replayed.
    """

    url: str
    notices_folder: str
    accounts: list[Account] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    cards_file: str = ""
    issues: int = 0
    phases: Counter[tuple[str, str]] = field(default_factory=Counter)
    on_time: Share = Share()
    rungs: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    balance: Balance = field(default_factory=Balance)
    audit: AuditReport = field(default_factory=lambda: AuditReport(0, 0, []))
    findings: list[Finding] = field(default_factory=list)
    covered: Share = Share()
    missing: list[str] = field(default_factory=list)
    annexes: Share = Share()
    replayed: Share | None = None
    disagreements: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether coverage, balance, audit, watchdog, annexes and replay all hold."""
        return (
            not self.missing and self.balance.balanced and self.audit.ok and not self.findings
            and self.annexes.whole and (self.replayed is None or self.replayed.whole)
        )  # fmt: skip

    @property
    def exit_code(self) -> int:
        """0 when all holds, 1 otherwise."""
        return 0 if self.ok else 1

    def to_json(self) -> dict[str, Any]:
        """As plain data, with the verdict."""
        return {
            "ok": self.ok, "url": self.url, "notices_folder": self.notices_folder,
            "accounts": [asdict(account) for account in self.accounts], "issues": self.issues,
            "sign_in": [asdict(card) for card in self.cards], "sign_in_file": self.cards_file,
            "phases": [[*key, n] for key, n in sorted(self.phases.items())],
            "on_time": asdict(self.on_time),
            "rungs": [[*key, n] for key, n in sorted(self.rungs.items())],
            "notices": dict(sorted(self.notices.items())), "messages": self.messages,
            "balance": [row.to_json() for row in self.balance.rows],
            "audit": {"events": self.audit.events,
                      "faults": [fault.to_json() for fault in self.audit.faults]},
            "findings": [finding.to_json() for finding in self.findings],
            "covered": asdict(self.covered), "missing": self.missing,
            "annexes": asdict(self.annexes),
            "replayed": asdict(self.replayed) if self.replayed else None,
            "disagreements": self.disagreements, "seconds": round(self.seconds, 1),
        }  # fmt: skip


def count(summary: Summary, db: Database, now: datetime) -> None:
    """Fill in everything that is counted from the ledger, as of `now`."""
    with db.read() as s:
        summary.phases, summary.issues = _phases(s)
        summary.on_time = on_time(s, now)
        summary.rungs, summary.notices = _rungs(s), _notices(s)
        summary.balance, summary.audit = balance.reconcile(s), audit.verify(s)
    summary.findings = watchdog.examine(db, now)


def _phases(s: Session) -> tuple[Counter[tuple[str, str]], int]:
    issue, states = tables.issue.c, context(s).workflow().issue.states
    found: Counter[tuple[str, str]] = Counter()
    chosen = select(issue.state, issue.light, func.count().label("n"))
    for row in s.execute(chosen.group_by(issue.state, issue.light)):
        found[states[row.state].phase, row.light] += row.n
    return found, found.total()


def on_time(s: Session, now: datetime) -> Share:
    """按时办结率: tasks submitted by their deadline, of those submitted or past it.

    Parked and withdrawn tasks are left out; what is still running and overdue counts against.
    """
    task = tables.task.c
    rows = s.execute(
        select(task.submitted_at, task.due_at).where(
            task.dispatched_at.is_not(None), task.state != "withdrawn", task.paused_at.is_(None)
        )
    )
    known = [r for r in rows if r.due_at is not None and (r.submitted_at or r.due_at < now)]
    hits = sum(1 for r in known if r.submitted_at is not None and r.submitted_at <= r.due_at)
    return Share(hits, len(known))


def _rungs(s: Session) -> Counter[tuple[int, str, str]]:
    """Rungs by level; a kind stands for its rungs (both reminders are level 1)."""
    firing = tables.rung_firing.c
    kinds = {rung.key: rung.kind for rung in context(s).policy().ladder}
    found: Counter[tuple[int, str, str]] = Counter()
    chosen = select(firing.level, firing.rung, firing.outcome, func.count().label("n"))
    for row in s.execute(
        chosen.where(firing.level.is_not(None)).group_by(firing.level, firing.rung, firing.outcome)
    ):
        found[row.level, kinds[row.rung], row.outcome] += row.n
    return found


def _notices(s: Session) -> Counter[str]:
    notice = tables.notice.c
    chosen = select(notice.kind, func.count().label("n")).where(notice.channel == "inapp")
    return Counter({row.kind: row.n for row in s.execute(chosen.group_by(notice.kind))})
