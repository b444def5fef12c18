"""Who may look at what the administrators keep, asked in a reading transaction."""

from __future__ import annotations

from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from workflow.administrators import held, refuse_nobody
from workflow.context import context
from workflow.errors import NotAllowed, Reason
from workflow.wording import role_names


def require_to_look(s: Session, actor: PersonInfo | None, *roles: str) -> None:
    """As `administrators.require`, without a lock: nothing is decided on what is only shown.

    Raises `NotAllowed`, and `Malformed` for nobody once there are administrators.
    """
    directory = context(s).directory
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
