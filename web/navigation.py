"""The pages a person is offered in the side bar. Offering is not permitting: pages ask again."""

from __future__ import annotations

from dataclasses import dataclass

from config.i18n import N_
from config.i18n import gettext as _
from config.roles import BUREAU_WIDE, SEPARATED, Role
from models.directory import PersonInfo
from models.queries.scope import BUSINESS_ROLES
from notifications.inbox import unread
from web.call import Call
from web.faults import forbidden

MOST = 99
"""More unread notices than these are not counted."""
REPORTERS = frozenset(
    {
        Role.REPORTER,
        Role.COMMISSIONER,
        Role.UNIT_LIAISON,
        Role.UNIT_LEADER,
        Role.INSPECTOR,
        Role.TRIAGE_OFFICER,
    }
)

PROJECT_SIDE = [
    ("/projects", N_("Key projects"), "building"),
    ("/targets", N_("Targets"), "target"),
    ("/meetings", N_("Dispatch meetings"), "people"),
    ("/inspections", N_("Inspections"), "eye"),
    ("/bulletins", N_("Bulletins and figures"), "chart"),
    ("/demands", N_("Enterprise demands"), "chat"),
]
"""What stands around the loop, for everybody who sees business."""
ALSO = {
    "/projects": ("/task-forces", "/commitments"),
    "/targets": ("/figures",),
    "/inspections": ("/evaluations",),
}
"""Addresses that belong to an entry without lying below it."""


ON_THE_BAR = frozenset({"/", "/issues", "/report", "/projects", "/notices"})
"""What a phone's bar shows at once; the rest waits behind its menu."""
FEW = 5
"""So many entries fit on a phone's bar without a menu."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the side bar. `icon` names a symbol of static/icons.svg, `count` what is new."""

    path: str
    label: str
    icon: str
    current: bool
    count: str = ""
    main: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Links of the side bar that belong together, under a small heading."""

    label: str
    entries: list[Entry]


def sees_business(person: PersonInfo) -> bool:
    """Whether issues are shown to this person at all (三员分立 keeps administrators out)."""
    return bool(person.roles & (BUREAU_WIDE | BUSINESS_ROLES))


def refuse_administrators(call: Call) -> None:
    """Refuse whoever administers a page of business."""
    if not sees_business(call.person):
        raise forbidden(_("The ledger takes a business role."))


def groups(call: Call) -> list[Group]:
    """The links for this person by group, the present one marked."""
    offered = _offered(call.person)
    few = sum(len(links) for _label, links in offered) <= FEW
    return [Group(_(label), [_entry(call, *one, few) for one in links]) for label, links in offered]


def _entry(call: Call, path: str, label: str, icon: str, few: bool) -> Entry:
    here = call.request.url.path
    return Entry(
        path,
        _(label),
        icon,
        here == path or (path != "/" and here.startswith((path + "/", *ALSO.get(path, ())))),
        _unread(call) if path == "/notices" else "",
        few or path in ON_THE_BAR,
    )


def _unread(call: Call) -> str:
    n = unread(call.s, call.person.id, most=MOST + 1)
    return f"{MOST}+" if n > MOST else str(n or "")


def _offered(person: PersonInfo) -> list[tuple[str, list[tuple[str, str, str]]]]:
    found = []
    if sees_business(person):
        found += [(N_("Closed loop"), _loop(person)), (N_("Projects"), PROJECT_SIDE)]
    system = [("/notices", N_("Notices"), "mail")]
    if person.roles & (SEPARATED | BUREAU_WIDE):
        system.append(("/admin", N_("Administration"), "gear"))
    system.append(("/account", N_("My account"), "person"))
    return [*found, (N_("System"), system)]


def _loop(person: PersonInfo) -> list[tuple[str, str, str]]:
    found = [("/", N_("Workbench"), "home"), ("/issues", N_("Ledger of issues"), "list")]
    if person.roles & REPORTERS:
        found.append(("/report", N_("Report an issue"), "plus"))
    found.append(("/supervision", N_("Supervision board"), "bell"))
    found.append(("/documents", N_("Documents"), "file"))
    return found
