"""Processes that write to one file go in the order in which they came; the dead hold up nobody."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from models.line import Line
from models.turns import Turns, turns_of

PATIENCE = 60.0
CHILD = """
import sys
from models.line import Line
path, name, order, seconds = sys.argv[1:]
line = Line(path)
if line.join(float(seconds)):
    with open(order, "a") as stream:
        stream.write(name)
    print("mine", flush=True)
    sys.stdin.readline()
    line.leave()
else:
    print("late", flush=True)
"""
pytestmark = pytest.mark.skipif(os.name != "posix", reason="these locks are those of POSIX")


class Queue:
    """A file with processes that queue up for it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.path, self.order = str(folder / "x.db-turn"), folder / "order"
        self.order.touch()
        self._stack, self.drawn = stack, 0
        # kept open: to close the file anywhere in this process would give up our locks on it
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT)
        stack.callback(os.close, self._file)

    def child(self, name: str, seconds: float = PATIENCE) -> subprocess.Popen[str]:
        """A process in the line, behind those that came before it."""
        command = [sys.executable, "-c", CHILD, self.path, name, str(self.order), str(seconds)]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        self._stack.enter_context(child)
        self._stack.callback(child.kill)
        self.drawn += 1
        pause = threading.Event()
        while self._tickets() < self.drawn:
            pause.wait(0.001)
        return child

    def _tickets(self) -> int:
        return int(struct.unpack("<Q", os.pread(self._file, 8, 0).ljust(8, b"\0"))[0])


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """Nobody in it yet."""
    with ExitStack() as stack:
        yield Queue(tmp_path, stack)


def said(child: subprocess.Popen[str]) -> str:
    """The next word of a process."""
    assert child.stdout is not None
    return child.stdout.readline().strip()


def done(child: subprocess.Popen[str]) -> None:
    """Let a process leave the line and end."""
    child.communicate("\n", timeout=PATIENCE)


def test_processes_are_served_in_the_order_in_which_they_came(queue: Queue) -> None:
    line = Line(queue.path)
    assert line.join(PATIENCE)
    children = [queue.child(name) for name in "abcd"]
    assert queue.order.read_text() == ""
    line.leave()
    for place, child in enumerate(children, 1):
        assert said(child) == "mine"
        assert queue.order.read_text() == "abcd"[:place]
        done(child)
    assert line.join(0)
    line.leave()


def test_who_is_killed_leaves_the_line_waiting_or_writing(queue: Queue) -> None:
    line = Line(queue.path)
    assert line.join(PATIENCE)
    first, waiting, second, third = (queue.child(name) for name in "awbc")
    line.leave()
    assert said(first) == "mine"
    waiting.kill()
    waiting.wait(PATIENCE)
    first.kill()
    assert said(second) == "mine"
    second.kill()
    assert said(third) == "mine"
    done(third)
    assert queue.order.read_text() == "abc"


def test_patience_ends_and_whoever_gave_up_is_not_waited_for(queue: Queue) -> None:
    line = Line(queue.path)
    assert line.join(PATIENCE)
    hasty, patient = queue.child("h", 0.05), queue.child("p")
    assert said(hasty) == "late"
    done(hasty)
    line.leave()
    assert said(patient) == "mine"
    assert not Line(queue.path).join(0)  # and nobody in a hurry gets ahead of it
    done(patient)


def test_where_no_file_can_be_written_everybody_goes_ahead(tmp_path: Path) -> None:
    line = Line(str(tmp_path / "no such folder" / "x.db-turn"))
    assert not line.join(PATIENCE)
    line.leave()
    turns = turns_of(str(tmp_path / "no such folder" / "x.db"))
    assert turns.take(PATIENCE)
    turns.give()
    assert turns.take(0)
    turns.give()


def test_threads_of_a_process_take_a_new_place_each(queue: Queue) -> None:
    turns = turns_of(queue.path.removesuffix("-turn"))
    assert turns.take(PATIENCE)
    child = queue.child("a")
    behind = threading.Thread(target=lambda: _take(turns, queue))
    behind.start()
    turns.give()
    assert said(child) == "mine"
    done(child)
    behind.join(PATIENCE)
    assert queue.order.read_text() == "ab"


def _take(turns: Turns, queue: Queue) -> None:
    assert turns.take(PATIENCE)
    with queue.order.open("a") as stream:
        stream.write("b")
    turns.give()
