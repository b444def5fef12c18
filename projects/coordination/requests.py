"""A unit asks that an issue be solved above it: consultation, district, city, or an element.

S0 0.5: what needs departments of the district or the city goes before the meeting. S0 0.9: funds,
land, energy and emission quotas are balanced by the board first; where it says that it cannot,
the district balances them in the meeting, and that is a reason of its own. A request raises L1 to
L2 at once; L3 and L4 stay decisions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import N_
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.scope import visible_issues
from projects.access import OFFICE, UNIT_VOICES, not_allowed, refuse_stale, require
from projects.coordination.levels import CONSULTED, set_level, tell_raised, units_at_work
from workflow.case import not_visible
from workflow.commands.base import Outcome, begin, clean, end
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.transition import Work

CAUSES: dict[str, str] = {
    "consult": N_("consultation by the bureau or a task force"),
    "district": N_("departments of the district are needed"),
    "city": N_("departments of the city are needed"),
    "element": N_("the board cannot balance the element itself"),
}
"""What a unit may ask for. `consult` is settled by the level; the others wait for the meeting."""
ASKABLE = ("triaging", "dispatched", "in_progress", "parked")
_R = tables.coordination_request


def ask(
    s: Session,
    *,
    actor: PersonInfo,
    issue: str,
    cause: str,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """Ask for coordination with a reason; L1 becomes L2 at once, and the office is told.

    For liaisons and leaders of the issue's board, its reporter's unit and the units at work, and
    for the office. Of an element only its board can say that it cannot balance it. Raises
    `NotVisible`, `NotAllowed`, `Malformed`, `GuardFailed`.
    """
    w, record = begin(s, actor=actor, now=now, issue=issue, expected_version=expected_version)
    _refuse_strangers(w, actor, cause)
    reason = clean("reason", reason, most=2000, needed=True)
    _refuse_wrong(w, cause)
    _refuse_repeat(s, w, actor, cause)
    treated = cause == "consult"
    values = {
        "issue_id": record.id, "unit_id": actor.unit_id, "cause": cause, "reason": reason,
        "state": "treated" if treated else "open", "asked_by_id": actor.id, "asked_at": now,
        "settled_at": now if treated else None, "version": 1, "opinion": "",
    }  # fmt: skip
    s.execute(insert(_R), values)
    data = {"cause": cause, "reason": reason, "by_unit": w.ctx.directory.unit_name(actor.unit_id)}
    w.touch("issue.coordination_asked", by=actor, data=data)
    raised = record.coordination_level < CONSULTED
    if raised:
        set_level(w, CONSULTED, cause, reason, by=actor)
    outcome = end(w)
    tell_raised(w, reason)
    return outcome


def _refuse_strangers(w: Work, actor: PersonInfo, cause: str) -> None:
    if actor.roles & OFFICE:
        return
    own = {w.issue.board_id, w.issue.reporter_unit_id, *units_at_work(w)}
    if cause == "element":
        own = {w.issue.board_id}
    if not (actor.roles & UNIT_VOICES and actor.unit_id in own):
        raise not_allowed(_("Liaisons and leaders of the units concerned may ask for this."))


def _refuse_wrong(w: Work, cause: str) -> None:
    if cause not in CAUSES:
        raise Malformed(
            Reason(
                "cause_unknown",
                _("Unknown request {name}.").format(name=cause),
                "cause",
                _("Use one of: {names}.").format(names=", ".join(CAUSES)),
            )
        )
    if w.issue.state not in ASKABLE:
        raise GuardFailed(
            Reason(
                "not_askable",
                _("In its present state the issue needs no coordination."),
                remedy=_("Ask once it is being broken down or worked on."),
            )
        )
    elements = w.ctx.policy().coordination.element_categories
    if cause == "element" and w.issue.category not in elements:
        raise GuardFailed(
            Reason(
                "no_element",
                _("The category {name} is not balanced by boards.").format(name=w.issue.category),
                "cause",
                _("This is for: {names}.").format(names="、".join(elements)),
            )
        )


def _refuse_repeat(s: Session, w: Work, actor: PersonInfo, cause: str) -> None:
    """One open request of a unit for the same; a consultation that is under way needs none."""
    same = select(_R.c.id).where(
        _R.c.issue_id == w.issue.id,
        _R.c.unit_id == actor.unit_id,
        _R.c.cause == cause,
        _R.c.state == "open",
    )
    consulted = cause == "consult" and w.issue.coordination_level >= CONSULTED
    if consulted or s.execute(same).first() is not None:
        raise GuardFailed(
            Reason("asked_already", _("This is under way already."), "cause", _("Wait for it."))
        )


def decline(
    s: Session,
    *,
    actor: PersonInfo,
    request: int,
    opinion: str,
    now: datetime,
    expected_version: int | None = None,
) -> Outcome:
    """The office answers a request without the meeting; the level is left to its own command."""
    row, number = find_request(s, actor, request)
    require(actor, OFFICE, _("Only the office answers requests for coordination."))
    w, _record = begin(s, actor=actor, now=now, issue=number)
    row, _number = find_request(s, actor, request)  # under the lock of its issue
    refuse_stale(row, expected_version)
    if row.state != "open":
        raise GuardFailed(Reason("settled", _("The request has been settled already.")))
    opinion = clean("opinion", opinion, most=500, needed=True)
    settle(s, [row.id], "declined", actor, now, opinion)
    data = {"cause": row.cause, "opinion": opinion, "by_unit": _unit(w, row.unit_id)}
    w.touch("issue.coordination_settled", by=actor, data=data)
    return end(w)


def _unit(w: Work, unit_id: int) -> str:
    return w.ctx.directory.unit_name(unit_id)


def settle(
    s: Session, ids: list[int], state: str, actor: PersonInfo, now: datetime, opinion: str
) -> None:
    """Mark requests as `treated` or `declined`."""
    s.execute(
        update(_R)
        .where(_R.c.id.in_(ids), _R.c.state == "open")
        .values(
            state=state, settled_by_id=actor.id, settled_at=now, opinion=opinion,
            version=_R.c.version + 1,
        )
    )  # fmt: skip


def find_request(s: Session, actor: PersonInfo, request: int) -> tuple[Any, str]:
    """The row and its issue's number. Raises `NotVisible` for issues outside the scope."""
    issue = tables.issue.c
    row = s.execute(
        select(_R, issue.number.label("issue_number"))
        .join(tables.issue, issue.id == _R.c.issue_id)
        .where(_R.c.id == request, visible_issues(actor))
    ).one_or_none()
    if row is None:
        raise not_visible(str(request))
    return row, str(row.issue_number)


def requests_of(s: Session, issue_id: int) -> list[Any]:
    """Every request about an issue, newest first; whoever sees the issue may see them."""
    chosen = select(_R).where(_R.c.issue_id == issue_id)
    return list(s.execute(chosen.order_by(_R.c.id.desc()).limit(50)))
