"""Was it committed? A transaction leaves a mark, and whoever lost its answer looks for the mark.

The mark is a row under a random name. Looking means writing the same row again: where the first
transaction is still under way, the second waits for its end; where it was committed, the row is
there; where the second could write it, the first can never be committed. That holds across
restarts and for a standby that took over; numbers of transactions (`pg_xact_status`) do not, since
a server that crashed gives the same number again. Behind a pooler nothing else survives, either.
"""

from __future__ import annotations

from time import monotonic, sleep

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from models.attempts import CommitUnknown
from models.beginning import LOOK, meant

SECONDS = 10.0
"""How long a server that went away is asked again."""
LEAVE = "INSERT INTO commit_mark (mark, at) VALUES (%s, now())"
"""Written into a transaction as the last thing before its commit, under a random name."""
_PAUSE = 0.1
_PATIENCE = text("SELECT set_config('lock_timeout', :limit, true)")
_LOOK = text(
    "INSERT INTO commit_mark (mark, at) VALUES (:mark, now()) ON CONFLICT DO NOTHING RETURNING mark"
)


def found(engine: Engine, mark: str, lost: Exception) -> bool:
    """Whether the transaction with this mark was committed; if not, it never will be.

    Raises `CommitUnknown` where nobody can be asked for `SECONDS`.
    """
    until = monotonic() + SECONDS
    while True:
        try:
            return _is_there(engine, mark, max(until - monotonic(), _PAUSE))
        except SQLAlchemyError:
            if monotonic() > until:
                raise CommitUnknown from lost
        sleep(_PAUSE)


def _is_there(engine: Engine, mark: str, seconds: float) -> bool:
    """Waits so long for a transaction that is still under way."""
    with engine.connect() as conn:
        meant(conn, LOOK)
        transaction = conn.begin()
        conn.execute(_PATIENCE, {"limit": f"{seconds * 1000:.0f}"})
        written = conn.execute(_LOOK, {"mark": mark}).first() is not None
        transaction.rollback()
    return not written
