"""The same report a second time: a browser's way back, or a colleague's second thought.

A form that is loaded again bears a new token (see `web.once`), so its content tells.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from models import tables
from models.queries.running import is_open
from web.call import Call

ANYWAY = "anyway"
"""The name of the box that says: report it nevertheless."""
SPAN = timedelta(hours=24)


class Repeated(Exception):
    """The person has reported just this already; `number` is that issue's."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def refuse_repeated(call: Call, title: str, category: str) -> None:
    """Raise `Repeated` when the person's newest open issue of the last day bears this title and
    category; drafts count."""
    issue = tables.issue.c
    chosen = (
        select(issue.number)
        .where(
            issue.reporter_id == call.person.id,
            issue.reporter_unit_id == call.person.unit_id,
            issue.title == title.strip(),
            issue.category == category.strip(),
            is_open(issue),
            func.coalesce(issue.reported_at, issue.state_since) >= call.now - SPAN,
        )
        .order_by(issue.id.desc())
        .limit(1)
    )
    number = call.s.execute(chosen).scalar()
    if number is not None:
        raise Repeated(number)
