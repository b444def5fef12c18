"""Who may open which page of the administration (三员分立), said once for index, pages and tests.

Opening is not changing: what a page offers asks the engine again. Rules, workflow and calendar
are no secret of the business, so whoever administers or oversees reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.i18n import N_
from config.i18n import gettext as _
from config.roles import BUREAU_WIDE, SEPARATED, Role
from web.call import Call
from web.faults import forbidden
from workflow.calendar_store import KEEPERS
from workflow.wording import role_names

EVERYBODY = frozenset(SEPARATED | BUREAU_WIDE)


@dataclass(frozen=True, slots=True)
class Area:
    """A page with the roles that open it, and those that change something on it."""

    path: str
    title: str
    about: str
    readers: frozenset[str]
    keepers: frozenset[str] = frozenset()


AREAS = {
    "units": Area(
        "/admin/units",
        N_("Units"),
        N_("Bureau, towns, streets and departments as a tree"),
        frozenset({Role.SYSADMIN, Role.SECADMIN}),
        frozenset({Role.SYSADMIN}),
    ),
    "people": Area(
        "/admin/people",
        N_("People and roles"),
        N_("Who there is, which roles they hold, their accounts"),
        frozenset({Role.SYSADMIN, Role.SECADMIN}),
        frozenset({Role.SYSADMIN, Role.SECADMIN}),
    ),
    "calendar": Area(
        "/admin/calendar",
        N_("Working calendar"),
        N_("Days off, make-up workdays, provisional years"),
        EVERYBODY,
        KEEPERS,
    ),
    "policy": Area(
        "/admin/policy",
        N_("Policy"),
        N_("Rules in force with their sources, check and simulator"),
        EVERYBODY,
        KEEPERS,
    ),
    "workflow": Area(
        "/admin/workflow",
        N_("Workflow diagram"),
        N_("States, transitions, who may do what"),
        EVERYBODY,
    ),
    "templates": Area(
        "/admin/templates",
        N_("Notice templates"),
        N_("Subjects and texts of notices: versions, preview, check"),
        EVERYBODY,
        KEEPERS,
    ),
    "tokens": Area(
        "/admin/tokens",
        N_("API tokens"),
        N_("Keys of programs, who owns them, how to end them"),
        frozenset({Role.SECADMIN}),
        frozenset({Role.SECADMIN}),
    ),
    "sources": Area(
        "/admin/sources",
        N_("Other platforms"),
        N_("Platforms that hand issues in, and their call-backs"),
        frozenset({Role.SYSADMIN}),
        frozenset({Role.SYSADMIN}),
    ),
    "jobs": Area(
        "/admin/jobs",
        N_("Jobs and heartbeats"),
        N_("Whether the machinery lives, what it put off, what waits to be sent"),
        frozenset(BUREAU_WIDE | {Role.SYSADMIN}),
    ),
    "audit": Area(
        "/admin/audit",
        N_("Audit"),
        N_("The system's history, and the proof that all of it is whole"),
        frozenset({Role.AUDITOR}),
    ),
}


def require(call: Call, name: str) -> Area:
    """The page's area. Raises `NotAllowed` for a person without any of its roles."""
    area = AREAS[name]
    if not call.has(*area.readers):
        raise refused(area.readers)
    return area


def require_any(call: Call) -> list[Area]:
    """What the person may open; raises `NotAllowed` when that is nothing."""
    found = [area for area in AREAS.values() if call.has(*area.readers)]
    if not found:
        raise refused(EVERYBODY)
    return found


def may_change(call: Call, name: str) -> bool:
    """Whether the page offers its changes."""
    return call.has(*AREAS[name].keepers)


def require_keeper(call: Call, name: str) -> None:
    """Refuse whoever may only look at a page."""
    require(call, name)
    if not may_change(call, name):
        raise refused(AREAS[name].keepers)


def refused(roles: frozenset[str]) -> Exception:
    """The refusal of a page of the administration."""
    return forbidden(
        _("This page of the administration is not yours."),
        _("It takes the role {roles}{scope}.").format(roles=role_names(roles), scope=""),
    )
