"""Picking and leaving out items, their order and proposals; fixing the agenda.

An item that is left out keeps its reason. Fixing the agenda raises its issues to L3 (the meeting
is the level at which they are solved), prepares the agenda as a document, and calls the units.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from config.i18n import DEFAULT_LANGUAGE, language
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue
from projects import history
from projects.access import refuse_stale
from projects.meetings import calling, papers, store
from projects.meetings.candidates import reasons_for
from projects.meetings.planning import locked, write
from workflow.case import not_visible
from workflow.commands import supervision
from workflow.commands.base import clean
from workflow.errors import GuardFailed, Malformed, Reason

MEETING_LEVEL = 3
_ITEM = tables.meeting_item
CHANGEABLE = ("planned", "session")
"""Items come before the agenda is fixed, or on the spot in the meeting."""


def pick(
    s: Session, *, actor: PersonInfo, meeting: int, issue: str, now: datetime,
    proposal: str = "", expected_version: int | None = None,
) -> int:  # fmt: skip
    """Put an issue on the agenda, with the reasons that hold for it; returns the item's id."""
    row = locked(s, actor, meeting, expected_version)
    _refuse_fixed(row)
    issue_id = _issue_id(s, actor, issue)
    reasons = reasons_for(s, row, issue_id, now)
    source = "rule" if reasons else "hand"
    key = add_item(
        s, row, issue_id, actor, now, state="picked", source=source,
        reasons=reasons or [{"code": "hand"}], proposal=clean("proposal", proposal, most=2000),
    )  # fmt: skip
    if row.state == "session":
        items = [one for one in store.items_of(s, actor, row.id) if one.id == key]
        raise_to_meeting(s, row, items, actor, now)
    return key


def drop(
    s: Session, *, actor: PersonInfo, meeting: int, issue: str, reason: str, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Leave an issue out of the meeting; the reason stays with it. Returns the item's id."""
    row = locked(s, actor, meeting, expected_version)
    store.refuse_state(row, ("planned",), *_fixed_words())
    reason = clean("reason", reason, most=500, needed=True)
    issue_id = _issue_id(s, actor, issue)
    reasons = reasons_for(s, row, issue_id, now) or [{"code": "hand"}]
    return add_item(
        s, row, issue_id, actor, now, state="dropped", source="rule", reasons=reasons, note=reason
    )


def propose(
    s: Session, *, actor: PersonInfo, item: int, proposal: str, place: int | None, now: datetime,
    expected_version: int | None = None,
) -> None:  # fmt: skip
    """Write the office's proposal on an item, and set its place in the order."""
    found = store.find_item(s, actor, item)
    row = locked(s, actor, found.meeting_id)
    found = store.find_item(s, actor, item)
    refuse_stale(found, expected_version)
    store.refuse_state(row, ("planned", "session"), *_fixed_words())
    if place is not None and not 1 <= place <= 999:
        message = _("The place must lie between 1 and 999.")
        raise Malformed(Reason("place_malformed", message, "place", _("Correct the number.")))
    values: dict[str, Any] = {"proposal": clean("proposal", proposal, most=2000)}
    if place is not None:
        values["place"] = place
    told = {"item": item, "issue": found.issue_number} | history.changes(found, values)
    s.execute(update(_ITEM).where(_ITEM.c.id == item).values(version=found.version + 1, **values))
    history.note(s, f"meeting:{row.id}", "meeting.item_changed", told, actor, now)


def add_item(
    s: Session, row: Any, issue_id: int, actor: PersonInfo, now: datetime, **values: Any
) -> int:
    """Insert an item, or give one that is there its new state; returns its id."""
    known = s.execute(
        select(_ITEM.c.id, _ITEM.c.version).where(
            _ITEM.c.meeting_id == row.id, _ITEM.c.issue_id == issue_id
        )
    ).one_or_none()
    values = {"note": "", "outcome": ""} | values
    if known is not None:
        key = int(known.id)
        changed = values | {"version": known.version + 1, "added_by_id": actor.id, "added_at": now}
        s.execute(update(_ITEM).where(_ITEM.c.id == key).values(**changed))
    else:
        key = _insert(s, row.id, issue_id, actor, now, values)
    write(s, row)
    told = {"issue_id": issue_id, "state": values["state"], "reasons": values["reasons"]}
    if values["note"]:
        told["reason"] = values["note"]
    history.note(s, f"meeting:{row.id}", "meeting.item", told, actor, now)
    return key


def _insert(
    s: Session, meeting_id: int, issue_id: int, actor: PersonInfo, now: datetime,
    values: dict[str, Any],
) -> int:  # fmt: skip
    last = s.execute(
        select(func.max(_ITEM.c.place)).where(_ITEM.c.meeting_id == meeting_id)
    ).scalar()
    filled = {
        "meeting_id": meeting_id, "issue_id": issue_id, "place": (last or 0) + 1, "version": 1,
        "added_by_id": actor.id, "added_at": now, "proposal": "",
    } | values  # fmt: skip
    return int(s.execute(insert(_ITEM).values(filled).returning(_ITEM.c.id)).scalar_one())


def fix(
    s: Session, *, actor: PersonInfo, meeting: int, now: datetime,
    expected_version: int | None = None,
) -> Any:  # fmt: skip
    """Fix the agenda: issues to L3, the agenda as a document, a call to every unit."""
    row = locked(s, actor, meeting, expected_version)
    store.refuse_state(row, ("planned",), _("The agenda of this meeting stands already."))
    items = store.items_of(s, actor, row.id)
    if not items:
        raise GuardFailed(
            Reason(
                "no_items", _("The agenda is empty."), "items", _("Pick at least one candidate.")
            )
        )
    raise_to_meeting(s, row, items, actor, now)
    paper = papers.prepare_agenda(s, row, actor, now)
    write(s, row, state="fixed", fixed_at=now, agenda_document_id=paper)
    told = {"items": [item.issue_number for item in items], "document": paper}
    history.note(s, f"meeting:{row.id}", "meeting.fixed", told, actor, now)
    calling.call(s, row, now)
    return store.find_meeting(s, actor, meeting)


def reopen(
    s: Session, *, actor: PersonInfo, meeting: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Any:  # fmt: skip
    """Take the agenda back for changes; its document is void, the levels stay."""
    row = locked(s, actor, meeting, expected_version)
    store.refuse_state(row, ("fixed",), _("Only an agenda that stands can be taken back."))
    reason = clean("reason", reason, most=500, needed=True)
    papers.void(s, row.agenda_document_id, actor, reason, now)
    write(s, row, state="planned", fixed_at=None, agenda_document_id=None)
    history.note(s, f"meeting:{row.id}", "meeting.reopened", {"reason": reason}, actor, now)
    return store.find_meeting(s, actor, meeting)


def raise_to_meeting(
    s: Session, row: Any, items: Sequence[Any], actor: PersonInfo, now: datetime
) -> None:
    """Bring issues to L3, in the order of their ids so that two who do so do not wait crosswise."""
    with language(DEFAULT_LANGUAGE):
        reason = _("On the agenda of dispatch meeting {number}.").format(number=row.number)
    for item in sorted(items, key=lambda one: one.issue_id):
        if item.issue_coordination_level < MEETING_LEVEL:
            supervision.coordinate(
                s, actor=actor, issue=item.issue_number, level=MEETING_LEVEL, reason=reason, now=now
            )


def _issue_id(s: Session, actor: PersonInfo, number: str) -> int:
    issue = find_issue(s, actor, number)
    if issue is None:
        raise not_visible(number)
    if issue.state in ("draft", "reported", "closed", "rejected", "merged"):
        raise GuardFailed(
            Reason(
                "issue_not_open",
                _("Issue {number} is not being worked on.").format(number=number),
                "issue",
                _("Choose one that was taken up and is still open."),
            )
        )
    return int(issue.id)


def _refuse_fixed(row: Any) -> None:
    store.refuse_state(row, CHANGEABLE, *_fixed_words())


def _fixed_words() -> tuple[str, str]:
    return _("The agenda of this meeting stands."), _("Take it back first.")
