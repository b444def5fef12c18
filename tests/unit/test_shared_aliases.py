"""Statements and aliases that all threads of a web process share."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from models.aliases import shared_alias
from models.directory import PersonInfo
from models.queries import issues


@pytest.fixture(autouse=True)
def _restless() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_that_meet_a_shared_alias_at_once_agree_about_its_columns() -> None:
    for _ in range(150):
        co, task = shared_alias(tables.co_unit), shared_alias(tables.task)

        def write(co: Any = co, task: Any = task) -> str:
            joined = select(co.c.id).join(task, task.c.id == co.c.task_id)
            return str(joined.where(task.c.dispatched_at.is_not(None)))

        assert _at_once(write) == []


def test_threads_that_ask_for_the_same_person_at_once_write_the_same_statement() -> None:
    for n in range(30):
        person = _person(n)
        assert _at_once(lambda who=person: str(issues._finding(who))) == []  # type: ignore[misc]


def test_somebody_whose_rights_have_changed_gets_another_statement() -> None:
    person = _person(1)
    without = str(issues._finding(_person(1, frozenset())))
    assert str(issues._finding(person)) != without
    assert issues._finding(_person(1)) is issues._finding(person)


def _person(n: int, roles: frozenset[str] = frozenset({"unit_leader"})) -> PersonInfo:
    return PersonInfo(
        n, f"leader{n}", "张三", 7, "head", None, None, "zh_CN", True, None, None, None, roles
    )


def _at_once(work: Callable[[], object], threads: int = 4) -> list[Exception]:
    """What the threads raise that begin together."""
    faults: list[Exception] = []
    gate = threading.Barrier(threads)

    def one() -> None:
        gate.wait()
        try:
            work()
        except Exception as error:
            faults.append(error)

    running = [threading.Thread(target=one) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return faults
