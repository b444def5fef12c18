"""Issues handed in by other platforms, each exactly once however often it is handed in.

What a platform repeats is answered with the number it already has. Nothing is overwritten: where
a repeat says something else than the first time, the answer names the fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from config.i18n import gettext as _
from config.policy import Policy
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from workflow.commands.base import clean
from workflow.commands.discovery import Report, find_board, find_project, report
from workflow.context import context
from workflow.errors import Malformed, NotAllowed, Reason
from workflow.sources import find_source, unknown_source

_I = tables.issue.c

# Labels of stored data, not of a page: a repeat is compared with what was stored, so they must
# not change with a language or a catalogue.
_CONTACT_HEAD = "【来源联系信息】"
_CONTACT_LABELS = (("enterprise", "企业"), ("person", "联系人"), ("phone", "电话"))


@dataclass(frozen=True, slots=True)
class Contact:
    """Who asked the platform for help. The office needs it to call back; it is kept in the
    description, so whoever sees the issue sees it."""

    enterprise: str = ""
    person: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class IntakeForm:
    """What a platform hands in. `category`: name, code or English name of a category, or what
    the policy's `intake` table translates for the platform. `board`: code or name of a unit;
    `project`: code or name in the library."""

    source_id: str
    title: str
    description: str
    category: str
    board: str | None = None
    project: str | None = None
    no_project_reason: str = ""
    urgent: bool | None = None
    found_on: date | None = None
    contact: Contact = field(default_factory=Contact)


@dataclass(frozen=True, slots=True)
class IntakeOutcome:
    """The issue's number, whether it is new, and where a repeat differs from the first time."""

    number: str
    created: bool
    differing: tuple[str, ...] = ()


def intake(
    s: Session, *, source: str, actor: PersonInfo, form: IntakeForm, now: datetime
) -> IntakeOutcome:
    """File an issue for a platform, in `reported`, or find the one it filed before.

    Raises `NotVisible` unless the actor is the platform's own account, `NotAllowed` for one that
    is no longer active, `Malformed` and `GuardFailed` as a report does. Of two at the same time
    the unique index lets one in; the other is answered like a repeat.
    """
    row = find_source(s, source)
    if row.person_id != actor.id:
        raise unknown_source(source)
    source_id = clean("source_id", form.source_id, most=120, needed=True)
    known = _filed(s, row.code, source_id)
    if known is None:
        _refuse_inactive(row)
        filled = _report_form(s, row.code, source_id, form, actor)
        try:
            with s.conn.begin_nested():
                outcome = report(s, actor=actor, form=filled, now=now)
            return IntakeOutcome(outcome.issue_number, created=True)
        except IntegrityError:
            known = _filed(s, row.code, source_id)
            if known is None:
                raise
    return IntakeOutcome(known.number, False, _differing(s, known, form, actor))


def _refuse_inactive(row: Row[Any]) -> None:
    if not row.active:
        raise NotAllowed(
            Reason(
                "source_inactive",
                _("The platform {code} hands in nothing any more.").format(code=row.code),
                "source",
                _("Ask the system administrator."),
            )
        )


def _filed(s: Session, code: str, source_id: str | None) -> Row[Any] | None:
    chosen = select(tables.issue).where(_I.source_system == code, _I.source_id == source_id)
    return s.execute(chosen).one_or_none()


def _report_form(
    s: Session, code: str, source_id: str, form: IntakeForm, actor: PersonInfo
) -> Report:
    return Report(
        title=clean("title", form.title, most=200, needed=True),
        description=_described(form),
        category=_category(context(s).policy(), code, form.category),
        project=_project(s, form.project, actor),
        no_project_reason=clean("no_project_reason", form.no_project_reason, most=300),
        board=form.board,
        urgent=form.urgent,
        found_on=form.found_on,
        source_system=code,
        source_id=source_id,
    )


def _described(form: IntakeForm) -> str:
    """The description with the contact below it, one labelled line each."""
    text = clean("description", form.description)
    lines = []
    for name, label in _CONTACT_LABELS:
        value = clean(f"contact.{name}", getattr(form.contact, name), most=120)
        if value:
            lines.append(f"{label}：{' '.join(value.split())}")
    return "\n".join([text, "", _CONTACT_HEAD, *lines]).strip() if lines else text


def _category(policy: Policy, code: str, text: str) -> str:
    """The policy's category that a platform means. Raises `Malformed` naming all there are."""
    wanted = text.strip()
    translated = policy.intake.get(code, {}).get(wanted, wanted)
    for name, category in policy.categories.items():
        if translated in (name, category.code, category.en):
            return name
    raise Malformed(
        Reason(
            "category_unknown",
            _("Unknown category {name}.").format(name=wanted[:60]),
            "category",
            _("Use one of: {names}.").format(names=", ".join(policy.categories)),
        )
    )


def _project(s: Session, text: str | None, actor: PersonInfo) -> str | None:
    """The project's name, from its name or, where it may be known, its national code."""
    project = tables.project.c
    wanted = (text or "").strip()
    known = project.code == wanted, visible_projects(actor, context(s).directory)
    row = s.execute(select(project.name).where(*known)).one_or_none()
    return row.name if wanted and row is not None else wanted or None


def _differing(s: Session, known: Row[Any], form: IntakeForm, actor: PersonInfo) -> tuple[str, ...]:
    """Fields of a repeat that say something else than what was handed in first.

    Fields that a platform leaves open are not compared: their defaults were chosen here. One that
    would be refused today is different, but no reason to refuse the number.
    """
    try:
        given = _given(s, known, form, actor)
    except Malformed as error:
        return tuple(reason.field for reason in error.reasons)
    if known.archived_at is not None:  # what was corrected since lies in the archive
        return ()
    first = _first(s, known)
    return tuple(name for name, value in given.items() if first[name] != value)


def _given(s: Session, known: Row[Any], form: IntakeForm, actor: PersonInfo) -> dict[str, Any]:
    filled = _report_form(s, known.source_system, known.source_id, form, actor)
    project_id, of_project = find_project(s, context(s), filled.project, actor)
    given: dict[str, Any] = {
        "title": filled.title,
        "description": filled.description,
        "category": filled.category,
        "no_project_reason": filled.no_project_reason,
        "project": project_id,
        "board": find_board(context(s), filled.board, of_project, actor),
    }
    open_ones = {"urgent": form.urgent, "found_on": form.found_on}
    return given | {name: value for name, value in open_ones.items() if value is not None}


def _first(s: Session, known: Row[Any]) -> dict[str, Any]:
    """The issue as it was handed in: what the office has corrected since is taken back."""
    columns = known._mapping
    first = dict(columns) | {"project": columns["project_id"], "board": columns["board_id"]}
    event = tables.event.c
    edits = select(event.data).where(event.stream == f"issue:{known.id}", event.tag == "issue.edit")
    for row in s.execute(edits.order_by(event.seq.desc())):
        first |= row.data.get("old", {})
    return first
