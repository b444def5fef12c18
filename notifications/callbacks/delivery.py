"""Sending: lease, sign and post outside any transaction, mark. At least once, in order.

2xx is taken. A redirect and most 4xx are final: asking again would not help. 408, 425, 429, 5xx
and no answer are tried again, later and later, as long as the settings allow.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from config.settings import Settings, settings
from models.db import Database, Session
from notifications.callbacks.leasing import (
    Leased,
    lease,
    mark_failed,
    mark_sent,
    mark_temporary,
    spare,
)
from notifications.callbacks.secret_names import SecretMissing, find_secret
from notifications.delivery import DrainReport
from notifications.http.addresses import AddressRefused, Unresolved, networks, resolve
from notifications.http.limit import Limit
from notifications.http.post import Answer, NotReached, post
from notifications.http.signing import HEADER, signature
from notifications.http.waiting import wish

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_LATER = {408, 425, 429}
_BUSY = {429, 503}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a try ended. `all_wait`: the platform itself is in trouble, not only this news."""

    leased: Leased
    result: Literal["sent", "temporary", "failed"]
    reason: str = ""
    wait: timedelta | None = None
    all_wait: bool = False


def drain(
    db: Database,
    now: Callable[[], datetime] | datetime,
    worker: str,
    limit: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    *,
    config: Settings | None = None,
) -> DrainReport:
    """Send what is due, at most `limit` call-backs, until nothing is or `stop()` says so.

    Marks one try and leases the next in one transaction. Nothing that a platform does ends the
    loop.
    """
    clock = now if callable(now) else lambda: now
    found = config or settings()
    seconds = max(float(found.lease_seconds), 3 * found.callback_timeout)
    counts: Counter[str] = Counter()
    outcome: _Outcome | None = None
    while True:
        with db.write() as s:
            if outcome is not None:
                counts[_mark(s, outcome, clock(), found.callback_attempts)] += 1
            over = counts.total() == limit or stop()
            leased = None if over else lease(s, worker, clock(), seconds)
        if leased is None:
            return DrainReport(**counts)
        outcome = _attempt(leased, clock(), found)


def _attempt(leased: Leased, now: datetime, config: Settings) -> _Outcome:
    if leased.attempts > config.callback_attempts:  # workers died over it
        return _Outcome(leased, "failed", "attempts-exhausted")
    if not leased.active or not leased.url:
        return _Outcome(leased, "failed", "source-inactive")
    try:
        return _judge(leased, _send(leased, now, config), now)
    except AddressRefused as error:
        return _Outcome(leased, "failed", str(error))
    except (SecretMissing, Unresolved, NotReached) as error:
        return _Outcome(leased, "temporary", str(error), all_wait=True)
    except Exception as error:  # a fault of ours over one must not stop the others
        log.exception("call-back raised", extra={"action": "callback.fault", "id": leased.id})
        return _Outcome(leased, "temporary", f"{type(error).__name__}: {error}")


def _send(leased: Leased, now: datetime, config: Settings) -> Answer:
    secret = find_secret(leased.secret_name, config.secrets_dir)
    limit = Limit(config.callback_timeout)
    target = resolve(leased.url, networks(config.callback_networks), limit)
    text = json.dumps(leased.body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    body = text.encode()
    headers = {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "xiaohao",
        "Connection": "close",
        HEADER: signature(secret, body, now),
    }
    return post(target, body, headers, limit)


def _judge(leased: Leased, answer: Answer, now: datetime) -> _Outcome:
    status, said = answer.status, f"http-{answer.status}"
    if 200 <= status < 300:
        return _Outcome(leased, "sent")
    if 300 <= status < 400:
        return _Outcome(leased, "failed", f"{said}: redirect-refused")
    if 400 <= status < 500 and status not in _LATER:
        return _Outcome(leased, "failed", said)
    wait = wish(answer.retry_after, now)
    return _Outcome(leased, "temporary", said, wait, status in _BUSY)


def _mark(s: Session, outcome: _Outcome, now: datetime, most: int) -> str:
    leased, reason = outcome.leased, outcome.reason
    if outcome.result == "temporary":
        result = mark_temporary(s, leased, now, reason, most, outcome.wait)
        if outcome.all_wait:
            spare(s, leased, now, outcome.wait)
    elif outcome.result == "failed":
        result = "failed" if mark_failed(s, leased, reason) else "lost"
    else:
        result = "sent" if mark_sent(s, leased, now) else "lost"
    extra = {"action": f"callback.{result}", "callback": leased.id, "attempts": leased.attempts}
    log.info("call-back %s: %s", leased.event_id, result, extra=extra | {"reason": reason})
    return result
