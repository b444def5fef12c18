"""Several threads at one piece of work: one computes while the database works for another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Event
from typing import TypeVar

T = TypeVar("T")


def side_by_side(lanes: int, work: Callable[[Callable[[], bool]], T]) -> list[T]:
    """What `work(stopped)` returns in each of so many threads.

    `stopped()` tells it to come to an end: another one failed, or whoever waits was interrupted.
    The first error is raised when all have ended.
    """
    halt = Event()

    def lane() -> T:
        try:
            return work(halt.is_set)
        except BaseException:
            halt.set()
            raise

    with ThreadPoolExecutor(lanes, thread_name_prefix="lane") as threads:
        under_way = [threads.submit(copy_context().run, lane) for _ in range(lanes)]
        try:
            return [one.result() for one in under_way]
        except BaseException:
            halt.set()
            raise
