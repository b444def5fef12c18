"""What "open", "running" and "overdue" mean, said once for lists, counts and indexes.

The conditions are literal texts: partial indexes are used only where a query repeats their words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, literal, or_

ENDED = ("closed", "rejected", "merged")
"""States of an issue that is no longer open."""
COUNTED = ("issue.approve", "issue.relapse")
"""Tags of events under a partial index: what trends and the closed lists look for."""
RUNNING = ("pending_ack", "in_progress")
"""States of a task whose deadline counts: what is handed in waits for others."""
HANDED_IN = ("submitted", "verified")
DONE = ("verified", "withdrawn")
"""States of a task that nobody works on any more."""


def literally(column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[bool]:
    """`column IN ('a', 'b')` with the values in the text, as an index repeats it."""
    chosen: ColumnElement[bool] = column.in_([literal(v, literal_execute=True) for v in values])
    return chosen


def is_open(issue: Any) -> ColumnElement[bool]:
    """The issue is neither closed nor rejected nor merged. Takes the columns of `issue`."""
    ended = [literal(value, literal_execute=True) for value in ENDED]
    found: ColumnElement[bool] = issue.state.not_in(ended)
    return found


def is_running(task: Any) -> ColumnElement[bool]:
    """The task is handed over and neither handed in, verified nor withdrawn."""
    return and_(literally(task.state, RUNNING), task.dispatched_at.is_not(None))


def is_overdue(task: Any, now: datetime) -> ColumnElement[bool]:
    """A running task whose deadline has passed; parked tasks have their clock at rest."""
    return and_(is_running(task), task.due_at < now, task.paused_at.is_(None))


def was_overdue(task: Any, at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Two conditions, one of which a task meets that was past its deadline at `at`.

    They go by the dates that the ledger has now. The deadline lies before `at`, and the task
    either still runs (and was not parked by then) or was handed in at `at` or later. An extension
    that moved the deadline afterwards counts as if it had held all along, as does a return to
    work; withdrawn tasks are not counted. At the present moment this says what `is_overdue` says.
    """
    still, late = may_have_been_overdue(task, at, at)
    return and_(still, or_(task.paused_at.is_(None), task.paused_at >= at)), late


def may_have_been_overdue(
    task: Any, since: datetime, until: datetime
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Two conditions, one of which a task meets that was overdue at some time of a span: those
    that still run, and those handed in after their deadline."""
    late = and_(
        literally(task.state, HANDED_IN),
        task.submitted_at > task.due_at,  # in these words the partial index is found
        task.submitted_at >= since,
    )
    return and_(is_running(task), task.due_at < until), and_(late, task.due_at < until)


def tagged(event: Any, *tags: str) -> ColumnElement[bool]:
    """Events with one of these tags out of `COUNTED`, in the words of their index."""
    return and_(literally(event.tag, COUNTED), event.tag.in_(tags))


def issue_of_stream(event: Any) -> ColumnElement[int]:
    """The issue's id in the name of an event's stream (`issue:ID`)."""
    return cast(func.substr(event.stream, 7), BigInteger)
