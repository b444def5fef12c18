"""Signing, issuing, receiving and voiding. A number is given when a document is signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from config.documents import document_rules
from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.documents.kinds import KINDS, Kind
from notifications.documents.shape import document_number
from workflow.commands.base import clean
from workflow.context import context
from workflow.documents import chains, numbers, store
from workflow.documents.asking import refuse_unless
from workflow.documents.outcome import Issued, state_name
from workflow.documents.rights import RECEIVERS, own_copy, prepares, preparing_unit, refuse_signing
from workflow.documents.sending import tell_addressees, tell_of_voiding
from workflow.errors import GuardFailed, IllegalTransition, Reason, StaleVersion
from workflow.transition import Work


def sign(
    s: Session, *, actor: PersonInfo, document: int, now: datetime,
    expected_version: int | None = None,
) -> Issued:  # fmt: skip
    """Sign: the document gets its date and, unless it is a list of the system, its number.

    Only a person with the right of its kind, in the issuing unit. Raises `NotAllowed`.
    """
    row, kind, works = _locked(s, actor, document, now, expected_version, ("prepared",))
    refuse_signing(s, actor, row, kind)
    today = context(s).calendar().local_date(now)
    number, taken = _numbered(s, row, kind, today.year) if kind.series else (None, None)
    _change(
        s, row, state="signed", signed_by_id=actor.id, signed_at=now, dated=today, number=number,
        series=taken.series if taken else None, n=taken.n if taken else None,
    )  # fmt: skip
    told = _step(row, kind, number) | {"signer": actor.name}
    chains.record(s, works, "signed", told, actor, now)
    return Issued(row.id, "signed", row.version + 1, number)


def _numbered(s: Session, row: Any, kind: Kind, year: int) -> tuple[str, numbers.Taken]:
    """The next number of the issuer, in words too. Raises `GuardFailed` where a document of another
    unit has that number: then both go by the same word (机关代字)."""
    taken = numbers.take(s, row.issuer_unit_id, kind.name, year)
    unit = context(s).directory.units[row.issuer_unit_id]
    word = document_rules().issuer(unit.code, unit.name).word
    number = document_number(word, kind.series, year, taken.n)
    table = tables.document
    if s.execute(select(table.c.id).where(table.c.number == number)).first() is None:
        return number, taken
    raise GuardFailed(
        Reason(
            "number_taken",
            _("A document of another unit has the number {number}.").format(number=number),
            "document",
            _("Let {unit} have a word of its own in the settings of documents.").format(
                unit=unit.name
            ),
        )
    )


def issue(
    s: Session, *, actor: PersonInfo, document: int, now: datetime,
    expected_version: int | None = None,
) -> Issued:  # fmt: skip
    """Issue a signed document to its addressees, who are told. Raises `GuardFailed` when a unit
    has nobody who could receive it: nothing goes to nobody."""
    row, kind, works = _locked(s, actor, document, now, expected_version, ("signed",))
    roles = (*kind.preparers, *kind.signers, Role.PRINCIPAL)
    scope = actor.unit_id in (row.issuer_unit_id, preparing_unit(s, row))
    refuse_unless(actor, roles, scope, _("issue the document"))
    _change(s, row, state="issued", issued_by_id=actor.id, issued_at=now)
    tell_addressees(s, row, kind, actor, now)
    chains.record(s, works, "issued", _step(row, kind, row.number), actor, now)
    return Issued(row.id, "issued", row.version + 1, row.number)


def receive(
    s: Session, *, actor: PersonInfo, document: int, now: datetime,
    expected_version: int | None = None,
) -> Issued:  # fmt: skip
    """签收: the addressee unit's liaison or leader confirms that it has arrived; who and when."""
    row, kind, works = _locked(s, actor, document, now, expected_version, ("issued",))
    own = own_copy(s, actor, row.id)
    refuse_unless(actor, RECEIVERS, own is not None, _("sign for the document"))
    if own.received_at is not None:
        raise GuardFailed(
            Reason("received_already", _("Your unit has signed for it already."), "document")
        )
    table = tables.document_addressee
    s.execute(
        update(table).where(table.c.id == own.id).values(received_by_id=actor.id, received_at=now)
    )
    unit = context(s).directory.unit_name(actor.unit_id)
    chains.record(s, works, "received", _step(row, kind, row.number) | {"unit": unit}, actor, now)
    return Issued(row.id, "issued", row.version, row.number)


def void(
    s: Session, *, actor: PersonInfo, document: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Issued:  # fmt: skip
    """Void a document. Its number stays given, and shown. Before signing whoever may prepare it
    does so, afterwards only who may sign; addressees of an issued one are told."""
    states = ("prepared", "signed", "issued")
    row, kind, works = _locked(s, actor, document, now, expected_version, states)
    reason = clean("reason", reason, most=500, needed=True)
    if row.state != "prepared" or not prepares(s, actor, row, kind):
        refuse_signing(s, actor, row, kind)
    _change(s, row, state="void", voided_by_id=actor.id, voided_at=now, void_reason=reason)
    if row.state == "issued":
        tell_of_voiding(s, row, kind, actor, now, reason)
    told = _step(row, kind, row.number) | {"reason": reason}
    chains.record(s, works, "void", told, actor, now)
    return Issued(row.id, "void", row.version + 1, row.number)


def _locked(
    s: Session, actor: PersonInfo, document: int, now: datetime, expected: int | None,
    states: tuple[str, ...],
) -> tuple[Any, Kind, list[Work]]:  # fmt: skip
    """The document and its issues under lock; refuses other states and stale callers."""
    row = store.find_document(s, actor, document, lock=True)
    if expected is not None and expected != row.version:
        raise StaleVersion(
            Reason(
                "stale_version",
                _("Somebody has changed the document meanwhile."),
                "document",
                _("Look at it again, then decide."),
            )
        )
    if row.state not in states:
        raise IllegalTransition(
            Reason(
                "document_state",
                _("The document is {state}.").format(state=state_name(row.state)),
                "document",
                _("This can be done while it is {states}.").format(
                    states=", ".join(map(state_name, states))
                ),
            )
        )
    return row, KINDS[row.kind], chains.works_of(s, actor, store.issues_of(s, row.id), now)


def _change(s: Session, row: Any, **values: Any) -> None:
    table = tables.document
    s.execute(update(table).where(table.c.id == row.id).values(version=row.version + 1, **values))


def _step(row: Any, kind: Kind, number: str | None) -> dict[str, Any]:
    return {
        "document": row.id,
        "name": kind.zh,
        "title": row.title,
        "number": number or "",
        "sha256": store.digest_of(row.facts),
    }
