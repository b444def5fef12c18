"""What a page of the ledger will ask one thing after the other, asked at once.

On PostgreSQL each question costs two processes a wake-up. A process remembers which issues a
question had when it was last asked. The next time it reads their lines together with what names
the ledger (`models.queries.ledger_token`), the stored versions and the person's projects. Nothing
is taken for granted by that: what the page holds is found as ever, in the same snapshot, and lines
that it does not hold are thrown away. While the ledger stands still there is nothing more to ask.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from functools import partial
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, select

from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.gathered import Gathered
from models.queries.ledger_rows import TOLD_OF_ISSUES, TOLD_OF_TASKS, LedgerRow, put_together
from models.queries.ledger_token import SEEN, Seen, snapshot_token
from models.queries.scope import know_commissioned
from models.queries.weight import weigh
from models.statements import Statement, among

MOST_QUESTIONS, MOST_LINES, LONGEST = 1024, 100, 8192
"""So many questions are remembered of one database, of pages with at most so many lines; a
question weighs at most so many bytes."""
_I, _T, _P = tables.issue.c, tables.task.c, tables.project.c
_ISSUES = Gathered("issues", (*TOLD_OF_ISSUES, _P.name.label("project_name")))
_TASKS = Gathered("tasks", TOLD_OF_TASKS)
_PROJECTS = Gathered("projects", (_P.id,))
_LINES = "foreseen lines"


class Remembered:
    """Issues by question; the one not asked for longest goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[int, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, question: Hashable) -> tuple[int, ...]:
        """What it had when it was last asked; nothing, if it was not."""
        with self._lock:
            found = self._kept.get(question, ())
            if found:
                self._kept.move_to_end(question)
            return found

    def put(self, question: Hashable, ids: Sequence[int]) -> None:
        """Remember what a question has, unless that is much, or the question is long itself."""
        worth = 0 < len(ids) <= MOST_LINES and weigh(question) <= LONGEST
        with self._lock:
            self._kept.pop(question, None)
            if worth:
                self._kept[question] = tuple(ids)
            while len(self._kept) > MOST_QUESTIONS:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)


_REMEMBERED: WeakKeyDictionary[Engine, Remembered] = WeakKeyDictionary()
_LOCK = threading.Lock()


def remembered(engine: Engine) -> Remembered:
    """What this process remembers of a database."""
    with _LOCK:
        return _REMEMBERED.setdefault(engine, Remembered())


def forget(engine: Engine) -> None:
    """Foresee nothing of a database."""
    with _LOCK:
        _REMEMBERED.pop(engine, None)


def look_ahead(s: Session, actor: PersonInfo, question: Hashable) -> None:
    """Ask at once what a page will want to know, where that saves anything."""
    if s.dialect != "postgresql" or not s.reading or "ledger_token" in s.memo:
        return
    ids = remembered(s.conn.engine).of(question)
    s.memo["ledger_token"] = snapshot_token(s, partial(_look, s, actor, ids))


def note(s: Session, question: Hashable, ids: Sequence[int]) -> None:
    """Remember what a question has, for who asks it next."""
    if s.dialect == "postgresql":
        remembered(s.conn.engine).put(question, ids)


def lines_of(s: Session, ids: list[int]) -> list[LedgerRow] | None:
    """The lines of a page, if they were foreseen."""
    known: tuple[tuple[int, ...], list[LedgerRow]] | None = s.memo.pop(_LINES, None)
    return known[1] if known is not None and known[0] == tuple(ids) else None


def _look(s: Session, actor: PersonInfo, ids: tuple[int, ...], base: int) -> Seen:
    values = {"base": base, "keys": json.dumps(ids), "person": actor.id}
    row = _AT_ONCE.all(s, values)[0]
    know_commissioned(s, actor, (one.id for one in _PROJECTS.taken(row)))
    issues, tasks = _ISSUES.taken(row), _TASKS.taken(row)
    if ids and len(issues) == len(ids):
        s.memo[_LINES] = ids, put_together(ids, issues, tasks)
    return Seen.of(row)


def _at_once() -> Statement:
    issues = select(_I.id).select_from(
        tables.issue.outerjoin(tables.project, _P.id == _I.project_id)
    )
    own = select(_P.id).where(_P.commissioner_id == bindparam("person"))
    return Statement(
        select(
            *SEEN,
            _ISSUES.value(issues.where(among(_I.id, "postgresql")), _I.id),
            _TASKS.value(select(_T.id).where(among(_T.issue_id, "postgresql")), _T.id),
            _PROJECTS.value(own, _P.id),
        )
    )


_AT_ONCE = _at_once()
