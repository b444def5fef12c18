"""A project's row under one command: found, locked, compared, changed, noted in its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import find_project, refuse_merged, refuse_stale
from projects.lights.following import follow
from workflow.context import context
from workflow.errors import Malformed, Reason, StaleVersion


@dataclass(frozen=True, slots=True)
class Saved:
    """A project as a command has left it. `of` is the row that was made beside it, if any."""

    id: int
    version: int
    of: int | None = None


def opened(
    s: Session, actor: PersonInfo, project_id: int, expected_version: int | None = None
) -> Any:
    """The project's row, locked, for a change.

    Raises `NotVisible`, `StaleVersion`, and `GuardFailed` for one that was merged into another.
    """
    row = find_project(s, actor, project_id, lock=True)
    refuse_stale(row, expected_version)
    refuse_merged(row)
    return row


def save(
    s: Session, row: Any, values: Mapping[str, Any], now: datetime, of: int | None = None
) -> Saved:
    """Write what was changed and count the version on, unless somebody was quicker; the light
    follows at once."""
    p = tables.project.c
    done = s.execute(
        update(tables.project)
        .where(p.id == row.id, p.version == row.version)
        .values(**values, version=row.version + 1)
    )
    if done.rowcount != 1:
        raise StaleVersion(
            Reason("stale", _("Somebody has changed this meanwhile."), "version",
                   _("Look at it again, then repeat what is still wanted."))
        )  # fmt: skip
    follow(s, now, [row.id])
    return Saved(row.id, row.version + 1, of)


def note(
    s: Session, project_id: int, tag: str, data: dict[str, Any], actor: PersonInfo, now: datetime
) -> None:
    """Append to the project's history."""
    history.note(s, stream(project_id), tag, data, actor, now)


def stream(project_id: int) -> str:
    """The name of a project's history."""
    return f"project:{project_id}"


def today(s: Session, now: datetime) -> date:
    """The local day of a moment."""
    return now.astimezone(context(s).calendar().tz).date()


def refuse_future(s: Session, day: date, field: str, now: datetime) -> None:
    """Raise `Malformed` for a day that has not come: facts are recorded when they are facts."""
    if day > today(s, now):
        raise Malformed(
            Reason(f"{field}_future", _("The date {day} has not come yet.").format(day=day), field,
                   _("Enter the day on which it happened."))
        )  # fmt: skip


def needed_reason(text: str, least: int = 4) -> str:
    """A reason in words. Raises `Malformed` for none, or for one that says nothing."""
    from workflow.commands.base import clean

    found = clean("reason", text, most=300)
    if len(found) < least:
        raise Malformed(
            Reason("reason_missing", _("The reason is missing."), "reason",
                   _("Say why, in at least {n} characters.").format(n=least))
        )  # fmt: skip
    return found
