"""`xiaohao db copy`: an office that outgrew the embedded file moves to PostgreSQL, or back.

The target is filled table by table, each page in a transaction of its own, so that a copy that was
interrupted goes on where it stopped. Nothing is taken on trust: afterwards counts and digests of
every table are compared, the audit walks every chain and the ledger must balance. Nobody may write
to the source meanwhile; what was written between two runs shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table

from config.i18n import gettext as _
from models import migrate
from models.db import Database, Session
from models.engines import Limits
from storage import filling, rows
from storage.soundness import Fingerprint, Progress, Soundness, compare, fingerprint
from workflow.errors import GuardFailed, Reason


def copy(source: Database, target_url: str, progress: Progress, *, anew: bool = False) -> Soundness:
    """Copy everything into the database at `target_url`, made and migrated where it is missing.

    `anew` empties a target first that another copy has begun. Raises `GuardFailed` for a target
    that holds what the source does not.
    """
    migrate.upgrade(target_url)
    target = Database(target_url, Limits.usual().patient())
    try:
        with source.read() as s:
            _refuse_other_revision(s, target)
            told = fingerprint(s, progress)
            if anew:
                _clear(target)
            _refuse_foreign(target, told)
            _copy_all(s, target, told, progress)
            _finish(s, target)
        return compare(told, target, progress)
    finally:
        target.close()


def _refuse_other_revision(s: Session, target: Database) -> None:
    with target.read() as t:
        theirs, ours = migrate.revision_of(t.conn), migrate.revision_of(s.conn)
    if theirs != ours:
        raise GuardFailed(
            Reason(
                "copy_revision",
                _("The source is at revision {a}, the target at {b}.").format(a=ours, b=theirs),
                "from",
                _("Run `xiaohao db upgrade` on the source first."),
            )
        )


def _refuse_foreign(target: Database, told: dict[str, tuple[int, str]]) -> None:
    """More rows than the source has cannot come from a copy of it."""
    with target.read() as t:
        more = [
            table.name for table in rows.all_tables() if rows.count(t, table) > told[table.name][0]
        ]
    if more:
        raise GuardFailed(
            Reason(
                "copy_not_empty",
                _("The target holds what the source does not: {tables}.").format(
                    tables=", ".join(more)
                ),
                "to",
                _("Name an empty database, or empty this one with --anew."),
            )
        )


def _clear(target: Database) -> None:
    every = rows.all_tables()
    with target.write() as t, filling.unguarded(t, *every):
        for table in reversed(every):
            filling.unlink(t, table)
            filling.empty(t, table)


def _copy_all(s: Session, target: Database, told: Fingerprint, progress: Progress) -> None:
    """Every table in order; `progress` hears of each page, and of what an earlier run has done."""
    total, done = sum(n for n, _digest in told.values()), 0
    for table in rows.all_tables():
        of_table = 0
        for n in _copy_table(s, target, table):
            of_table += n
            progress("copy", done + of_table, total)
        done += told[table.name][0]
    progress("copy", total, total)


def _copy_table(s: Session, target: Database, table: Table) -> Iterator[int]:
    """Copy what is missing; a table without numbers is small, and copied whole. Yields how many
    rows have come, those that were there first."""
    after = 0
    with target.read() as t:
        there = rows.count(t, table)
        if there == rows.count(s, table):
            return
        if rows.numbered(table):
            after = rows.highest(t, table)
    if not rows.numbered(table):
        with target.write() as t, filling.unguarded(t, table):
            filling.empty(t, table)
            for page in rows.walk(s, table):
                filling.fill(t, table, page)
        return
    yield there
    for page in rows.walk(s, table, after):
        with target.write() as t, filling.unguarded(t, table):
            filling.fill(t, table, page)
        yield len(page)


def _finish(s: Session, target: Database) -> None:
    """Links of tables to themselves, and the numbers that come next."""
    linked = [table for table in rows.all_tables() if filling.own_links(table)]
    with target.write() as t, filling.unguarded(t, *linked):
        for table in linked:
            for page in rows.walk(s, table):
                filling.link(t, table, page)
        filling.count_on(t)
