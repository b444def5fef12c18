"""What an audit finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditFault:
    """One finding: which chain, which event (by number and id), and what is wrong with it."""

    stream: str
    issue_number: str
    seq: int
    event_id: int | None
    kind: str
    detail: str

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@dataclass(slots=True)
class AuditReport:
    """How much was walked, and every fault found."""

    streams: int
    events: int
    faults: list[AuditFault]

    @property
    def ok(self) -> bool:
        """Whether the history is whole."""
        return not self.faults
