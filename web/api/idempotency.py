"""`Idempotency-Key`: a call that is repeated is answered again and not done again.

The key is taken first, in the transaction of the call itself: a repeat at the same time waits for
the first to end and then finds its answer, or does the work if the first was refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import JSONResponse
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from config.i18n import gettext as _
from models import tables
from web.api.faults import KeyReused
from web.call import Call
from workflow.accounts.tidy import KEEP_ANSWERS
from workflow.errors import Reason

_K = tables.idempotency_key.c
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Chosen by the caller; a repeat within 7 days gets the first answer again.",
        examples=["6f1c2a0e-4d0b-4d53-9a53-0a8b7a0f9b11"],
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
    ),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with, plain enough to be stored."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, **more: str) -> JSONResponse:
        """As it goes out."""
        return JSONResponse(self.body, status_code=self.status, headers=self.headers | more)


def once(call: Call, key: str | None, body: Any, produce: Callable[[], Answer]) -> JSONResponse:
    """Do it, unless this caller has done it under the same key.

    `body` is what the caller sent, as plain data. Raises `KeyReused` when the key stands for
    another call, and what `produce` raises: then nothing is kept, and the key stays free.
    """
    if key is None:
        return produce().response()
    mark = _fingerprint(call, body)
    if not _take(call, key, mark):
        return _repeated(call, key, mark)
    answer = produce()
    own = (_K.person_id == call.person.id, _K.key == key)
    call.s.execute(
        update(tables.idempotency_key)
        .where(*own)
        .values(status=answer.status, answer=answer.body, headers=answer.headers)
    )
    return answer.response()


def known(call: Call, key: str | None, body: Any) -> JSONResponse | None:
    """The answer to the same call of before, for whoever must look before there is work to do.

    Raises `KeyReused` as `once` does.
    """
    if key is None or call.s.execute(_lasting(call, key)).first() is None:
        return None
    return _repeated(call, key, _fingerprint(call, body))


def _lasting(call: Call, key: str) -> Any:
    """The row of a key, unless it is too old to count."""
    own = (_K.person_id == call.person.id, _K.key == key, _K.created_at >= _oldest(call))
    return select(tables.idempotency_key).where(*own)


def _oldest(call: Call) -> datetime:
    return call.now - KEEP_ANSWERS


def _take(call: Call, key: str, mark: str) -> bool:
    """Whether the key was free; one that has grown too old is as good as a new one."""
    insert = (sqlite if call.s.dialect == "sqlite" else postgresql).insert
    row = {
        "person_id": call.person.id, "key": key, "fingerprint": mark, "status": 0,
        "answer": {}, "headers": {}, "created_at": call.now,
    }  # fmt: skip
    taking = insert(tables.idempotency_key).values(**row)
    again = taking.on_conflict_do_update(
        index_elements=[_K.person_id, _K.key], set_=row, where=_K.created_at < _oldest(call)
    )
    return call.s.execute(again.returning(_K.id)).first() is not None


def _repeated(call: Call, key: str, mark: str) -> JSONResponse:
    row = call.s.execute(_lasting(call, key)).one()
    if row.fingerprint != mark:
        raise KeyReused(
            Reason(
                "idempotency_key_reused",
                _("This key stands for another call."),
                "Idempotency-Key",
                _("Choose a new key for a new call."),
            )
        )
    return Answer(row.status, row.answer, row.headers).response(**{"Idempotent-Replayed": "true"})


def _fingerprint(call: Call, body: Any) -> str:
    request = call.request
    said = [request.method, request.url.path, body]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
