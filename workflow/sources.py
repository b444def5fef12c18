"""Platforms that hand issues in (12345, 一企来, 一网统管), as the system administrator keeps them.

Every change is in the system's history, with the name of the secret and never the secret.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from config.i18n import gettext as _
from config.roles import SEPARATED, Role
from config.settings import settings
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.callbacks.secret_names import is_name
from notifications.http.addresses import AddressRefused, networks, refuse_literal, split
from workflow import system_events
from workflow.administrators import require
from workflow.commands.base import clean
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotVisible, Reason

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_S = tables.source_system.c


def register(
    s: Session,
    *,
    actor: PersonInfo | None,
    code: str,
    name: str,
    person: str,
    now: datetime,
    callback_url: str = "",
    secret_name: str = "",
) -> int:
    """Add a platform whose issues the account of `person` (a username) files; returns its id.

    Raises `NotAllowed`, `Malformed`, or `GuardFailed` for a code that is taken.
    """
    require(s, actor, Role.SYSADMIN)
    code = _code(code)
    if s.execute(select(_S.id).where(_S.code == code)).first() is not None:
        raise GuardFailed(
            Reason(
                "source_exists",
                _("There is a platform {code} already.").format(code=code),
                "code",
                _("Choose another code."),
            )
        )
    values = {
        "code": code,
        "name": clean("name", name, most=80, needed=True),
        "person_id": _account(s, person),
        **_listening(callback_url, secret_name),
        "active": True,
    }
    added = insert(tables.source_system).values(values).returning(_S.id)
    key = int(s.execute(added).scalar_one())
    system_events.append(s, "source.registered", {"source": key, **values}, actor, now)
    return key


def update_source(
    s: Session,
    *,
    actor: PersonInfo | None,
    code: str,
    now: datetime,
    name: str | None = None,
    person: str | None = None,
    callback_url: str | None = None,
    secret_name: str | None = None,
    active: bool | None = None,
) -> None:
    """Change what is given of a platform; None leaves it as it is. Raises as `register` does."""
    require(s, actor, Role.SYSADMIN)
    row = find_source(s, code, lock=True)
    new: dict[str, Any] = {}
    if name is not None:
        new["name"] = clean("name", name, most=80, needed=True)
    if person is not None:
        new["person_id"] = _account(s, person)
    if callback_url is not None or secret_name is not None:
        new |= _listening(
            row.callback_url if callback_url is None else callback_url,
            row.secret_name if secret_name is None else secret_name,
        )
    if active is not None:
        new["active"] = active
    changed = {key: value for key, value in new.items() if row._mapping[key] != value}
    if not changed:
        return
    s.execute(update(tables.source_system).where(_S.id == row.id).values(changed))
    old = {key: row._mapping[key] for key in changed}
    facts = {"source": row.id, "code": row.code, "old": old, "new": changed}
    system_events.append(s, "source.changed", facts, actor, now)


def deactivate(s: Session, *, actor: PersonInfo | None, code: str, now: datetime) -> None:
    """A platform files nothing more and hears nothing more; what it filed stays."""
    update_source(s, actor=actor, code=code, now=now, active=False)


def list_sources(s: Session, *, actor: PersonInfo | None) -> list[Row[Any]]:
    """Every platform by code, for the system administrator."""
    require(s, actor, Role.SYSADMIN)
    return list(s.execute(select(tables.source_system).order_by(_S.code)))


def find_source(s: Session, code: str, *, lock: bool = False) -> Row[Any]:
    """The platform with that code. Raises `NotVisible` for an unknown one."""
    chosen = select(tables.source_system).where(_S.code == code.strip())
    row = s.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise unknown_source(code)
    return row


def unknown_source(code: str) -> NotVisible:
    """The same answer for a platform that does not exist and for somebody else's."""
    return NotVisible(
        Reason(
            "source_unknown",
            _("There is no platform {code} that you may file for.").format(code=code[:40]),
            "source",
            _("Check the code, and whose account the platform uses."),
        )
    )


def _code(text: str) -> str:
    if _CODE.fullmatch(text.strip()) is None:
        raise Malformed(
            Reason(
                "code_malformed",
                _("{code} cannot be a platform's code.").format(code=text[:40]),
                "code",
                _("Use at most 40 small letters, digits, - and _."),
            )
        )
    return text.strip()


def _account(s: Session, username: str) -> int:
    person = find_actor(s, username.strip())
    if person.roles & SEPARATED:
        raise Malformed(
            Reason(
                "account_administrates",
                _("{name} is an administrator's account.").format(name=person.username),
                "person",
                _("Give the platform an account of its own with the role of a reporter."),
            )
        )
    return person.id


def _listening(url: str, secret_name: str) -> dict[str, str]:
    """Where news goes and which secret signs it: both or neither."""
    url, secret_name = clean("callback_url", url, most=300), secret_name.strip()
    if secret_name and not is_name(secret_name):
        raise Malformed(
            Reason(
                "secret_name_malformed",
                _("This cannot be the name of a secret."),
                "secret_name",
                _("Use at most 60 small letters, digits and _; keep the secret itself elsewhere."),
            )
        )
    if url and not secret_name:
        raise Malformed(
            Reason(
                "secret_name_missing",
                _("Call-backs are signed, and no secret is named."),
                "secret_name",
                _("Name the secret; a variable XIAOHAO_SECRET_NAME or a file holds it."),
            )
        )
    if url:
        _refuse_bad_address(url)
    return {"callback_url": url, "secret_name": secret_name}


def _refuse_bad_address(url: str) -> None:
    try:
        refuse_literal(split(url), networks(settings().callback_networks))
    except AddressRefused as error:
        raise Malformed(
            Reason(
                "callback_url_refused",
                _("Call-backs may not go there: {detail}.").format(detail=error),
                "callback_url",
                _(
                    "Use an https address that is public, or one in the networks that "
                    "XIAOHAO_CALLBACK_NETWORKS names."
                ),
            )
        ) from None
