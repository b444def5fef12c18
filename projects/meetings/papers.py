"""The papers of a meeting: the agenda and the minutes as official documents, and the pack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from config.documents import document_rules
from config.i18n import DEFAULT_LANGUAGE, language
from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.documents.kinds import KINDS
from projects import history
from projects.meetings import store
from projects.meetings.candidates import reason_text
from projects.meetings.followup import FollowUp, follow_up
from projects.meetings.planning import locked, write
from workflow.case import not_visible
from workflow.context import context
from workflow.documents import commands as documents
from workflow.documents import packs
from workflow.documents.commands import Draft, Issued
from workflow.documents.files import File
from workflow.errors import GuardFailed, Reason

CUT = "……（余见台账）"
Form = Literal["zip", "pdf"]


def prepare_agenda(s: Session, row: Any, actor: PersonInfo, now: datetime) -> int:
    """会议题: what became of the last decisions first, then each item; the document's id."""
    with language(DEFAULT_LANGUAGE):
        items = store.items_of(s, actor, row.id)
        given = {
            "meeting": f"{row.name}（{row.number}）",
            "when": _when(s, row),
            "place": row.place,
            "followup": _followed(s, follow_up(s, actor, row, now)),
            "positions": _positions(s, items),
            "proposal": _cut("proposal", (_proposal(n, i) for n, i in enumerate(items, 1))),
        }
    draft = Draft("meeting_agenda", issues=[item.issue_number for item in items], given=given)
    return documents.prepare(s, actor=actor, draft=draft, now=now).id


def _when(s: Session, row: Any) -> str:
    return f"{row.starts_at.astimezone(context(s).calendar().tz):%Y-%m-%d %H:%M}"


def _proposal(n: int, item: Any) -> str:
    return f"{n}. {item.proposal or '请会议研究确定牵头单位、措施和时限。'}"


def _followed(s: Session, found: Sequence[FollowUp]) -> str:
    people = context(s).directory
    lines = []
    for n, one in enumerate(found, 1):
        row = one.row
        due = f"，时限{one.due.isoformat()}" if one.due else ""
        task = f"，任务{row.task_number}" if row.task_number else ""
        unit = people.unit_name(row.lead_unit_id)
        lines.append(f"{n}. {row.text}（{row.meeting_number}，{unit}{due}{task}）：{one.word}")
    return _cut("followup", lines) or "上次会议无议定事项。"


def _positions(s: Session, items: Sequence[Any]) -> str:
    """Why each item is there, and what the units say about it."""
    said, people = store.positions_of(s, [item.id for item in items]), context(s).directory
    lines = []
    for n, item in enumerate(items, 1):
        why = "；".join(reason_text(reason) for reason in item.reasons)
        lines.append(f"{n}. 列入原因：{why}")
        lines += [f"{people.unit_name(p.unit_id)}：{p.text[:200]}" for p in said.get(item.id, ())]
    return _cut("positions", lines)


def _cut(field: str, lines: Iterable[str]) -> str:
    """Lines as far as the document's field takes them, with a word that there are more."""
    most = next(one.most for one in KINDS["meeting_agenda"].fields if one.name == field)
    kept = ""
    for line in lines:
        longer = f"{kept}\n{line}" if kept else line
        if len(longer) + len(CUT) + 1 > most:
            return f"{kept}\n{CUT}".strip()
        kept = longer
    return kept


def void(
    s: Session, document_id: int | None, actor: PersonInfo, reason: str, now: datetime
) -> None:
    """Void a paper of the meeting, unless it is void already."""
    if document_id is None or _state(s, document_id) == "void":
        return
    documents.void(s, actor=actor, document=document_id, reason=reason, now=now)


def _state(s: Session, document_id: int | None) -> str:
    table = tables.document.c
    found = s.execute(select(table.state).where(table.id == document_id)).scalar()
    return str(found or "")


def paper_state(s: Session, document_id: int | None) -> str:
    """The state of a paper; empty for none."""
    return _state(s, document_id) if document_id is not None else ""


def pack(s: Session, actor: PersonInfo, meeting: int, form: Form, now: datetime) -> File:
    """The agenda pack in one piece: every paper about its items, the agenda first.

    `zip` holds Word and PDF of each, `pdf` is one file to print. For who sees every document of
    it; raises `NotVisible` for others, and `GuardFailed` while no agenda stands.
    """
    row = store.find_meeting(s, actor, meeting)
    if not actor.sees_all:
        raise not_visible(row.number)
    if row.agenda_document_id is None:
        raise GuardFailed(
            Reason(
                "no_agenda",
                _("The agenda of this meeting does not stand yet."),
                remedy=_("Fix the agenda first."),
            )
        )
    numbers = [item.issue_number for item in store.items_of(s, actor, row.id)]
    about = packs.documents_about(s, actor, numbers, [])
    others = _without_other_meetings(s, about.documents, row)
    chosen = [row.agenda_document_id, *others][: packs.MOST]
    called = f"{packs.MEETING}-{row.number}"
    if form == "pdf":
        return packs.merged(s, actor, chosen, now=now, called=called)
    return packs.pack(s, actor, chosen, ("docx", "pdf"), now=now, called=called)


def _without_other_meetings(s: Session, documents_: Sequence[int], row: Any) -> list[int]:
    """Papers about the items that are no agenda: other meetings' agendas are not read here."""
    table = tables.document.c
    chosen = select(table.id).where(table.id.in_(documents_), table.kind != "meeting_agenda")
    kept = {one.id for one in s.execute(chosen)}
    return [key for key in documents_ if key in kept and key != row.agenda_document_id]


# ---------------------------------------------------------------- minutes


def suggest_minutes(s: Session, actor: PersonInfo, meeting: int) -> dict[str, str]:
    """What the minutes would say, from the recorded decisions; the office edits it."""
    row, people = store.find_meeting(s, actor, meeting), context(s).directory
    with language(DEFAULT_LANGUAGE):
        lines = [
            _line(people.unit_name(one.lead_unit_id), one)
            for one in store.decisions_of(s, actor, [row.id])
        ]
        lines += [
            f"{item.issue_title}：顺延至下次会议研究。"
            for item in store.items_of(s, actor, row.id)
            if item.outcome == "deferred"
        ]
    units = store.units_of(s, [row.id]).get(row.id, [])
    return {
        "chair": people.person_name(row.chair_id),
        "present": "、".join(people.unit_name(unit.unit_id) for unit in units),
        "decisions": "\n".join(lines),
    }


def _line(unit: str, one: Any) -> str:
    """A decision as a line: what, who, by when, and the number of the task."""
    text = " ".join((one.answer or one.text).split()).rstrip("。；;.")
    due = f"，{one.due_on:%Y年%-m月%-d日}前完成" if one.due_on else ""
    task = f"（任务{one.task_number}）" if one.task_number else ""
    about = f"关于{one.issue_title}：" if one.issue_title else ""
    return f"{about}{text}。由{unit}牵头{due}{task}。"


def prepare_minutes(
    s: Session, *, actor: PersonInfo, meeting: int, chair: str, present: str, decisions: str,
    now: datetime, expected_version: int | None = None,
) -> Issued:  # fmt: skip
    """会议纪要 of a closed meeting, to all who attended. From now on its decisions are frozen.

    Where somebody of the leaders' office chaired it, that office issues and the principal signs.
    """
    row = locked(s, actor, meeting, expected_version)
    refuse_written(s, row)
    _refuse_unanswered(s, actor, row)
    made = documents.prepare(
        s, actor=actor, draft=_minutes_draft(s, row, actor, chair, present, decisions), now=now
    )
    write(s, row, minutes_document_id=made.id)
    told = {"document": made.id, "decisions": [one.id for one in _decided(s, actor, row)]}
    history.note(s, f"meeting:{row.id}", "meeting.minutes", told, actor, now)
    return made


def refuse_written(s: Session, row: Any) -> None:
    """Raise unless minutes may be written now: the meeting is closed, and there are none yet."""
    store.refuse_state(
        row, ("closed",), _("Minutes are written of a meeting that is closed."),
        _("Close the meeting first."),
    )  # fmt: skip
    if paper_state(s, row.minutes_document_id) not in ("", "void"):
        raise GuardFailed(
            Reason(
                "minutes_there",
                _("The minutes are prepared already."),
                remedy=_("Void them first, to write them anew."),
            )
        )


def _refuse_unanswered(s: Session, actor: PersonInfo, row: Any) -> None:
    """Minutes do not tell of questions: a unit answers, or the chief takes its answer down."""
    asked = [one.n for one in _decided(s, actor, row) if one.state == "asked"]
    if asked:
        numbers = ", ".join(str(n) for n in asked)
        raise GuardFailed(
            Reason(
                "unanswered",
                _("Decisions without an answer: {numbers}.").format(numbers=numbers),
                "decisions",
                _("Have them answered with a date first."),
            )
        )


def _minutes_draft(
    s: Session, row: Any, actor: PersonInfo, chair: str, present: str, decisions: str
) -> Draft:
    people = context(s).directory
    units = store.units_of(s, [row.id]).get(row.id, [])
    office, own = document_rules().submit_to, people.units[actor.unit_id]
    chaired_by = people.units[people.people[row.chair_id].unit_id].code
    issuer = office if chaired_by == office else own.code
    to = [people.units[u.unit_id].code for u in units]
    given = {
        "meeting": row.name, "when": _when(s, row), "chair": chair, "present": present,
        "decisions": decisions,
    }  # fmt: skip
    return Draft(
        "meeting_minutes", issues=_numbers(s, actor, row), given=given,
        to=[code for code in to if code != issuer], issuer="" if issuer == own.code else issuer,
    )  # fmt: skip


def _decided(s: Session, actor: PersonInfo, row: Any) -> list[Any]:
    return store.decisions_of(s, actor, [row.id])


def _numbers(s: Session, actor: PersonInfo, row: Any) -> list[str]:
    items = [item.issue_number for item in store.items_of(s, actor, row.id)]
    followed = [one.row.issue_number for one in follow_up(s, actor, row, row.closed_at)]
    return list(dict.fromkeys(items or [number for number in followed if number]))


def refuse_frozen(s: Session, row: Any) -> None:
    """Raise `GuardFailed` once minutes stand: what they say was decided stays as it is."""
    if paper_state(s, row.minutes_document_id) not in ("", "void"):
        raise GuardFailed(
            Reason(
                "decisions_frozen",
                _("The minutes are prepared: decisions are frozen."),
                remedy=_("Void the minutes first."),
            )
        )
