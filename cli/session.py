"""From a command's options to a transaction: database, actor and moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url

from cli.faults import Fault
from cli.kit import Common
from config import clock
from config.i18n import gettext as _
from config.settings import settings
from models.db import Database, Session
from models.directory import PersonInfo
from models.engines import Limits
from workflow.context import context, find_actor
from workflow.errors import Malformed, Reason
from workflow.typed import parse_moment


@dataclass(frozen=True, slots=True)
class Call:
    """One command's transaction."""

    s: Session
    now: datetime
    person: PersonInfo | None

    @property
    def actor(self) -> PersonInfo:
        """Who acts. Raises `Malformed` when nobody was named."""
        if self.person is None:
            raise Malformed(
                Reason(
                    "actor_missing",
                    _("Nobody is named to act."),
                    "actor",
                    _("Add --as USERNAME, or set XIAOHAO_ACTOR."),
                )
            )
        return self.person

    @property
    def zone(self) -> ZoneInfo:
        """The policy's time zone."""
        return context(self.s).calendar().tz

    def moment(self, text: str, field: str) -> datetime:
        """A moment as typed; a date alone means the policy's close of business of that day."""
        day_end = context(self.s).policy().hours.day_end
        return parse_moment(text, self.zone, field, day_end)


@contextmanager
def writing(common: Common) -> Iterator[Call]:
    """A writing transaction for a command; committed at the end of the block."""
    with opened(common.db_url) as db, db.write() as s:
        yield _call(s, common)


@contextmanager
def reading(common: Common) -> Iterator[Call]:
    """A reading transaction for a command."""
    with opened(common.db_url) as db, db.read() as s:
        yield _call(s, common)


def moment_of(db: Database, common: Common) -> datetime:
    """The present moment, or the one that `--at` names in the policy's zone."""
    if not common.at:
        return clock.now()
    with db.read() as s:
        return _now(s, common)


def actor_in(db: Database, common: Common) -> PersonInfo:
    """Who acts, for what runs in several transactions. Raises `Malformed` when nobody is named."""
    with db.read() as s:
        return _call(s, common).actor


def zone_of(db: Database) -> ZoneInfo:
    """The policy's time zone."""
    with db.read() as s:
        return context(s).calendar().tz


def _call(s: Session, common: Common) -> Call:
    person = find_actor(s, common.acting_as) if common.acting_as else None
    return Call(s, _now(s, common), person)


def _now(s: Session, common: Common) -> datetime:
    if not common.at:
        return clock.now()
    return parse_moment(common.at, context(s).calendar().tz, "at", "00:00")


@contextmanager
def opened(db_url: str | None, *, serving: bool = False) -> Iterator[Database]:
    """The database, ready for use. Raises `Fault` for one that is missing or was never prepared.

    Nothing is made here: a mistyped name must not become an empty office. While `serving`
    PostgreSQL cuts off what takes too long; a command has the time that it needs.
    """
    url = database_url(db_url)
    if is_missing_file(url):
        raise Fault(
            "database_missing",
            _("The database {path} does not exist.").format(path=shown_url(url)),
            _("Check its address; to make a new one, run: xiaohao db upgrade"),
        )
    limits = Limits.usual()
    db = Database(url, limits if serving else limits.patient())
    try:
        _refuse_unprepared(db)
        yield db
    finally:
        db.close()


def database_url(db_url: str | None) -> str:
    """The address given, else the setting's. Raises `Fault` for one that names no database."""
    url = db_url or settings().database_url
    parsed = make_url(url)
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Fault(
            "database_unknown",
            _("{name} is no database that the program knows.").format(
                name=parsed.get_backend_name()
            ),
            _("Use sqlite:///FILE or postgresql://USER@HOST/NAME."),
        )
    return url


def is_missing_file(url: str) -> bool:
    """Whether the address names an embedded database that does not exist yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return False
    path = Path(str(parsed.database))
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


def shown_url(url: str) -> str:
    """An address for people: without the password, a file with its whole path."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return str(Path(str(parsed.database)).absolute())
    return parsed.render_as_string(hide_password=True)


def prepare(url: str) -> None:
    """Migrate a database and put the shipped definitions in force; harmless when repeated."""
    from models import migrate
    from workflow.setup import install

    migrate.upgrade(url)
    db = Database(url)
    try:
        with db.write() as s:
            install(s, clock.now())
    finally:
        db.close()


def _refuse_unprepared(db: Database) -> None:
    from sqlalchemy import inspect

    from models.revisions import is_behind

    with db.engine.connect() as connection:
        ready = inspect(connection).has_table("engine_head")
        behind = ready and is_behind(connection)
    if not ready:
        raise Fault(
            "not_installed",
            _("The database has not been prepared yet."),
            _("Run: xiaohao db upgrade"),
        )
    if behind:
        raise Fault(
            "database_behind",
            _("The database is older than this program."),
            _("Run: xiaohao db upgrade"),
        )


def given(**values: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in values.items() if value is not None}
