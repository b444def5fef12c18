"""A form that is sent twice does its work once.

The form carries a random token; what came of it is stored under the token, in the transaction of
the work itself. The second sending, also one that runs at the same time, finds it.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import insert, select

from models import tables
from web.call import Call

KEY = "once"
"""The name of the form's hidden field."""

_TABLE = tables.idempotency_key


def earlier(call: Call, token: str) -> str:
    """The number of the issue that came of an earlier sending, or an empty text."""
    own = (_TABLE.c.person_id == call.person.id, _TABLE.c.key == _key(token))
    row = call.s.execute(select(_TABLE.c.answer).where(*own)).one_or_none()
    return str(row.answer["number"]) if row is not None else ""


def remember(call: Call, token: str, number: str) -> None:
    """Store what came of this sending. Raises `IntegrityError` when another one was faster."""
    call.s.execute(
        insert(_TABLE).values(
            person_id=call.person.id,
            key=_key(token),
            fingerprint=hashlib.sha256(_key(token).encode()).hexdigest(),
            status=303,
            answer={"number": number},
            headers={},
            created_at=call.now,
        )
    )


def _key(token: str) -> str:
    return f"form:{token}"
