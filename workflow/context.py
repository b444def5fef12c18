"""Policy, workflow, calendar and people as a transaction sees them, cached by edition.

One small row (`engine_head`) is read per transaction; everything it names is held in memory per
engine. What a transaction has itself changed is kept out of the shared cache until it commits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from config.i18n import gettext as _
from config.policy import Policy, parse_policy
from config.settings import settings
from config.workflow_definition import WorkflowDefinition, parse_workflow
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from models.heads import read_head
from models.queries.calendar_days import load_calendar_days, units_with_exceptions
from models.queries.people import load_directory
from workflow.calendar import WorkCalendar
from workflow.editions import Editions
from workflow.errors import NotVisible, Reason

T = TypeVar("T")
_CACHES: WeakKeyDictionary[Engine, Editions] = WeakKeyDictionary()


@dataclass(slots=True)
class Context:
    """What is in force. Versions asked for by number stay as they were when they were stored."""

    s: Session
    policy_version_id: int
    workflow_version_id: int
    calendar_edition: int
    organisation_edition: int
    cache: Editions
    channels: tuple[str, ...]
    seen: dict[Any, Any] = field(default_factory=dict)

    @property
    def directory(self) -> Directory:
        """People and units of this edition."""
        known: Directory | None = self.seen.get("people")  # it is asked for all the time
        if known is not None and "organisation_dirty" not in self.s.memo:
            return known
        found = self._get(
            ("people", self.organisation_edition),
            lambda: load_directory(self.s),
            dirty="organisation_dirty",
        )
        if "organisation_dirty" not in self.s.memo:
            self.seen["people"] = found
        return found

    def policy(self, version_id: int | None = None) -> Policy:
        """A stored policy; the one in force by default."""
        wanted = version_id or self.policy_version_id
        known: Policy | None = self.seen.get(wanted)  # it is asked for all the time
        if known is None:
            known = self.seen[wanted] = self._get(
                ("policy", wanted),
                lambda: parse_policy(self._source(tables.policy_version, wanted)),
            )
        return known

    def workflow(self, version_id: int | None = None) -> WorkflowDefinition:
        """A stored workflow definition; the one in force by default."""
        wanted = version_id or self.workflow_version_id
        return self._get(
            ("workflow", wanted),
            lambda: parse_workflow(self._source(tables.workflow_version, wanted)),
            dirty="definitions_dirty",
        )

    def calendar(self, unit_id: int | None = None, version_id: int | None = None) -> WorkCalendar:
        """The working calendar of a unit (or the common one) under a policy's office hours."""
        own = self._get(
            ("exceptions", self.calendar_edition),
            lambda: units_with_exceptions(self.s),
            dirty="calendar_dirty",
        )
        unit = unit_id if unit_id in own else None
        wanted = version_id or self.policy_version_id
        return self._get(
            ("calendar", self.calendar_edition, unit, wanted),
            lambda: self._build_calendar(unit, wanted),
            dirty="calendar_dirty",
        )

    def _build_calendar(self, unit_id: int | None, version_id: int) -> WorkCalendar:
        days = load_calendar_days(self.s, unit_id)
        return build_calendar(
            self.policy(version_id),
            holidays=days.holidays,
            workdays=days.workdays,
            provisional_years=days.provisional_years,
            edition=self.calendar_edition,
        )

    def _source(self, table: Any, version_id: int) -> str:
        row = self.s.execute(select(table.c.source).where(table.c.id == version_id)).one()
        return str(row.source)

    def _get(self, key: Any, make: Callable[[], T], dirty: str | None = None) -> T:
        if dirty in self.s.memo:
            own: Editions = self.s.memo.setdefault("own", Editions())
            return own.get(key, make)
        if key not in self.seen:  # others may have moved on from this transaction's edition
            self.seen[key] = self.cache.get(key, make)
        found: T = self.seen[key]
        return found


def build_calendar(
    policy: Policy,
    *,
    holidays: Any = (),
    workdays: Any = (),
    provisional_years: frozenset[int] = frozenset(),
    edition: int = 0,
) -> WorkCalendar:
    """A calendar with a policy's zone, weekdays and office hours."""
    hours = policy.hours
    return WorkCalendar(
        tz=policy.policy.timezone,
        weekdays=hours.weekdays,
        hours={str(day): hours.open for day in hours.weekdays},
        holidays=holidays,
        extra_workdays=workdays,
        provisional_years=provisional_years,
        edition=edition,
        extra_hours=hours.open,
    )


def context(s: Session) -> Context:
    """The transaction's context; read once and kept in its memo."""
    if "context" not in s.memo:
        row = read_head(s)
        if row is None:
            raise NotVisible(
                Reason(
                    "not_installed",
                    _("The database holds no policy yet."),
                    remedy=_("Run: xiaohao db upgrade"),
                )
            )
        found = Context(
            s,
            row["policy_version_id"],
            row["workflow_version_id"],
            row["calendar_edition"],
            row["organisation_edition"],
            _editions(s.conn.engine),
            s.memo["channels"] if "channels" in s.memo else settings().channel_names(),
        )
        s.memo["context"] = found
    return s.memo["context"]  # type: ignore[no-any-return]


def _editions(engine: Engine) -> Editions:
    found = _CACHES.get(engine)
    return found if found is not None else _CACHES.setdefault(engine, Editions())


def find_actor(s: Session, username: str) -> PersonInfo:
    """The active person with that username; `NotVisible` for anybody else."""
    person = context(s).directory.by_username.get(username)
    if person is None or not person.active:
        raise NotVisible(
            Reason(
                "unknown_person",
                _("There is no active person {name}.").format(name=username),
                "actor",
                _("Check the username."),
            )
        )
    return person
