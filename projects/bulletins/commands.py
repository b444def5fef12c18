"""Commands on the monthly bulletin. None commits.

drafted from a frozen month -> edited -> checked (its document is prepared) -> signed by the deputy
director -> issued to every unit. What was issued never changes: a correction is a new bulletin
that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from config.documents import document_rules
from config.i18n import gettext as _
from config.i18n import language
from config.roles import Role
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects.access import OFFICE, SIGNERS, refuse_stale, require
from projects.bulletins.composing import KIND, body_characters, compose, filled_sections, zh_month
from projects.bulletins.reading import DRAFT, Line, find
from projects.bulletins.source import Source, frozen_by_id, ids_for, source_of
from projects.bulletins.words import DRAFT as FIRST_WORDS
from projects.bulletins.words import HEADS, faults
from projects.history import note
from projects.kpi.base import Month
from projects.telling import tell
from workflow.commands.base import clean
from workflow.context import context
from workflow.documents import commands as documents
from workflow.documents import ladder
from workflow.documents.asking import Draft, everybody_else, issuer_of
from workflow.documents.gather import gather as gather_facts
from workflow.documents.preparing import prepare_sheet
from workflow.errors import GuardFailed, IllegalTransition, Reason

WRITERS = OFFICE | SIGNERS
LENGTHS = {"starts": 4000, "investment": 4000, "progress": 4000, "requirements": 2000}
_B = tables.bulletin.c


def draft(s: Session, *, actor: PersonInfo, month: str, now: datetime) -> int:
    """Draft the bulletin of a frozen month; its key. One that stands already is gone on with."""
    require(actor, WRITERS, _("Only the office drafts bulletins."))
    snapshot, compared = ids_for(s, month)
    standing = [line for line in _of_month(s, actor, month) if line.state != "void"]
    if standing:
        raise GuardFailed(
            Reason(
                "bulletin_exists",
                _("There is a bulletin of {month} already.").format(month=month),
                "month",
                _("Edit that one; if it was issued, correct it."),
            )
        )
    return _add(s, actor, now, month, snapshot, compared, FIRST_WORDS, None, "")


def correct(s: Session, *, actor: PersonInfo, bulletin: int, reason: str, now: datetime) -> int:
    """Draft a bulletin that corrects an issued one, from the month's newest edition; its key."""
    require(actor, WRITERS, _("Only the office drafts bulletins."))
    line = find(s, actor, bulletin, lock=True)
    _refuse_state(line, ("issued",))
    reason = clean("reason", reason, most=300, needed=True)
    after = [one for one in _of_month(s, actor, line.row.month) if one.row.n > line.row.n]
    if any(one.state != "void" for one in after):
        message = _("A later bulletin of the month stands already.")
        raise GuardFailed(Reason("bulletin_exists", message, "month", _("Go on with that one.")))
    snapshot, compared = ids_for(s, line.row.month)
    words = {name: getattr(line.row, name) for name in HEADS}
    return _add(s, actor, now, line.row.month, snapshot, compared, words, line.row.id, reason)


def _of_month(s: Session, actor: PersonInfo, month: str) -> list[Line]:
    keys = s.execute(select(_B.id).where(_B.month == month).order_by(_B.n)).scalars()
    return [find(s, actor, key) for key in list(keys)]


def _add(
    s: Session, actor: PersonInfo, now: datetime, month: str, snapshot: int, compared: int | None,
    words: Mapping[str, str], corrects: int | None, reason: str,
) -> int:  # fmt: skip
    last = s.execute(select(func.coalesce(func.max(_B.n), 0)).where(_B.month == month))
    values = {
        "version": 1, "month": month, "n": int(last.scalar_one()) + 1, "snapshot_id": snapshot,
        "compared_id": compared, "corrects_id": corrects, "correction": reason,
        "drafted_by_id": actor.id, "drafted_at": now, **{name: words[name] for name in HEADS},
    }  # fmt: skip
    key = int(s.execute(insert(tables.bulletin).values(values).returning(_B.id)).scalar_one())
    told = {"month": month, "snapshot": snapshot, "compared": compared, "corrects": corrects}
    note(s, f"bulletin:{key}", "bulletin.drafted", told | {"reason": reason}, actor, now)
    return key


def edit(
    s: Session, *, actor: PersonInfo, bulletin: int, words: Mapping[str, str], now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Change the words of a draft; its new version. Figures stay placeholders: what was typed is
    kept, and refused when the draft is checked."""
    line = _begin(s, actor, bulletin, expected_version, (DRAFT,))
    texts = {name: clean(name, words[name], most=LENGTHS[name]) for name in HEADS if name in words}
    texts = {name: text.replace("\r\n", "\n") for name, text in texts.items()}
    changed = sorted(name for name, text in texts.items() if text != getattr(line.row, name))
    version = _change(s, line, **texts)
    note(s, f"bulletin:{bulletin}", "bulletin.edited", {"sections": changed}, actor, now)
    return version


def check(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime, issuer: str = "",
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Check a draft and prepare its document, with every figure filled in; the document's key.

    Raises `GuardFailed` with every fault: unknown or typed figures, empty sections, a text above
    the characters of the rules on burdens (4,000), a later edition of the month.
    """
    line = _begin(s, actor, bulletin, expected_version, (DRAFT,))
    source = source_of(s, line.row)
    _refuse_old(s, line)
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
    _change(s, line, document_id=made.id)
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


def _refuse_old(s: Session, line: Line) -> None:
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


def refresh(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Take the newest edition of the month into a draft; its new version."""
    line = _begin(s, actor, bulletin, expected_version, (DRAFT,))
    snapshot, compared = ids_for(s, line.row.month)
    version = _change(s, line, snapshot_id=snapshot, compared_id=compared)
    told = {"snapshot": snapshot, "compared": compared}
    note(s, f"bulletin:{bulletin}", "bulletin.refreshed", told, actor, now)
    return version


def reopen(
    s: Session, *, actor: PersonInfo, bulletin: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Take a checked bulletin back into editing: its document, not signed yet, is void."""
    line = _begin(s, actor, bulletin, expected_version, ("prepared",))
    documents.void(s, actor=actor, document=line.document.id, reason=reason, now=now)
    version = _change(s, line, document_id=None)
    told = {"document": line.document.id, "reason": reason.strip()[:300]}
    note(s, f"bulletin:{bulletin}", "bulletin.reopened", told, actor, now)
    return version


def sign(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime,
    expected_version: int | None = None,
) -> str:  # fmt: skip
    """Sign a checked bulletin: it gets its number and date. The deputy director (or, where 党政办
    issues it, the principal); its number."""
    line = _seen(s, actor, bulletin, expected_version, ("prepared",))
    signed = documents.sign(s, actor=actor, document=line.document.id, now=now)
    _change(s, line)
    told = {"document": line.document.id, "number": signed.number}
    note(s, f"bulletin:{bulletin}", "bulletin.signed", told, actor, now)
    return signed.number or ""


def issue(
    s: Session, *, actor: PersonInfo, bulletin: int, now: datetime,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Issue a signed bulletin to every unit; it stands from now on as its snapshot has it."""
    line = _seen(s, actor, bulletin, expected_version, ("signed",))
    documents.issue(s, actor=actor, document=line.document.id, now=now)
    version = _change(s, line)
    digest = frozen_by_id(s, line.row.snapshot_id).digest
    told = {"document": line.document.id, "digest": digest}
    note(s, f"bulletin:{bulletin}", "bulletin.issued", told, actor, now)
    _tell_leaders(s, find(s, actor, bulletin), now)
    return version


def _tell_leaders(s: Session, line: Line, now: datetime) -> int:
    """The units have the document in hand; the leaders are told that it is out."""
    directory = context(s).directory
    people = [
        p for role in (Role.PRINCIPAL, Role.DEPUTY_DIRECTOR) for p in directory.with_role(role)
    ]
    return tell(
        s, "bulletin_issued", people, subject=f"bulletin:{line.row.id}", occasion="issued",
        title=f"{line.document.title}（{line.document.number}）", path=f"/bulletins/{line.row.id}",
        now=now,
    )  # fmt: skip


def tell_issued(db: Database, now: datetime) -> int:
    """Daily: tell of bulletins whose document was issued from the page of documents. Telling is
    keyed by the bulletin, so that nobody is told twice."""
    with db.write() as s:
        document = tables.document.c
        chosen = (
            select(tables.bulletin, document.id.label("document"))
            .join(tables.document, document.id == _B.document_id)
            .where(document.state == "issued")
            .order_by(_B.id.desc())
            .limit(3)
        )
        lines = [Line(row, _document(s, row.document_id)) for row in s.execute(chosen)]
        return sum(_tell_leaders(s, line, now) for line in lines)


def _document(s: Session, key: int) -> Any:
    return s.execute(select(tables.document).where(tables.document.c.id == key)).one()


def _begin(
    s: Session, actor: PersonInfo, bulletin: int, expected: int | None, states: tuple[str, ...]
) -> Line:
    line = find(s, actor, bulletin, lock=True)
    require(actor, WRITERS, _("Only the office works on bulletins."))
    refuse_stale(line.row, expected)
    _refuse_state(line, states)
    return line


def _seen(
    s: Session, actor: PersonInfo, bulletin: int, expected: int | None, states: tuple[str, ...]
) -> Line:
    """Who may sign and issue is the document's to say."""
    line = find(s, actor, bulletin, lock=True)
    refuse_stale(line.row, expected)
    _refuse_state(line, states)
    return line


def _refuse_state(line: Line, states: tuple[str, ...]) -> None:
    if line.state not in states:
        raise IllegalTransition(
            Reason(
                "bulletin_state",
                _("The bulletin is {state}.").format(state=state_word(line.state)),
                "bulletin",
                _("This can be done while it is {states}.").format(
                    states=", ".join(map(state_word, states))
                ),
            )
        )


def state_word(state: str) -> str:
    """Where a bulletin stands, in words."""
    words = {
        "draft": _("being drafted"),
        "prepared": _("checked, waiting for the signature"),
        "signed": _("signed, not issued"),
        "issued": _("issued"),
        "void": _("void"),
    }
    return words[state]


def _change(s: Session, line: Line, **values: Any) -> int:
    version = int(line.row.version) + 1
    s.execute(
        update(tables.bulletin)
        .where(_B.id == line.row.id, _B.version == line.row.version)
        .values(version=version, **values)
    )
    return version
