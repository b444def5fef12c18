"""Receiving demands: by the public form, where nobody signs in, or from another platform."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from config.i18n import LANGUAGES, current_language
from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.demands.base import D, stream
from projects.demands.credit_code import checked
from projects.history import note
from projects.search import index
from projects.search.catching_up import catch_up
from projects.telling import tell
from workflow.accounts.secret import digest, new_secret
from workflow.commands.base import clean
from workflow.context import Context, context
from workflow.deadlines import side_limit
from workflow.errors import Malformed, NotAllowed, Reason
from workflow.evidence_safety import Stored
from workflow.sources import find_source, unknown_source

MOST_TEXT = 4_000
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{5,24}")


@dataclass(frozen=True, slots=True)
class DemandForm:
    """What an enterprise fills in. `board` is a unit's code or name, `project` as it says it."""

    enterprise: str
    contact: str
    phone: str
    body: str
    board: str = ""
    credit_code: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """A demand's number and the secret of its address; empty for one that was filed before."""

    number: str
    secret: str
    created: bool = True


def file(
    s: Session, form: DemandForm, now: datetime, *, secret: str, files: Sequence[Stored] = ()
) -> Filed:
    """Receive a demand from the public form. The same secret again is the same demand.

    `secret` is that of the form (256 random bits); only its digest is kept. Raises `Malformed`
    with every field that is wrong.
    """
    ctx = context(s)
    values = _values(ctx, form)
    known = s.execute(select(D.number).where(D.link_hash == digest(secret))).one_or_none()
    if known is not None:
        return Filed(known.number, secret, created=False)
    try:
        with s.conn.begin_nested():
            return Filed(_store(s, ctx, values, now, secret, files), secret)
    except IntegrityError:  # the same form, sent twice at the same moment
        known = s.execute(select(D.number).where(D.link_hash == digest(secret))).one_or_none()
        if known is None:
            raise
        return Filed(known.number, secret, created=False)


def check(s: Session, form: DemandForm) -> None:
    """Raise `Malformed` as `file` would, before a file that comes along is looked at."""
    _values(context(s), form)


def file_for_platform(
    s: Session, *, source: str, source_id: str, actor: PersonInfo, form: DemandForm, now: datetime
) -> Filed:
    """Receive a demand that another platform hands in, once however often it does.

    A repeat is told its number, never the secret again. Raises `NotVisible` unless the actor is
    the platform's own account, `NotAllowed` for one that is no longer active, `Malformed`.
    """
    row = find_source(s, source)
    if row.person_id != actor.id:
        raise unknown_source(source)
    key = clean("source_id", source_id, most=120, needed=True)
    known = _handed_in(s, row.code, key)
    if known is not None:
        return Filed(known.number, "", created=False)
    if not row.active:
        raise NotAllowed(_inactive(row.code))
    secret, ctx = new_secret(), context(s)
    values = _values(ctx, form) | {"source_system": row.code, "source_id": key}
    try:
        with s.conn.begin_nested():
            return Filed(_store(s, ctx, values, now, secret, ()), secret)
    except IntegrityError:
        known = _handed_in(s, row.code, key)
        if known is None:
            raise
        return Filed(known.number, "", created=False)


def _handed_in(s: Session, code: str, key: str) -> Row[Any] | None:
    chosen = select(D.number).where(D.source_system == code, D.source_id == key)
    return s.execute(chosen).one_or_none()


def _store(
    s: Session, ctx: Context, values: dict[str, Any], now: datetime, secret: str,
    files: Sequence[Stored],
) -> str:  # fmt: skip
    policy, calendar = ctx.policy(), ctx.calendar()
    made = insert(tables.demand).values(
        number=uuid.uuid4().hex,
        link_hash=digest(secret),
        link_since=now,
        received_at=now,
        take_up_due_at=side_limit(now, policy.demands.take_up_wd, calendar, policy),
        language=current_language() if current_language() in LANGUAGES else LANGUAGES[0],
        **values,
    )
    key = int(s.execute(made.returning(D.id)).scalar_one())
    number = f"XQ-{calendar.local_date(now).year}-{key:06d}"
    s.execute(update(tables.demand).where(D.id == key).values(number=number))
    for one in files:
        s.execute(
            insert(tables.demand_file).values(
                demand_id=key, name=one.name, sha256=one.digest, size=one.size, added_at=now
            )
        )
    # who called and under which number stays out of a history that nobody can change
    told = {name: values[name] for name in ("enterprise", "board_id", "body")}
    origin = {"source": values.get("source_system", ""), "files": len(files)}
    note(s, stream(key), "demand.received", {"number": number} | told | origin, None, now)
    catch_up(s, now)
    index.put(s, index.DEMAND, key, values["body"])
    _tell_desk(s, key, number, values, now)
    return number


def _tell_desk(s: Session, key: int, number: str, values: dict[str, Any], now: datetime) -> None:
    tell(
        s,
        "demand_received",
        context(s).directory.with_role(Role.TRIAGE_OFFICER),
        subject=stream(key),
        occasion="received",
        title=f"{number} {values['enterprise']}",
        path=f"/demands/{number}",
        now=now,
    )


def _values(ctx: Context, form: DemandForm) -> dict[str, Any]:
    """The columns that a form fills. Raises `Malformed` with everything that is wrong at once."""
    makers: dict[str, Callable[[], Any]] = {
        "enterprise": lambda: clean("enterprise", form.enterprise, most=200, needed=True),
        "credit_code": lambda: checked(form.credit_code[:100]),
        "contact": lambda: clean("contact", form.contact, most=60, needed=True),
        "phone": lambda: _phone(form.phone),
        "board_id": lambda: _board(ctx, form.board),
        "project_text": lambda: clean("project", form.project, most=200),
        "body": lambda: clean("body", form.body, most=MOST_TEXT, needed=True),
    }
    values: dict[str, Any] = {}
    reasons: list[Reason] = []
    for name, make in makers.items():
        try:
            values[name] = make()
        except Malformed as error:
            reasons += error.reasons
    if reasons:
        raise Malformed(*reasons)
    return values


def _phone(text: str) -> str:
    number = clean("phone", text, most=30, needed=True)
    if _PHONE.fullmatch(number) is None:
        raise Malformed(
            Reason(
                "phone_malformed",
                _("This is no telephone number."),
                "phone",
                _("Enter digits, with an area code where there is one."),
            )
        )
    return number


def _board(ctx: Context, text: str) -> int | None:
    """The town or street by code or name; None where the enterprise does not know it."""
    if not text.strip():
        return None
    unit = ctx.directory.find_unit(text.strip())
    if unit is None or not (unit.is_board and unit.active):
        raise Malformed(
            Reason(
                "board_unknown",
                _("Unknown town or street {name}.").format(name=text.strip()[:60]),
                "board",
                _("Choose one of the list, or leave it open."),
            )
        )
    return unit.id


def _inactive(code: str) -> Reason:
    return Reason(
        "source_inactive",
        _("The platform {code} hands in nothing any more.").format(code=code),
        "source",
        _("Ask the system administrator."),
    )
