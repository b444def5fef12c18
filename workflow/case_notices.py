"""What was told to whom about an issue, and whether it has arrived."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import func, select

from models import tables
from models.statements import PerDialect, among
from workflow.case_reader import Data, Reader
from workflow.timeline_words import value_word
from workflow.wording import kind_name

NEWEST = 200
"""How many notices a case file holds; `notice_count` says how many there are."""

_N = tables.notice.c
TOLD = (
    _N.id, _N.task_id, _N.kind, _N.recipient_id, _N.channel, _N.state, _N.created_at, _N.sent_at,
    _N.read_at,
)  # fmt: skip
"""What is read of a notice to be told: not its facts, which are its bulk."""
_NEWEST = PerDialect(
    lambda dialect: (
        select(*TOLD).where(among(_N.subject, dialect)).order_by(_N.id.desc()).limit(NEWEST)
    )
)
_COUNT = PerDialect(
    lambda dialect: (
        select(func.count()).select_from(tables.notice).where(among(_N.subject, dialect))
    )
)


def notices(r: Reader) -> list[Data]:
    """Notices of the issue and its tasks, newest first, at most `NEWEST`."""
    numbers = {task.id: task.number for task in r.tasks}
    return [_notice(r, row, numbers) for row in _newest(r)]


def notice_count(r: Reader) -> int:
    """How many notices there are in all, one per person and channel."""
    found = len(_newest(r))
    return found if found < NEWEST else int(_COUNT.of(r.s).raw(r.s, _subjects(r))[0][0])


def _newest(r: Reader) -> list[Any]:
    if "notice" not in r.kept:
        r.kept["notice"] = {r.issue.id: _NEWEST.of(r.s).rows(r.s, _subjects(r))}
    return r.kept["notice"][r.issue.id]


def _subjects(r: Reader) -> dict[str, str]:
    # by subject, because that is what the table's index begins with
    return {"keys": json.dumps([f"issue:{r.issue.id}", *(f"task:{t.id}" for t in r.tasks)])}


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
