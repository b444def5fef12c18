"""Texts of notices as they are stored: versions, what is in force, and the shipped ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import LANGUAGES
from config.i18n import gettext as _
from models import tables
from models.db import Session
from notifications.kinds import KINDS
from notifications.sandbox import environment
from notifications.template_check import known_key
from notifications.template_faults import PARTS, Key, file_name
from workflow.errors import NotVisible, Reason

SHIPPED = 0
"""The number of the text that comes with the program."""
_TABLE, _T = tables.notice_template, tables.notice_template.c
IN_FORCE = (_T.published_at.is_not(None), _T.retired_at.is_(None))


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a text. `state`: draft, in_force or retired."""

    version: int
    text: str
    state: str
    author_id: int | None
    created_at: datetime
    published_by_id: int | None
    published_at: datetime | None
    retired_by_id: int | None
    retired_at: datetime | None
    failed_at: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is in force for one text: version 0 is the shipped one. `drafts` are newer ones."""

    key: Key
    version: int
    drafts: int
    published_at: datetime | None
    failed: bool


def overview(s: Session) -> list[Entry]:
    """Every text there is, in the order of the kinds."""
    rows: dict[Key, list[Any]] = {}
    for row in s.execute(select(_TABLE).order_by(_T.version)):
        rows.setdefault((row.kind, row.part, row.language), []).append(row)
    keys = [(kind, part, lang) for kind in KINDS for lang in LANGUAGES for part in PARTS]
    return [_entry(key, rows.get(key, [])) for key in keys]


def _entry(key: Key, rows: list[Any]) -> Entry:
    current = [row for row in rows if row.published_at and not row.retired_at]
    number = current[0].version if current else SHIPPED
    newest = max((row.version for row in rows if row.published_at), default=SHIPPED)
    drafts = sum(row.version > newest for row in rows)
    since = current[0].published_at if current else None
    return Entry(key, number, drafts, since, bool(current and current[0].failed_at))


def history(s: Session, key: Key) -> list[Version]:
    """Stored versions, newest first. Raises `NotVisible` for a text that there is not."""
    require_known(key)
    rows = s.execute(select(_TABLE).where(*of_key(key)).order_by(_T.version.desc()))
    return [_version(row) for row in rows]


def _version(row: Any) -> Version:
    published = "retired" if row.retired_at else "in_force"
    return Version(
        row.version,
        row.text,
        published if row.published_at else "draft",
        row.author_id,
        row.created_at,
        row.published_by_id,
        row.published_at,
        row.retired_by_id,
        row.retired_at,
        row.failed_at,
        row.failure,
    )


def shipped(key: Key) -> str:
    """The text that comes with the program. Raises `NotVisible`."""
    require_known(key)
    env = environment()
    assert env.loader is not None
    return env.loader.get_source(env, file_name(key))[0]


def source_of(s: Session, key: Key, version: int | None = None) -> str:
    """A version's text, by default the one in force. Raises `NotVisible`."""
    require_known(key)
    if version == SHIPPED:
        return shipped(key)
    chosen = IN_FORCE if version is None else (_T.version == version,)
    row = s.execute(select(_T.text).where(*of_key(key), *chosen)).one_or_none()
    if row is None and version is None:
        return shipped(key)
    if row is None:
        message = _("There is no version {n}.").format(n=version)
        raise NotVisible(Reason("version_unknown", message, "version"))
    return str(row.text)


def version_in_force(s: Session, key: Key) -> int:
    """The number of the version in force; 0 for the shipped text."""
    row = s.execute(select(_T.version).where(*of_key(key), *IN_FORCE)).one_or_none()
    return int(row.version) if row is not None else SHIPPED


def of_key(key: Key) -> tuple[Any, ...]:
    """Conditions on `notice_template`: the versions of one text."""
    return _T.kind == key[0], _T.part == key[1], _T.language == key[2]


def require_known(key: Key) -> None:
    """Raises `NotVisible` for a text that there is not."""
    if not known_key(key):
        message = _("There is no template {name}.").format(name=".".join(key))
        raise NotVisible(Reason("template_unknown", message, "template"))
