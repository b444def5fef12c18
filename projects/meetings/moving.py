"""Moving a meeting that has not begun, and calling it off. Its number stays in either case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.i18n import DEFAULT_LANGUAGE, language
from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.meetings import calling, papers, store
from projects.meetings.planning import Invitation, checked, invite, locked, refuse_repeat, write
from workflow.commands.base import clean

BEFORE = ("planned", "fixed")
TOLD = ("starts_at", "place", "chair_id")
"""What the call and the agenda's paper tell: where it changes, both are made anew."""


def change(
    s: Session, *, actor: PersonInfo, meeting: int, form: Invitation, now: datetime,
    expected_version: int | None = None,
) -> Any:  # fmt: skip
    """Move a meeting, or change place, chair or units, before it is opened. For the office.

    Where its agenda stands, units are called again when something they were told has changed,
    units that were added are called, those left out are told so, and its paper is made anew.
    """
    row = locked(s, actor, meeting, expected_version)
    message = _("A meeting that was opened or called off is not changed any more.")
    store.refuse_state(row, BEFORE, message)
    values = checked(s, form, now)
    refuse_repeat(s, values["starts_at"], row.id)
    units = values.pop("units")
    invited = set(calling.attending(s, row.id))
    wanted = {unit.id for unit in units}
    before = store.last_before(s, values["starts_at"], row.id)
    values["previous_id"] = before.id if before is not None else None
    told = history.changes(row, values) | {"units": [unit.code for unit in units]}
    write(s, row, **values)
    invite(s, row.id, units)
    history.note(s, f"meeting:{row.id}", "meeting.changed", told, actor, now)
    moved = any(name in told for name in TOLD)
    if row.state == "fixed" and (moved or invited != wanted):
        _call_again(s, actor, row.id, sorted(invited - wanted), moved or "previous_id" in told, now)
    return store.find_meeting(s, actor, meeting)


def _call_again(
    s: Session, actor: PersonInfo, meeting: int, left: list[int], moved: bool, now: datetime
) -> None:
    row = store.find_meeting(s, actor, meeting)
    if moved:
        with language(DEFAULT_LANGUAGE):
            reason = _("The meeting was moved; its agenda is made anew.")
        papers.void(s, row.agenda_document_id, actor, reason, now)
        write(s, row, agenda_document_id=papers.prepare_agenda(s, row, actor, now))
        row = store.find_meeting(s, actor, meeting)
    calling.call(s, row, now)
    calling.let_go(s, row, left, now)


def call_off(
    s: Session, *, actor: PersonInfo, meeting: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Any:  # fmt: skip
    """Call a meeting off before it begins, with a reason. For the office.

    Number, items and positions stay as they are; its paper is void, everybody who attends is told,
    and its items are candidates of the next meeting (`projects.meetings.candidates`).
    """
    row = locked(s, actor, meeting, expected_version)
    message = _("Only a meeting that has not begun is called off.")
    store.refuse_state(row, BEFORE, message, _("Close a meeting that was opened."))
    reason = clean("reason", reason, most=500, needed=True)
    papers.void(s, row.agenda_document_id, actor, reason, now)
    write(s, row, state="called_off", called_off_at=now, called_off_reason=reason)
    items = [item.issue_number for item in store.items_of(s, actor, row.id)]
    told = {"reason": reason, "items": items}
    history.note(s, f"meeting:{row.id}", "meeting.called_off", told, actor, now)
    off = store.find_meeting(s, actor, meeting)
    calling.call_off(s, off, reason, now)
    return off
