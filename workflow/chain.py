"""The hash chain of events. Pure: the same function writes it and verifies it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from models.converting import dumps

GENESIS = "0" * 64


def canonical(value: Any) -> str:
    """One spelling for a structured value, whatever database kept it."""
    return dumps(value)


@lru_cache(maxsize=1024)
def instant(moment: datetime) -> str:
    """A moment in UTC with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def event_hash(event: dict[str, Any], data: str | None = None) -> str:
    """SHA-256 over an event's facts and the hash of the event before it.

    The facts are hashed as `canonical` spells them in a list. `data`: the event's own data so
    spelled, where that is at hand.
    """
    task_id, actor_id = event["task_id"], event["actor_id"]
    text = (
        f"[{encode_basestring(event['stream'])},{event['seq']},{encode_basestring(event['tag'])},"
        f"{'null' if task_id is None else task_id},{'null' if actor_id is None else actor_id},"
        f'"{instant(event["at"])}","{instant(event["logical_at"])}",'
        f"{dumps(event['data']) if data is None else data},{encode_basestring(event['prev_hash'])}]"
    )
    return sha256(text.encode()).hexdigest()
