"""What was told to whom about an issue, and whether it has arrived."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from models import tables
from workflow.case_reader import Data, Reader
from workflow.timeline_words import value_word
from workflow.wording import kind_name

NEWEST = 200
"""How many notices a case file holds; `notice_count` says how many there are."""

_N = tables.notice.c


def notices(r: Reader) -> list[Data]:
    """Notices of the issue and its tasks, newest first, at most `NEWEST`."""
    numbers = {task.id: task.number for task in r.tasks}
    chosen = select(tables.notice).where(_of(r)).order_by(_N.id.desc()).limit(NEWEST)
    return [_notice(r, row, numbers) for row in r.s.execute(chosen)]


def notice_count(r: Reader) -> int:
    """How many notices there are in all, one per person and channel."""
    counted = select(func.count()).select_from(tables.notice).where(_of(r))
    return int(r.s.execute(counted).scalar_one())


def _of(r: Reader) -> ColumnElement[bool]:
    # by subject, because that is what the table's index begins with
    return _N.subject.in_([f"issue:{r.issue.id}", *(f"task:{task.id}" for task in r.tasks)])


def _notice(r: Reader, row: Any, numbers: dict[int, str]) -> Data:
    person = r.ctx.directory.people.get(row.recipient_id)
    return {
        "kind": row.kind,
        "kind_name": kind_name(row.kind),
        "recipient": r.person(row.recipient_id),
        "unit": r.unit(person.unit_id) if person is not None else "",
        "channel": row.channel,
        "channel_name": value_word("channel", row.channel),
        "state": row.state,
        "state_name": value_word("notice", row.state),
        "created_at": r.local(row.created_at),
        "sent_at": r.local(row.sent_at),
        "read_at": r.local(row.read_at),
        "task": numbers.get(row.task_id),
    }
