"""Checking a draft: its faults, or the document with every figure filled in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.documents import document_rules
from config.i18n import gettext as _
from config.i18n import language
from models.db import Session
from models.directory import PersonInfo
from projects.bulletins.composing import KIND, body_characters, compose, filled_sections, zh_month
from projects.bulletins.reading import DRAFT, Line, find
from projects.bulletins.source import Source, ids_for, source_of
from projects.bulletins.stepping import begin, change
from projects.bulletins.words import HEADS, faults
from projects.history import note
from projects.kpi.base import Month
from workflow.context import context
from workflow.documents import ladder
from workflow.documents.asking import Draft, everybody_else, issuer_of
from workflow.documents.gather import gather as gather_facts
from workflow.documents.preparing import prepare_sheet
from workflow.errors import GuardFailed, Reason


def check(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime, issuer: str = "",
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Check a draft and prepare its document, with every figure filled in; the document's key.

    Raises `GuardFailed` with every fault: unknown or typed figures, empty sections, a text above
    the characters of the rules on burdens (4,000), a later edition of the month.
    """
    line = begin(s, actor, bulletin, expected_version, (DRAFT,))
    source = source_of(s, line.row)
    refuse_old(s, line)
    found = [f for name in HEADS for f in faults(name, getattr(line.row, name), source)]
    if found:
        raise GuardFailed(*found)
    people = context(s).directory
    unit = issuer_of(KIND, Draft(KIND.name, issuer=issuer), actor, people)
    to = everybody_else(people, unit)
    facts = _facts(s, line, source, actor, unit, to, now)
    sheet = compose(line.row, source, facts)
    _refuse_long(body_characters(sheet))
    made = prepare_sheet(
        s, actor=actor, kind=KIND, sheet=sheet, facts=facts, issuer=unit, to=to, now=now,
        demands=bool(line.row.requirements.strip()), steps=_steps(s, actor, source),
    )  # fmt: skip
    change(s, line, document_id=made.id)
    told = {"document": made.id, "digest": source.frozen.digest}
    note(s, f"bulletin:{bulletin}", "bulletin.checked", told, actor, now)
    return made.id


def _facts(
    s: Session, line: Line, source: Source, actor: PersonInfo, unit: Any, to: list[Any],
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    given = {"month": zh_month(source.month), **filled_sections(line.row, source)}
    facts = gather_facts(
        s, actor=actor, now=now, issuer=unit, to=to, copies=[], works=[], chosen=[], given=given
    )
    corrected = find(s, actor, line.row.corrects_id) if line.row.corrects_id is not None else None
    with language("zh_CN"):
        return facts | {
            "corrects": corrected.document.number if corrected else "",
            "corrects_title": corrected.document.title if corrected else "",
            "bulletin": {
                "id": line.row.id, "month": source.month, "edition": source.frozen.edition,
                "snapshot": source.frozen.digest, "compared": source.before_digest,
            },
        }  # fmt: skip


def refuse_old(s: Session, line: Line) -> None:
    """Raise `GuardFailed` where the month has a later edition than the bulletin tells of."""
    newest, _compared = ids_for(s, line.row.month)
    if newest != line.row.snapshot_id:
        raise GuardFailed(
            Reason(
                "edition_old",
                _("{month} has been frozen again since the draft.").format(month=line.row.month),
                "bulletin",
                _("Take the newest edition into the draft, then check it."),
            )
        )


def _refuse_long(n: int) -> None:
    most = document_rules().characters
    if n > most:
        raise GuardFailed(
            Reason(
                "too_long",
                _("The bulletin has {n} characters; the rules allow {most}.").format(
                    n=n, most=most
                ),
                "progress",
                _("Shorten it; tables are annexes and do not count."),
            )
        )


def _steps(s: Session, actor: PersonInfo, source: Source) -> tuple[int, ...]:
    """Steps of the ladder (列入月度通报) of the month that have no document yet."""
    month = Month(source.content)
    keys = [
        o["step"] for o in month.rows("orders") if o["kind"] == "bulletin" and month.has(o["at"])
    ]
    found = ladder.find_steps(s, actor, keys[: ladder.MOST_STEPS]) if keys else []
    return tuple(step.id for step in found if step.document_state in (None, "void"))
