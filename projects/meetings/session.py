"""The meeting itself: opened and closed by the chief; units speak, and raise issues on the spot.

What a unit raises is reported by it, with the meeting as source, and is taken up at once by the
triage officer who keeps the record; the chief hands the tasks over (`projects.meetings.tasks`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.roles import Role
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import CHIEF, OFFICE, UNIT_VOICES, not_allowed, refuse_stale, require
from projects.coordination.requests import settle
from projects.meetings import store
from projects.meetings.agenda import add_item, raise_to_meeting
from projects.meetings.planning import write
from workflow.commands import discovery
from workflow.commands.base import Outcome, clean
from workflow.commands.discovery import Report
from workflow.context import context
from workflow.errors import GuardFailed, Reason

SOURCE = "meeting"
"""`issue.source_system` of what was raised in a meeting; its source id names meeting and place."""


def open_session(
    s: Session, *, actor: PersonInfo, meeting: int, now: datetime,
    expected_version: int | None = None,
) -> Any:  # fmt: skip
    """Open the meeting: decisions are recorded from now on. For the chief."""
    row = _by_chief(s, actor, meeting, expected_version)
    message, remedy = _("Only a meeting whose agenda stands is opened."), _("Fix the agenda first.")
    store.refuse_state(row, ("fixed",), message, remedy)
    write(s, row, state="session", opened_at=now)
    history.note(s, f"meeting:{row.id}", "meeting.opened", {}, actor, now)
    return store.find_meeting(s, actor, meeting)


def close(
    s: Session, *, actor: PersonInfo, meeting: int, now: datetime,
    expected_version: int | None = None,
) -> Any:  # fmt: skip
    """Close the meeting: items without a decision are left over for the next one."""
    row = _by_chief(s, actor, meeting, expected_version)
    store.refuse_state(row, ("session",), _("Only a meeting in session is closed."))
    treated = _close_items(s, actor, row)
    _settle_requests(s, treated, row, actor, now)
    write(s, row, state="closed", closed_at=now)
    _become_last(s, row)
    decisions = [one.id for one in store.decisions_of(s, actor, [row.id])]
    told = {"decided": treated, "decisions": decisions}
    history.note(s, f"meeting:{row.id}", "meeting.closed", told, actor, now)
    return store.find_meeting(s, actor, meeting)


def _become_last(s: Session, row: Any) -> None:
    """Meetings that were planned before this one was closed begin with its decisions."""
    meeting = tables.meeting
    chosen = select(meeting.c.id, meeting.c.starts_at).where(
        meeting.c.starts_at > row.starts_at, meeting.c.state.in_(("planned", "fixed"))
    )
    for later in s.execute(chosen).all():
        before = store.last_before(s, later.starts_at, later.id)
        s.execute(update(meeting).where(meeting.c.id == later.id).values(previous_id=before.id))


def _close_items(s: Session, actor: PersonInfo, row: Any) -> list[int]:
    """Items without an outcome become deferred ones; ids of the issues that were decided on."""
    decided = {one.item_id for one in store.decisions_of(s, actor, [row.id])}
    item, treated = tables.meeting_item, []
    for one in store.items_of(s, actor, row.id):
        outcome = "decided" if one.id in decided else "deferred"
        if outcome == "decided":
            treated.append(one.issue_id)
        if one.outcome != outcome:
            s.execute(
                update(item)
                .where(item.c.id == one.id)
                .values(outcome=outcome, version=one.version + 1)
            )
    return treated


def _settle_requests(
    s: Session, issues: list[int], row: Any, actor: PersonInfo, now: datetime
) -> None:
    request = tables.coordination_request.c
    chosen = select(request.id).where(request.issue_id.in_(issues), request.state == "open")
    ids = [one.id for one in s.execute(chosen)]
    if ids:
        settle(s, ids, "treated", actor, now, row.number)


def defer(
    s: Session, *, actor: PersonInfo, item: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> None:  # fmt: skip
    """Put an item off to the next meeting, with a reason."""
    found = store.find_item(s, actor, item)
    row = _by_chief(s, actor, found.meeting_id, None)
    found = store.find_item(s, actor, item)
    refuse_stale(found, expected_version)
    store.refuse_state(row, ("session",), _("Items are put off in the meeting."))
    decided = [one for one in store.decisions_of(s, actor, [row.id]) if one.item_id == item]
    if decided:
        raise GuardFailed(Reason("decided", _("The item has been decided on already.")))
    reason = clean("reason", reason, most=500, needed=True)
    table = tables.meeting_item
    s.execute(
        update(table)
        .where(table.c.id == item)
        .values(outcome="deferred", note=reason, version=found.version + 1)
    )
    told = {"issue": found.issue_number, "reason": reason}
    history.note(s, f"meeting:{row.id}", "meeting.deferred", told, actor, now)


def speak(
    s: Session, *, actor: PersonInfo, item: int, text: str, unit: str = "", now: datetime
) -> None:
    """A unit's position on an item: by its own liaison or leader, or taken down by the office."""
    found = store.find_item(s, actor, item)
    row = store.find_meeting(s, actor, found.meeting_id, lock=True)
    store.refuse_state(row, ("planned", "fixed", "session"), _("The meeting is over."))
    unit_id = _speaker(s, actor, unit)
    text = clean("text", text, most=2000, needed=True)
    table = tables.meeting_position
    same = (table.c.item_id == item) & (table.c.unit_id == unit_id)
    values = {"text": text, "by_id": actor.id, "at": now}
    if s.execute(update(table).where(same).values(values)).rowcount == 0:
        s.execute(insert(table), values | {"item_id": item, "unit_id": unit_id})
    told = {"issue": found.issue_number, "unit_id": unit_id, "text": text}
    history.note(s, f"meeting:{row.id}", "meeting.position", told, actor, now)


def _speaker(s: Session, actor: PersonInfo, unit: str) -> int:
    if actor.roles & OFFICE:
        named = context(s).directory.find_unit(unit.strip()) if unit.strip() else None
        if named is None:
            message = _("Unknown unit {name}.").format(name=unit)
            raise GuardFailed(Reason("unit_unknown", message, "unit", _("Choose the unit.")))
        return named.id
    if not actor.roles & UNIT_VOICES:
        raise not_allowed(_("Liaisons and leaders speak for their unit."))
    return actor.unit_id


def raise_issue(
    s: Session, *, actor: PersonInfo, meeting: int, form: Report, now: datetime
) -> Outcome:
    """Raise an issue in the meeting: reported with the meeting as its source, and an item of it.

    By a liaison or leader of a unit that attends, for its own unit; or taken down by a triage
    officer for a board, and then taken up for breakdown at once.
    """
    row = store.find_meeting(s, actor, meeting, lock=True)
    store.refuse_state(row, ("session",), _("Issues are raised while the meeting is in session."))
    recorder = Role.TRIAGE_OFFICER in actor.roles
    attending = {unit.unit_id for unit in store.units_of(s, [row.id]).get(row.id, [])}
    if not recorder and not (actor.roles & UNIT_VOICES and actor.unit_id in attending):
        raise not_allowed(_("Units that attend raise issues, or the triage officer for them."))
    _refuse_repeat(s, row, form)
    form = replace(form, source_system=SOURCE, source_id=_source_id(s, row))
    done = discovery.report(s, actor=actor, form=form, now=now)
    if recorder:
        done = discovery.start_triage(s, actor=actor, issue=done.issue_number, now=now)
    _add_raised(s, row, done.issue_number, actor, now, recorder)
    return done


def _refuse_repeat(s: Session, row: Any, form: Report) -> None:
    """A form that is sent twice raises one issue; the meeting is locked."""
    issue = tables.issue.c
    same = select(issue.number).where(
        issue.source_system == SOURCE, issue.source_id.like(f"{row.number}/%"),
        issue.title == form.title.strip(), issue.description == form.description.strip(),
    )  # fmt: skip
    number = s.execute(same.limit(1)).scalar()
    if number is not None:
        message = _("This was raised already, as {number}.").format(number=number)
        raise GuardFailed(Reason("raised_already", message, "title", _("See the items.")))


def _source_id(s: Session, row: Any) -> str:
    """A number of its own for each issue of the meeting; the meeting is locked."""
    issue = tables.issue.c
    prefix = f"{row.number}/"
    known = select(issue.id).where(
        issue.source_system == SOURCE, issue.source_id.like(f"{prefix}%")
    )
    return f"{prefix}{len(s.execute(known).all()) + 1}"


def _add_raised(
    s: Session, row: Any, number: str, actor: PersonInfo, now: datetime, recorder: bool
) -> None:
    issue = tables.issue.c
    found = s.execute(select(issue.id, issue.board_id).where(issue.number == number)).one()
    unit_id = found.board_id if recorder and found.board_id is not None else actor.unit_id
    unit = context(s).directory.unit_name(unit_id)
    key = add_item(
        s, row, found.id, actor, now, state="picked", source="raised",
        reasons=[{"code": "raised", "unit": unit}], raised_by_unit_id=unit_id,
    )  # fmt: skip
    if recorder:  # only the office sets levels; what a unit raises gets its level when taken up
        item = [one for one in store.items_of(s, actor, row.id) if one.id == key]
        raise_to_meeting(s, row, item, actor, now)


def take_up(s: Session, *, actor: PersonInfo, item: int, now: datetime) -> Outcome:
    """The triage officer takes up what a unit has raised, for the chief to hand over."""
    found = store.find_item(s, actor, item)
    row = store.find_meeting(s, actor, found.meeting_id, lock=True)
    store.refuse_state(row, ("session", "closed"), _("The meeting has not begun."))
    done = discovery.start_triage(s, actor=actor, issue=found.issue_number, now=now)
    items = [one for one in store.items_of(s, actor, row.id) if one.id == item]
    raise_to_meeting(s, row, items, actor, now)
    write(s, row)
    told = {"issue": found.issue_number}
    history.note(s, f"meeting:{row.id}", "meeting.taken_up", told, actor, now)
    return done


def _by_chief(s: Session, actor: PersonInfo, meeting: int, expected_version: int | None) -> Any:
    row = store.find_meeting(s, actor, meeting, lock=True)
    require(actor, CHIEF, _("The office chief opens, records and closes meetings."))
    refuse_stale(row, expected_version)
    return row
