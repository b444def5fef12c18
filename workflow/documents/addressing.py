"""Issuer and addressee: departments address no directive to a Party committee or government.

Source: the burden-reduction rules of 2024 (domain rules, section 2): 部门和单位不得向下级党委和政府
发布指令性公文.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.documents import DocumentRules
from config.i18n import gettext as _
from models.directory import Directory, UnitInfo
from notifications.documents.kinds import Kind
from workflow.errors import GuardFailed, Reason

LETTERS = {"supervision_notice": "supervision_letter", "interview_notice": "interview_letter"}
"""The letter (函) that says the same as a notice (通知)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be done instead: another kind, or another issuer (a unit's code)."""

    kind: str = ""
    issuer: str = ""


class AddresseeRefused(GuardFailed):
    """The form does not fit issuer and addressee; `offers` says what does."""

    code = "addressee_refused"

    def __init__(self, reason: Reason, offers: Sequence[Offer]) -> None:
        super().__init__(reason)
        self.offers = tuple(offers)


def refuse_directive(
    rules: DocumentRules,
    people: Directory,
    kind: Kind,
    issuer: UnitInfo,
    addressees: Sequence[UnitInfo],
    *,
    demands: bool = False,
) -> None:
    """Raise `AddresseeRefused` for a directive that this issuer may not address to such a unit.

    `demands`: a 通报 that also requires something counts as a directive.
    """
    directive = kind.form in rules.directive_forms or demands
    protected = [u for u in addressees if u.kind in rules.party_and_government]
    if not directive or not protected or issuer.kind in rules.may_direct:
        return
    offers = _offers(rules, kind, people)
    raise AddresseeRefused(_reason(kind, issuer, protected, people, offers), offers)


def _offers(rules: DocumentRules, kind: Kind, people: Directory) -> list[Offer]:
    found = [Offer(kind=LETTERS[kind.name])] if kind.name in LETTERS else []
    if rules.submit_to in people.by_code:
        found.append(Offer(issuer=rules.submit_to))
    return found


def _reason(
    kind: Kind,
    issuer: UnitInfo,
    protected: Sequence[UnitInfo],
    people: Directory,
    offers: Sequence[Offer],
) -> Reason:
    remedies = {
        True: _("Send a letter (函) instead."),
        False: _("Submit it to {office}, to be issued from there."),
    }
    office = next((people.by_code[o.issuer].name for o in offers if o.issuer), "")
    return Reason(
        "addressee_refused",
        _(
            "{issuer} may not address a directive ({kind}) to the Party committee or government "
            "of {units}."
        ).format(issuer=issuer.name, kind=kind.zh, units="、".join(u.name for u in protected)),
        "to",
        " ".join(remedies[bool(o.kind)].format(office=office) for o in offers),
    )
