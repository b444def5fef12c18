"""Preparing a document: everything it says is checked, gathered and frozen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from config.documents import document_rules
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo, UnitInfo
from notifications.documents import fonts
from notifications.documents.compose import compose
from notifications.documents.kinds import Kind
from notifications.documents.pdf import LAYOUT, shipped_layout
from notifications.documents.sheet import Sheet
from notifications.documents.word import usable_template
from workflow.commands.base import begin
from workflow.context import context
from workflow.documents import asking, chains, ladder, store
from workflow.documents.addressing import refuse_directive
from workflow.documents.asking import Draft, refuse_unless
from workflow.documents.gather import Chosen, gather
from workflow.documents.outcome import Issued
from workflow.errors import GuardFailed, Reason
from workflow.transition import Work


def prepare(s: Session, *, actor: PersonInfo, draft: Draft, now: datetime) -> Issued:
    """Freeze what a document says. It has neither number nor date before it is signed.

    Raises `NotVisible` for issues outside the scope, `NotAllowed`, `Malformed`, `GuardFailed`
    (`AddresseeRefused` where issuer and addressee do not fit the form).
    """
    kind, people = asking.kind_for(actor, draft.kind), context(s).directory
    steps = ladder.find_steps(s, actor, draft.steps) if draft.steps else []
    draft = replace(draft, tasks=[*draft.tasks, *(step.task_number for step in steps)])
    works = _works(s, actor, draft, now)
    refuse_unless(actor, kind.preparers, True, _("prepare a document"))
    chosen = asking.choose(kind, draft, works)
    ladder.refuse_steps(kind, steps, chosen)
    _refuse_strangers(kind, actor, chosen)
    issuer = asking.issuer_of(kind, draft, actor, people)
    given = asking.typed(kind, draft.given)
    to = asking.units_of(draft.to, people, "to") or asking.default_addressees(kind, works, chosen)
    to = to or ([] if kind.about != "none" else asking.everybody_else(people, issuer))
    copies = [u for u in asking.units_of(draft.copies, people, "copies") if u not in to]
    demands = kind.name == "bulletin" and bool(given["requirements"])
    refuse_directive(document_rules(), people, kind, issuer, to, demands=demands)
    request = _ruled_request(s, kind, chosen)
    _refuse_early(kind, works, chosen)
    facts = gather(
        s, actor=actor, now=now, issuer=issuer, to=to, copies=copies, works=works, chosen=chosen,
        given=given, request=request, ranked=kind.name == "bulletin",
    )  # fmt: skip
    sheet = compose(kind, facts)
    frozen = {"facts": facts, "sheet": sheet.plain()}
    word, broken = usable_template(sheet)
    key = _store(s, kind, sheet, frozen, issuer, actor, now, word)
    _store_links(s, key, works, chosen, to, copies)
    ladder.link(s, steps, key)
    carried = {"steps": [step.id for step in steps]} if steps else {}
    chains.record(s, works, "prepared", _told(key, kind, sheet, frozen) | carried, actor, now)
    return Issued(key, "prepared", 1, None, _warnings(sheet, broken))


def prepare_sheet(
    s: Session,
    *,
    actor: PersonInfo,
    kind: Kind,
    sheet: Sheet,
    facts: dict[str, Any],
    issuer: UnitInfo,
    to: list[UnitInfo],
    now: datetime,
    demands: bool = False,
    steps: tuple[int, ...] = (),
) -> Issued:
    """Freeze a document whose words were composed elsewhere, from facts that are frozen already.

    It is about no issue of its own; prepared steps of the ladder that it carries out are named.
    Raises `NotAllowed`, `AddresseeRefused`, and `GuardFailed` for a step that has its document.
    """
    refuse_unless(actor, kind.preparers, True, _("prepare a document"))
    refuse_directive(document_rules(), context(s).directory, kind, issuer, to, demands=demands)
    frozen = {"facts": facts, "sheet": sheet.plain()}
    word, broken = usable_template(sheet)
    key = _store(s, kind, sheet, frozen, issuer, actor, now, word)
    _store_links(s, key, [], [], to, [])
    found = ladder.find_steps(s, actor, steps) if steps else []
    ladder.link(s, found, key)
    carried = {"steps": list(steps)} if steps else {}
    chains.record(s, [], "prepared", _told(key, kind, sheet, frozen) | carried, actor, now)
    return Issued(key, "prepared", 1, None, _warnings(sheet, broken))


def _works(s: Session, actor: PersonInfo, draft: Draft, now: datetime) -> list[Work]:
    """Every issue named, or that of a task named, locked in the order of ids."""
    if len(draft.issues) + len(draft.tasks) > 2 * asking.MOST:
        raise asking.too_many()
    numbers_ = {*draft.issues} | {_issue_number(s, task) for task in draft.tasks}
    issue = tables.issue.c
    known = {
        row.number: row.id
        for row in s.execute(select(issue.number, issue.id).where(issue.number.in_(numbers_)))
    }
    ordered = sorted(numbers_, key=lambda n: (known.get(n, 0), n))
    works = [begin(s, actor=actor, now=now, issue=number)[0] for number in ordered]
    for w in works:
        w.settle()  # a document tells the lights of this moment, as the issue will show them
    return works


def _issue_number(s: Session, task: str) -> str:
    issue, row = tables.issue.c, tables.task.c
    chosen = (
        select(issue.number).join(tables.task, row.issue_id == issue.id).where(row.number == task)
    )
    return s.execute(chosen).scalar_one_or_none() or task


def _refuse_strangers(kind: Kind, actor: PersonInfo, chosen: Chosen) -> None:
    """A unit's own documents come from the unit that leads or verifies the task."""
    if kind.issuer == "lead":
        scope = all(t.lead_unit_id == actor.unit_id for _w, t in chosen)
        refuse_unless(actor, kind.preparers, scope, _("prepare a document"))
    elif kind.issuer == "own" and not actor.sees_all:
        scope = all(t.verifier_unit_id == actor.unit_id for _w, t in chosen)
        refuse_unless(actor, kind.preparers, scope, _("prepare a document"))


def _ruled_request(s: Session, kind: Kind, chosen: Chosen) -> Any:
    """The newest ruled request of the kind that the document tells of, or None for other kinds."""
    if not kind.ruling:
        return None
    request = tables.request
    row = s.execute(
        select(request)
        .where(
            request.c.task_id == chosen[0][1].id,
            request.c.kind == kind.ruling,
            request.c.state.in_(("granted", "refused")),
        )
        .order_by(request.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise GuardFailed(
            Reason(
                "no_ruling",
                _("There is no ruling that it could tell of."),
                "tasks",
                _("Rule on the request first."),
            )
        )
    return row


def _refuse_early(kind: Kind, works: list[Work], chosen: Chosen) -> None:
    """What has not happened yet cannot be told."""
    closed = all(w.issue.state == "closed" for w in works)
    refused = all(t.rejection_count for _w, t in chosen)
    if kind.name == "closure_notice" and not closed:
        raise GuardFailed(Reason("not_closed", _("The issue is not closed yet."), "issues"))
    if kind.name == "closure_refusal" and not refused:
        raise GuardFailed(
            Reason("not_refused", _("The closure of this task was not refused."), "tasks")
        )


def _store(
    s: Session, kind: Kind, sheet: Sheet, frozen: dict[str, Any], issuer: UnitInfo,
    actor: PersonInfo, now: datetime, word: bytes,
) -> int:  # fmt: skip
    return store.add(
        s,
        {
            "kind": kind.name,
            "state": "prepared",
            "version": 1,
            "title": sheet.title.replace("\n", "")[:200],
            "issuer_unit_id": issuer.id,
            "facts": frozen,
            "docx_template": store.keep_template(s, f"{kind.layout}.docx", word, now),
            "pdf_layout": store.keep_template(s, LAYOUT, shipped_layout(), now),
            "fonts": fonts.chosen(),
            "substitutions": fonts.substitutions(),
            "prepared_by_id": actor.id,
            "prepared_at": now,
            "void_reason": "",
        },
    )


def _store_links(
    s: Session, key: int, works: list[Work], chosen: Chosen, to: list[UnitInfo],
    copies: list[UnitInfo],
) -> None:  # fmt: skip
    about = [{"document_id": key, "issue_id": w.issue.id, "task_id": t.id} for w, t in chosen]
    bare = {w.issue.id for w in works} - {row["issue_id"] for row in about}
    about += [{"document_id": key, "issue_id": i, "task_id": None} for i in sorted(bare)]
    units = [(u, "to") for u in to] + [(u, "copy") for u in copies]
    if about:
        s.execute(insert(tables.document_subject), about)
    if units:
        rows = [{"document_id": key, "unit_id": u.id, "role": role} for u, role in units]
        s.execute(insert(tables.document_addressee), rows)


def _told(key: int, kind: Kind, sheet: Sheet, frozen: dict[str, Any]) -> dict[str, Any]:
    return {
        "document": key,
        "name": kind.zh,
        "title": sheet.title.replace("\n", ""),
        "sha256": store.digest_of(frozen),
    }


def _warnings(sheet: Sheet, broken: str) -> tuple[Reason, ...]:
    found, most = [], document_rules().characters
    if broken:
        text = _("The Word template cannot be filled: {fault}").format(fault=broken)
        remedy = _("The shipped one was used. Mend the office's template for the next document.")
        found.append(Reason("template_broken", text, remedy=remedy))
    if sheet.characters > most:
        text = _("The document has {n} characters; the rules ask for at most {most}.").format(
            n=sheet.characters, most=most
        )
        remedy = _("Shorten it, or put particulars into a list.")
        found.append(Reason("too_long", text, remedy=remedy))
    return tuple(found)
