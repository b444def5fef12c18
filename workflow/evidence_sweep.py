"""Stored files that no evidence names: left behind by what was refused after its file was kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from models.db import Database
from models.queries.stored_files import named_files

AGE = timedelta(days=1)
"""A file is stored shortly before the row that names it: younger ones may be on their way."""
_GOING = ".going-"
log = logging.getLogger(__name__)


def sweep(db: Database, folder: Path, now: datetime) -> int:
    """Remove files of the store that are older than a day and named by nobody; returns how many.

    Content that is stored again is a new file with a new time, so it is never taken away under
    the hands of whoever is attaching it.
    """
    gone = sum(_remove(path, now) for path in folder.glob(".incoming-*"))
    old = list(_old_files(folder, now))
    named = _named(db) if old else set()
    gone += sum(_take_away(path, now) for path in old if path.name not in named)
    if gone:
        log.info("removed %d files nobody names", gone, extra={"action": "evidence.swept"})
    return gone


def _old_files(folder: Path, now: datetime) -> Iterator[Path]:
    # what an earlier sweep was at when it was killed goes under its own name again
    for path in folder.glob(f"??/{_GOING}*"):
        _give_back(path, path.with_name(path.name.removeprefix(_GOING)))
    yield from (path for path in folder.glob("??/*") if len(path.name) == 64 and _old(path, now))


def _named(db: Database) -> set[str]:
    with db.read() as s:
        return set(named_files(s))


def _take_away(path: Path, now: datetime) -> bool:
    """Remove a file unless it was stored again since it was looked at: moved aside, it is still."""
    aside = path.with_name(_GOING + path.name)
    try:
        path.rename(aside)
    except FileNotFoundError:
        return False
    if _remove(aside, now):
        return True
    _give_back(aside, path)
    return False


def _give_back(aside: Path, path: Path) -> None:
    with suppress(FileExistsError):  # stored again meanwhile: the same content, and younger
        path.hardlink_to(aside)
    aside.unlink(missing_ok=True)


def _remove(path: Path, now: datetime) -> bool:
    if not _old(path, now):
        return False
    path.unlink(missing_ok=True)
    return True


def _old(path: Path, now: datetime) -> bool:
    try:
        return now.timestamp() - path.stat().st_mtime > AGE.total_seconds()
    except FileNotFoundError:
        return False
