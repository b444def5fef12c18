"""Findings, noted one by one on site: few fields, and an entry sent twice is one finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import refuse_stale
from projects.inspections.found import ALIVE, find, refuse_state, require_member
from projects.inspections.plan import advance
from workflow.case import not_visible
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import Malformed, Reason

_F = tables.finding
_S = tables.inspection_site


@dataclass(frozen=True, slots=True)
class Noted:
    """What is filled in on site. The photo, if any, is stored already (name, hash, bytes)."""

    project: int
    title: str
    category: str
    detail: str = ""
    urgent: bool = False
    token: str = ""
    photo: tuple[str, str, int] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding as it stands; `new` is false for a repeat."""

    id: int
    state: str
    version: int
    new: bool = True


def record(s: Session, *, actor: PersonInfo, inspection: int, form: Noted, now: datetime) -> Kept:
    """Note a finding; it begins the inspection and marks its site as visited.

    The same `token` a second time changes nothing and leads to the first finding, so that a line
    that drops loses nothing and doubles nothing. For the team, inspectors and the office.
    """
    row = find(s, actor, inspection, lock=True)
    require_member(s, actor, inspection)
    token = _token(form.token)
    known = s.execute(select(_F).where(_F.c.inspection_id == row.id, _F.c.token == token)).first()
    if known is not None:
        return Kept(known.id, known.state, known.version, new=False)
    refuse_state(row, *ALIVE)
    _mark_visited(s, actor, row.id, form.project, now)
    values = _values(s, form) | {
        "inspection_id": row.id, "project_id": form.project, "token": token,
        "found_at": now, "author_id": actor.id, "state": "open", "refusal": [],
    }  # fmt: skip
    made = int(s.execute(insert(_F).values(**values).returning(_F.c.id)).scalar_one())
    data = {k: values[k] for k in ("project_id", "title", "category", "urgent")}
    told = data | {"finding": made, "photo": values["photo_sha256"]}
    advance(s, actor, row, "inspection.found", told, now, state="under_way")
    return Kept(made, "open", 1)


def _token(text: str) -> str:
    if not (8 <= len(text) <= 64 and text.isascii() and text.isprintable()):
        code, message = "token_missing", _("The entry has no token.")
        if text:
            code = "token_malformed"
            message = _("The token {value} does not have 8 to 64 plain letters.").format(
                value=text[:20]
            )
        raise Malformed(Reason(code, message, "token", _("Send 8 to 64 letters.")))
    return text


def _mark_visited(
    s: Session, actor: PersonInfo, inspection: int, project: int, now: datetime
) -> None:
    own = (_S.c.inspection_id == inspection, _S.c.project_id == project)
    site = s.execute(select(_S.c.id, _S.c.visited_on).where(*own)).first()
    if site is None:
        text = _("The project is no site of this inspection.")
        raise Malformed(Reason("site_unknown", text, "project", _("Choose one of its sites.")))
    if site.visited_on is None:
        today = context(s).calendar().local_date(now)
        values = {"visited_on": today, "visited_by_id": actor.id}
        s.execute(update(_S).where(*own).values(**values))


def _values(s: Session, form: Noted) -> dict[str, Any]:
    if form.category not in context(s).policy().categories:
        text = _("Unknown category {name}.").format(name=form.category[:60])
        raise Malformed(Reason("category_unknown", text, "category", _("Choose one of the list.")))
    name, digest, size = form.photo or ("", None, None)
    return {
        "title": clean("title", form.title, most=200, needed=True),
        "detail": clean("detail", form.detail, most=4000),
        "category": form.category, "urgent": form.urgent,
        "photo_name": clean("photo", name, most=200), "photo_sha256": digest, "photo_size": size,
    }  # fmt: skip


def correct(
    s: Session, *, actor: PersonInfo, finding: int, title: str, category: str, detail: str,
    now: datetime, urgent: bool = False, expected_version: int | None = None,
) -> Kept:  # fmt: skip
    """Correct what is not an issue yet; the old words stay in the history."""
    row, one = locked(s, actor, finding)
    refuse_stale(one, expected_version)
    refuse_state(one, "open")
    form = Noted(one.project_id, title, category, detail, urgent)
    values = {k: v for k, v in _values(s, form).items() if not k.startswith("photo")}
    old = {k: getattr(one, k) for k in values}
    values["refusal"] = []
    data = {"finding": finding, "old": old, "new": values}
    return settle_row(s, actor, row, one, "inspection.corrected", data, now, **values)


def settle(
    s: Session, *, actor: PersonInfo, finding: int, note: str, now: datetime,
    expected_version: int | None = None,
) -> Kept:  # fmt: skip
    """Solved on the spot (现场办结): says how, and becomes no issue."""
    return _end(s, actor, finding, "settled", note, now, expected_version)


def drop(
    s: Session, *, actor: PersonInfo, finding: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Kept:  # fmt: skip
    """Noted by mistake: struck out with a reason, never deleted."""
    return _end(s, actor, finding, "dropped", reason, now, expected_version)


def _end(
    s: Session, actor: PersonInfo, finding: int, state: str, text: str, now: datetime,
    expected_version: int | None,
) -> Kept:  # fmt: skip
    row, one = locked(s, actor, finding)
    refuse_stale(one, expected_version)
    refuse_state(one, "open")
    text = clean("note", text, most=500, needed=True)
    data = {"finding": finding, "note": text}
    return settle_row(s, actor, row, one, f"inspection.{state}", data, now, state=state, note=text)


def locked(s: Session, actor: PersonInfo, finding: int) -> tuple[Any, Any]:
    """A finding and its inspection, both locked; `NotVisible` outside of the scope."""
    known = s.execute(select(_F.c.inspection_id).where(_F.c.id == finding)).first()
    if known is None:
        raise not_visible(str(finding))
    row = find(s, actor, known.inspection_id, lock=True)
    require_member(s, actor, row.id)
    one = s.execute(select(_F).where(_F.c.id == finding).with_for_update()).one()
    return row, one


def settle_row(
    s: Session, actor: PersonInfo, row: Any, one: Any, tag: str, data: dict[str, Any],
    now: datetime, **values: Any,
) -> Kept:  # fmt: skip
    """Write a finding's new columns and the event."""
    values["version"] = one.version + 1
    s.execute(update(_F).where(_F.c.id == one.id).values(**values))
    advance(s, actor, row, tag, data, now)
    return Kept(one.id, values.get("state", one.state), one.version + 1)
