"""What the platform that handed an issue in hears of it: changes of state, deadlines, the result.

Nobody's name leaves the house: the news holds the platform's own ids, states, dates, the result
and, where a report was not taken up, the reason that its reporter is told as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any

from config.settings import settings
from models.db import Session
from notifications.callbacks.queue import News, enqueue, listener

if TYPE_CHECKING:
    from workflow.transition import Work

_ANSWERS = ("issue.send_back", "issue.reject", "issue.merge")
"""Events whose reason is an answer to whoever reported."""


def tell_sources(s: Session, works: list[Work]) -> None:
    """Queue the news of these works. Issues that no platform handed in cost no statement."""
    for w in works:
        if w.issue.source_id is None or not w.events:
            continue
        news = list(news_of(w))
        source_id = _listener(s, w.issue.source_system) if news else None
        if source_id is not None:
            enqueue(s, source_id, news, w.now, settings().base_url)


def _listener(s: Session, code: str) -> int | None:
    """Looked up once in a transaction, which may hold a whole ledger's import."""
    known: dict[str, int | None] = s.memo.setdefault("listeners", {})
    if code not in known:
        known[code] = listener(s, code)
    return known[code]


def news_of(w: Work) -> Iterator[News]:
    """One piece for every change of the issue's state, else one for new deadlines, if any."""
    moved = [e for e in w.events if _moves_issue(e)]
    for event in moved:
        yield _news(w, "state_changed", event, event["data"]["to"])
    if w.deadlines and not moved:
        yield _news(w, "deadline_set", w.events[-1], w.issue.state)


def _moves_issue(event: dict[str, Any]) -> bool:
    data = event["data"]
    return event["task_id"] is None and "to" in data and data.get("from") != data["to"]


def _news(w: Work, kind: str, event: dict[str, Any], state: str) -> News:
    return News(kind, w.issue.id, w.issue.number, event["seq"], event["at"], _data(w, event, state))


def _data(w: Work, event: dict[str, Any], state: str) -> dict[str, Any]:
    issue = w.issue
    known = w.ctx.workflow(issue.workflow_version_id).issue.states[state]
    data: dict[str, Any] = {
        "source_system": issue.source_system,
        "source_id": issue.source_id,
        "number": issue.number,
        "state": state,
        "state_name": known.zh,
        "phase": known.phase,
        "due_at": _due_at(w),
    }
    if state == "closed":
        data["result"] = "\n".join(t.result for t in w.tasks if t.state == "verified" and t.result)
    if event["tag"] in _ANSWERS:
        data["reason"] = event["data"].get("reason", "")
    return data


def _due_at(w: Work) -> str | None:
    """The latest deadline of the tasks that are given out: then the whole issue is to be done."""
    dates = [
        t.due_at
        for t in w.tasks
        if t.dispatched_at is not None and t.due_at is not None and t.state != "withdrawn"
    ]
    return max(dates).astimezone(UTC).isoformat().replace("+00:00", "Z") if dates else None
