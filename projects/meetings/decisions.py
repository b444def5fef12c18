"""What the meeting decides: recorded, answered for by units, put right, and followed up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from config.i18n import DEFAULT_LANGUAGE, N_, language
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import CHIEF, OFFICE, UNIT_VOICES, not_allowed, refuse_stale, require
from projects.meetings import papers, store
from projects.meetings.planning import write
from projects.telling import tell, voices
from workflow.commands import supervision
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, IllegalTransition, Malformed, Reason

KINDS: dict[str, str] = {
    "task": N_("becomes a task"),
    "ask": N_("a unit is asked for an answer with a date"),
    "follow": N_("followed up without a task"),
    "city": N_("reported to the city"),
}
"""What a decision may be when it is recorded; an answered question becomes a task."""
CITY_LEVEL = 4
_D = tables.meeting_decision


@dataclass(frozen=True, slots=True)
class Decided:
    """What is recorded. `item` is an item's id, None for what concerns the meeting as a whole;
    `lead` a unit's code or name; `due` the day, which a question may leave to the answer."""

    kind: str
    text: str
    lead: str
    due: date | None = None
    item: int | None = None


def record(
    s: Session, *, actor: PersonInfo, meeting: int, form: Decided, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Record a decision in the session, and tell its unit; returns its id. For the chief.

    One of the kind `task` is made a task in the same breath by `projects.meetings.tasks.decide`.
    """
    row = store.find_meeting(s, actor, meeting, lock=True)
    require(actor, CHIEF, _("The office chief records decisions."))
    refuse_stale(row, expected_version)
    store.refuse_state(row, ("session",), _("Decisions are recorded in the meeting."))
    values = _checked(s, actor, row, form, now)
    _refuse_repeat(s, row, values)
    key = _insert(s, row, values, actor, now)
    if form.kind == "city":
        _to_the_city(s, row, values, actor, now)
    told = {name: values[name] for name in ("n", "kind", "text", "lead_unit_id", "due_on")}
    told |= {"decision": key, "item": form.item}
    history.note(s, f"meeting:{row.id}", "meeting.decision", told, actor, now)
    _tell(s, row, key, values, actor, now)
    return key


def _checked(
    s: Session, actor: PersonInfo, row: Any, form: Decided, now: datetime
) -> dict[str, Any]:
    faults: list[Reason] = []
    if form.kind not in KINDS:
        message = _("Unknown kind of decision {name}.").format(name=form.kind)
        remedy = _("Use one of: {names}.").format(names=", ".join(KINDS))
        faults.append(Reason("kind_unknown", message, "kind", remedy))
    unit = context(s).directory.find_unit(form.lead.strip()) if form.lead.strip() else None
    if unit is None or not unit.active:
        message = _("No unit is named.")
        faults.append(Reason("lead_unknown", message, "lead", _("Choose the unit that answers.")))
    if form.item is None and form.kind in ("task", "city"):
        message = _("This takes an item of the agenda.")
        faults.append(Reason("item_missing", message, "item", _("Choose the item.")))
    text = clean("text", form.text, most=2000)
    if not text:
        message = _("The decision has no text.")
        faults.append(Reason("text_missing", message, "text", _("Fill in this field.")))
    faults += _due_faults(s, form, now)
    if faults:
        raise Malformed(*faults)
    assert unit is not None
    return {
        "item_id": _item_id(s, actor, row, form.item), "text": text, "lead_unit_id": unit.id,
        "kind": "task" if form.kind == "ask" else form.kind, "due_on": form.due,
        "state": "asked" if form.kind == "ask" else "open",
    }  # fmt: skip


def _due_faults(s: Session, form: Decided, now: datetime) -> list[Reason]:
    today = context(s).calendar().local_date(now)
    if form.due is None and form.kind != "ask":
        message = _("No date is given.")
        return [Reason("due_missing", message, "due", _("Say by when."))]
    if form.due is not None and form.due <= today:
        message = _("The date must lie after today.")
        return [Reason("due_past", message, "due", _("Choose a later date."))]
    return []


def _item_id(s: Session, actor: PersonInfo, row: Any, item: int | None) -> int | None:
    if item is None:
        return None
    found = store.find_item(s, actor, item)
    if found.meeting_id != row.id or found.state != "picked":
        message = _("This is no item of the meeting.")
        raise Malformed(Reason("item_unknown", message, "item", _("Choose one of its items.")))
    table = tables.meeting_item
    if found.outcome == "deferred":  # the meeting has come back to it
        back = update(table).where(table.c.id == item)
        s.execute(back.values(outcome="", note="", version=found.version + 1))
    return int(item)


def _refuse_repeat(s: Session, row: Any, values: dict[str, Any]) -> None:
    """A form that is sent twice records one decision; the meeting is locked."""
    names = ("item_id", "text", "lead_unit_id", "due_on", "kind")
    same = select(_D.c.n).where(
        _D.c.meeting_id == row.id,
        *(_D.c[name].is_not_distinct_from(values[name]) for name in names),
    )
    n = s.execute(same.limit(1)).scalar()
    if n is not None:
        message = _("This very decision is recorded already, as number {n}.").format(n=n)
        raise GuardFailed(Reason("recorded_already", message, "text", _("See the decisions.")))


def _insert(s: Session, row: Any, values: dict[str, Any], actor: PersonInfo, now: datetime) -> int:
    last = s.execute(select(func.max(_D.c.n)).where(_D.c.meeting_id == row.id)).scalar()
    filled = values | {
        "meeting_id": row.id, "n": (last or 0) + 1, "version": 1, "answer": "", "done_note": "",
        "recorded_by_id": actor.id, "recorded_at": now,
    }  # fmt: skip
    values["n"] = filled["n"]
    write(s, row)
    return int(s.execute(insert(_D).values(filled).returning(_D.c.id)).scalar_one())


def _to_the_city(
    s: Session, row: Any, values: dict[str, Any], actor: PersonInfo, now: datetime
) -> None:
    """L4 by the decision of a person: the meeting's."""
    item = store.find_item(s, actor, values["item_id"])
    with language(DEFAULT_LANGUAGE):
        reason = _("Dispatch meeting {number} decided to report it to the city.").format(
            number=row.number
        )
    supervision.coordinate(
        s, actor=actor, issue=item.issue_number, level=CITY_LEVEL, reason=reason, now=now
    )


def _tell(
    s: Session, row: Any, key: int, values: dict[str, Any], actor: PersonInfo, now: datetime
) -> None:
    asked = values["state"] == "asked"
    due = values["due_on"]
    tell(
        s, "commitment_asked" if asked else "decision_made", voices(s, values["lead_unit_id"]),
        subject=f"decision:{key}", occasion="asked" if asked else "made",
        title=f"{row.name} {row.number}", path=f"/meetings/{row.id}", now=now, urgent=asked,
        detail=values["text"] + (f"（{due.isoformat()}）" if due else ""), actor=actor.name,
        actor_unit=context(s).directory.unit_name(actor.unit_id),
    )  # fmt: skip


def answer(
    s: Session, *, actor: PersonInfo, decision: int, text: str, due: date | None, now: datetime,
    expected_version: int | None = None,
) -> None:  # fmt: skip
    """A unit answers what it was asked, with a date (S3): by its own liaison or leader, or the
    chief takes it down. The chief then makes it a task with that date."""
    row = _locked(s, actor, decision, expected_version)
    own = actor.roles & UNIT_VOICES and actor.unit_id == row.lead_unit_id
    if not own and not actor.roles & CHIEF:
        raise not_allowed(_("Liaisons and leaders of the unit that was asked answer."))
    if row.state not in ("asked", "answered") or row.task_id is not None:
        raise IllegalTransition(Reason("not_asked", _("No answer is awaited here.")))
    papers.refuse_frozen(s, store.find_meeting(s, actor, row.meeting_id))
    text = clean("text", text, most=2000, needed=True)
    faults = _due_faults(s, Decided("task", text, "", due), now)
    if faults:
        raise Malformed(*faults)
    values = {"answer": text, "due_on": due, "answered_by_id": actor.id, "answered_at": now}
    change(s, row, values | {"state": "answered"})
    told = {"decision": row.id, "answer": text, "due_on": due}
    history.note(s, f"meeting:{row.meeting_id}", "meeting.answer", told, actor, now)


def amend(
    s: Session, *, actor: PersonInfo, decision: int, text: str, now: datetime,
    expected_version: int | None = None,
) -> None:  # fmt: skip
    """Put a decision's words right, until minutes are prepared; a task keeps its own words."""
    row = _locked(s, actor, decision, expected_version)
    require(actor, CHIEF, _("The office chief records decisions."))
    papers.refuse_frozen(s, store.find_meeting(s, actor, row.meeting_id))
    text = clean("text", text, most=2000, needed=True)
    told = {"decision": row.id} | history.changes(row, {"text": text})
    change(s, row, {"text": text})
    history.note(s, f"meeting:{row.meeting_id}", "meeting.amended", told, actor, now)


def done(
    s: Session, *, actor: PersonInfo, decision: int, note: str, now: datetime,
    expected_version: int | None = None,
) -> None:  # fmt: skip
    """Mark a decision without a task as carried out; one with a task is done when that is."""
    row = _locked(s, actor, decision, expected_version)
    require(actor, OFFICE, _("The office marks decisions as carried out."))
    if row.task_id is not None or row.state not in ("open", "answered"):
        raise GuardFailed(
            Reason(
                "not_markable",
                _("This decision is not marked by hand."),
                remedy=_("One with a task is done when its task is verified."),
            )
        )
    note = clean("note", note, most=500, needed=True)
    change(s, row, {"state": "done", "done_at": now, "done_by_id": actor.id, "done_note": note})
    told = {"decision": row.id, "note": note}
    history.note(s, f"meeting:{row.meeting_id}", "meeting.decision_done", told, actor, now)


def change(s: Session, row: Any, values: dict[str, Any]) -> None:
    """Change a decision's columns under its next version."""
    s.execute(update(_D).where(_D.c.id == row.id).values(version=row.version + 1, **values))


def _locked(s: Session, actor: PersonInfo, decision: int, expected_version: int | None) -> Any:
    row = store.find_decision(s, actor, decision, lock=True)
    refuse_stale(row, expected_version)
    return row
