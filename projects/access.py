"""Who may see and do what on the project side. Rights come from roles, never from typed names.

Seeing: `models.queries.projects.visible_projects`. Acting (domain rules §6, §10):

* the office (督办员, 督办主任) keeps the library, the targets, meetings, inspections, bulletins;
* the chief (督办主任) freezes months and closes meetings; the deputy director signs;
* who answers for a project reports on it: its commissioner, and the liaison and leaders of its
  board and of its lead unit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_, select, true

from config.i18n import gettext as _
from config.roles import BUREAU_WIDE, Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from models.queries.scope import BUSINESS_ROLES
from workflow.case import not_visible
from workflow.context import context
from workflow.errors import GuardFailed, NotAllowed, Reason, StaleVersion

OFFICE = frozenset({Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF})
CHIEF = frozenset({Role.OFFICE_CHIEF})
SIGNERS = frozenset({Role.DEPUTY_DIRECTOR})
LEADERS = frozenset({Role.DEPUTY_DIRECTOR, Role.PRINCIPAL})
INSPECTORS = frozenset({Role.INSPECTOR, *OFFICE})
UNIT_VOICES = frozenset({Role.UNIT_LIAISON, Role.UNIT_LEADER})


def sees_business(actor: PersonInfo) -> bool:
    """Whether business is shown to the person at all (三员分立 keeps administrators out)."""
    return bool(actor.roles & (BUREAU_WIDE | BUSINESS_ROLES))


def require(actor: PersonInfo, roles: frozenset[Role], what: str = "") -> None:
    """Refuse whoever holds none of the roles; `what` says what was wanted (translated).

    Raises `NotVisible` for who sees no business, `NotAllowed` for everybody else.
    """
    if not sees_business(actor):
        raise not_visible(what)
    if not actor.roles & roles:
        raise not_allowed(what)


def not_allowed(what: str = "") -> NotAllowed:
    """The refusal of whoever may see a thing but not do this."""
    return NotAllowed(
        Reason(
            "role_missing",
            what or _("Your roles do not allow this."),
            remedy=_("Ask the office (督办室) to do it."),
        )
    )


def find_project(s: Session, actor: PersonInfo, project_id: int, *, lock: bool = False) -> Any:
    """The project's row. Raises `NotVisible` for what the actor may not know of."""
    p = tables.project
    condition = visible_projects(actor, context(s).directory)
    statement = select(p).where(p.c.id == project_id, condition)
    row = s.execute(statement.with_for_update(of=p) if lock else statement).first()
    if row is None:
        raise not_visible(str(project_id))
    return row


def may_report(s: Session, actor: PersonInfo, project: Any) -> bool:
    """Whether the person answers for the project: office, commissioner, its board or lead unit."""
    if actor.roles & OFFICE:
        return True
    if Role.COMMISSIONER in actor.roles and project.commissioner_id == actor.id:
        return True
    if not actor.roles & UNIT_VOICES:
        return False
    return actor.unit_id in answering_units(s, project)


def answered_by(actor: PersonInfo) -> ColumnElement[bool]:
    """A condition on `project`: the person answers for it (as `may_report`, for many at once)."""
    if actor.roles & OFFICE:
        return true()
    project, duty = tables.project.c, tables.project_duty.c
    found: list[ColumnElement[bool]] = [false()]
    if Role.COMMISSIONER in actor.roles:
        found.append(project.commissioner_id == actor.id)
    if actor.roles & UNIT_VOICES:
        leads = select(duty.id).where(
            duty.project_id == project.id, duty.role == "lead_unit",
            duty.until.is_(None), duty.unit_id == actor.unit_id,
        )  # fmt: skip
        found += [project.board_id == actor.unit_id, exists(leads.correlate(tables.project))]
    return or_(*found)


def require_reporter(s: Session, actor: PersonInfo, project: Any) -> None:
    """Raise `NotAllowed` unless the person answers for the project."""
    if not may_report(s, actor, project):
        raise not_allowed(_("Only those who answer for the project, or the office, may do this."))


def answering_units(s: Session, project: Any) -> set[int]:
    """The units that answer for a project now: its board, and its lead unit in force."""
    duty = tables.project_duty.c
    rows = s.execute(
        select(duty.unit_id).where(
            duty.project_id == project.id, duty.role == "lead_unit", duty.until.is_(None)
        )
    )
    found = {row.unit_id for row in rows if row.unit_id is not None}
    return found | ({project.board_id} if project.board_id is not None else set())


def refuse_merged(project: Any) -> None:
    """Raise `GuardFailed` for a record that was merged into another one: it is changed no more."""
    if project.merged_into_id is not None:
        raise GuardFailed(
            Reason(
                "project_merged",
                _("This record was merged into another one."),
                "",
                _("Open the record that it was merged into."),
            )
        )


def refuse_stale(row: Any, expected_version: int | None) -> None:
    """Raise `StaleVersion` when somebody has changed the row since it was shown."""
    if expected_version is not None and row.version != expected_version:
        raise StaleVersion(
            Reason(
                "stale",
                _("Somebody has changed this meanwhile."),
                "version",
                _("Look at it again, then repeat what is still wanted."),
            )
        )
