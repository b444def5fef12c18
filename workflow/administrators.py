"""Who may administer (三员分立), decided on rights that nobody can change meanwhile.

Without an actor somebody acts who has opened the database before there is anybody to be: that
is allowed until there is a first system or security administrator, and never after.
"""

from __future__ import annotations

from sqlalchemy import select

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import Directory, PersonInfo
from models.heads import forget_head
from workflow.context import context
from workflow.errors import Malformed, NotAllowed, Reason
from workflow.wording import role_names


def require(s: Session, actor: PersonInfo | None, *roles: str) -> None:
    """Refuse an actor without one of the roles, and nobody once there are administrators.

    Locks people and rights until the transaction ends. Raises `NotAllowed`, `Malformed`.
    """
    directory = locked_directory(s)
    if actor is None:
        refuse_nobody(directory)
    elif not held(directory, actor) & set(roles):
        raise NotAllowed(
            Reason(
                "not_allowed",
                _("{person} may not administer this.").format(person=actor.name),
                remedy=_("It takes the role {roles}{scope}.").format(
                    roles=role_names(roles), scope=""
                ),
            )
        )


def require_to_grant(s: Session, actor: PersonInfo | None, roles: frozenset[str]) -> None:
    """Rights are the security administrator's to give; the first one is the system's to make."""
    if not makes_the_first(locked_directory(s), actor, roles):
        require(s, actor, Role.SECADMIN)


def require_to_add(s: Session, actor: PersonInfo | None, roles: frozenset[str]) -> None:
    """People are the system administrator's to add, without rights but for the first of a kind."""
    directory = locked_directory(s)
    if makes_the_first(directory, actor, roles):
        return
    require(s, actor, Role.SYSADMIN)
    if roles and actor is not None:
        raise NotAllowed(
            Reason(
                "rights_apart",
                _("{person} may add people, but give them no rights.").format(person=actor.name),
                "role",
                _(
                    "Add the person without a role; then the security administrator runs: "
                    "xiaohao person grant USERNAME ROLE"
                ),
            )
        )


def makes_the_first(directory: Directory, actor: PersonInfo | None, roles: frozenset[str]) -> bool:
    """Whether one administrator makes the other who is still missing: else none ever could."""
    pairs = {Role.SECADMIN: Role.SYSADMIN, Role.SYSADMIN: Role.SECADMIN}
    return actor is not None and any(
        roles == {missing} and not directory.by_role.get(missing) and by in held(directory, actor)
        for missing, by in pairs.items()
    )


def locked_directory(s: Session) -> Directory:
    """People and rights as they are now, kept from changing until the transaction ends."""
    s.execute(select(tables.engine_head.c.id).with_for_update())
    forget_head(s)  # its edition may have been read before the lock was had
    return context(s).directory


def held(directory: Directory, actor: PersonInfo) -> frozenset[str]:
    """The actor's rights of this moment: they may have been taken since the actor was found."""
    person = directory.people.get(actor.id)
    return person.roles if person is not None else frozenset()


def refuse_nobody(directory: Directory) -> None:
    """Raise `Malformed` once there is an active system or security administrator."""
    if any(directory.by_role.get(role) for role in (Role.SYSADMIN, Role.SECADMIN)):
        raise Malformed(
            Reason(
                "actor_missing",
                _("Nobody is named to act; without a name only the first set-up is done."),
                "actor",
                _("Add --as USERNAME, or set XIAOHAO_ACTOR."),
            )
        )
