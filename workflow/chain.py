"""The hash chain of events. Pure: the same function writes it and verifies it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Any) -> str:
    """One spelling for a structured value, whatever database kept it."""
    return _encode(value)


def instant(moment: datetime) -> str:
    """A moment in UTC with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def event_hash(event: dict[str, Any]) -> str:
    """SHA-256 over an event's facts and the hash of the event before it."""
    at, logical_at = event["at"], event["logical_at"]
    recorded = instant(at)
    text = canonical(
        [
            event["stream"],
            event["seq"],
            event["tag"],
            event["task_id"],
            event["actor_id"],
            recorded,
            recorded if logical_at is at else instant(logical_at),
            event["data"],
            event["prev_hash"],
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()
