"""A transaction of which a thread sends the writes while the program goes on.

In one transaction program and server wait for each other: what the one works out the other then
writes. So writes are handed over, a thread sends them in their order, and the program works out the
next ones meanwhile.

The connection has one user at a time. Whatever the program itself asks for waits until the
statement under way has ended; the thread then waits for the program, between two statements. Once
one has failed the thread sends nothing more, and `refused` is told of it before the program uses
the transaction again, at the latest by `wait`. Who hands over must not ask for what those writes
change, and must `wait` before it writes itself.

SQLite works in this process: there everything is sent at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event, Lock
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, CursorResult, Executable

from models.db import Session

T = TypeVar("T")
Statements = Sequence[tuple[str, list[Any]]]
"""As `Session.send` takes them."""
Refused = Callable[[Exception], None]


class Behind(Session):
    """A transaction with a thread of its own; to be left before the transaction ends.

    Left by an error, it lets the statement under way end and sends no other.
    """

    __slots__ = ("_error", "_go", "_hands", "_refused", "_thread", "_under_way")

    def __init__(self, conn: Connection, memo: dict[str, Any] | None = None) -> None:
        super().__init__(conn, memo)
        self._thread: ThreadPoolExecutor | None = None
        self._under_way: list[Future[None]] = []
        self._hands, self._go = Lock(), Event()
        self._go.set()
        self._error: BaseException | None = None
        self._refused: Refused = _raised

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: Any) -> None:
        """Let the thread end, and let go of the cursor. Raises what nobody was told of."""
        self._error = self._error or raised[1]
        interrupted = self._ended()
        super().__exit__(*raised)
        untold = interrupted or self._error
        if raised[1] is None and untold is not None:
            raise untold

    def hand_over(self, statements: Statements, refused: Refused) -> None:
        """Send these behind what was handed over before. `refused` is told, in the program's own
        thread, of the error that ended it; from then on the transaction is the program's."""
        self._refused = refused
        if self.dialect != "postgresql":
            self._send(statements)
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._under_way.append(self._thread.submit(copy_context().run, self._send, statements))

    def wait(self) -> None:
        """Until everything is sent that was handed over."""
        while self._under_way:
            self._under_way[0].result()
            del self._under_way[0]
        if self._error is not None:
            self._tell(self._error)

    def _tell(self, error: BaseException) -> None:
        """Whoever handed over mends it or raises: then nobody can use the transaction any more."""
        if not isinstance(error, Exception):
            raise error
        self._error = None
        try:
            self._refused(error)
        except BaseException as raised:
            self._error = raised
            raise

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """As in any transaction, between two statements of the thread."""
        return self._between(lambda: Session.execute(self, statement, parameters))

    def query(self, sql: str, values: Any) -> list[Any]:
        """As in any transaction, between two statements of the thread."""
        return self._between(lambda: Session.query(self, sql, values))

    def send(self, sql: str, rows: list[Any]) -> int:
        """As in any transaction, between two statements of the thread."""
        return self._between(lambda: Session.send(self, sql, rows))

    def _between(self, work: Callable[[], T]) -> T:
        if self._under_way:
            self._go.clear()
            try:
                with self._hands:
                    if self._error is None:
                        return work()
            finally:
                self._go.set()
        if self._error is not None:
            self.wait()
        return work()

    def _send(self, statements: Statements) -> None:
        for sql, rows in statements:
            self._go.wait()
            with self._hands:
                if self._error is not None:
                    return
                try:
                    Session.send(self, sql, rows)
                except BaseException as error:
                    self._error = error

    def _ended(self) -> KeyboardInterrupt | None:
        """Let the thread come to its end, however often somebody interrupts: it still uses the
        connection."""
        interrupted = None
        while self._thread is not None:
            try:
                self._thread.shutdown()
                self._thread = None
            except KeyboardInterrupt as again:
                interrupted = again
        self._under_way.clear()
        return interrupted


def _raised(error: Exception) -> None:
    raise error
