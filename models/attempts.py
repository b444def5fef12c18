"""A piece of work is tried again after a fault that passes, as long as it has saved nothing.

Used at the edges: a request, a command, a worker's round. `Database.write` tells the attempt under
way what it has committed, so that nothing is done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from random import uniform
from time import monotonic, sleep
from typing import TypeVar

from models.passing import is_transient

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0
"""Seconds; each is doubled, and half of it left to chance."""
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Attempt:
    """One try. `begun` and `committed` count its writing transactions, and those ended well."""

    begun: int = 0
    committed: int = 0


class CommitUnknown(Exception):
    """The connection was lost while a transaction was saved, and nobody can say whether it was."""


class AnswerLost(Exception):
    """The work was saved, but what was to follow failed."""


_current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def current() -> Attempt | None:
    """The attempt under way."""
    return _current.get()


def run(
    work: Callable[[], T],
    seconds: float,
    *,
    before_again: Callable[[], None] = lambda: None,
    must_begin: bool = False,
) -> T:
    """What `work` returns. For so many seconds it is tried again after a fault that passes.

    With `must_begin` a first try that comes to no transaction is the last: its address may be
    wrong. Raises what `work` raises, and `AnswerLost` where the fault came after it had saved
    something.
    """
    if current() is not None:  # a part of a larger whole, which alone can begin again
        return work()
    until, tries = monotonic() + seconds, 0
    while True:
        attempt = Attempt()
        token = _current.set(attempt)
        try:
            return work()
        except Exception as error:
            if not is_transient(error):
                raise
            if attempt.committed:
                raise AnswerLost from error
            pause = _pause(tries)
            hopeless = must_begin and not tries and not attempt.begun
            if hopeless or monotonic() + pause > until:
                raise
            log.info("tried again: %s", type(error).__name__, extra={"action": "attempt.again"})
        finally:
            _current.reset(token)
        sleep(pause)
        before_again()
        tries += 1


def rounds(work: Callable[[], T], seconds: float) -> T:
    """As `run`, for work that finds out by itself what is left to do, however much was saved."""
    until, tries = monotonic() + seconds, 0
    while True:
        try:
            return work()
        except Exception as error:
            pause = _pause(tries)
            if not is_transient(error) or monotonic() + pause > until:
                raise
            log.info("tried again: %s", type(error).__name__, extra={"action": "attempt.again"})
        sleep(pause)
        tries += 1


def _pause(tries: int) -> float:
    """Seconds before the next try: whoever ran into each other should not meet again."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries, 16))
    return uniform(longest / 2, longest)
