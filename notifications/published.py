"""The texts that administrators have published, compiled, and held until there are newer ones.

One number (`engine_head.template_edition`) is read to know whether there are. What cannot be
rendered is noted, so that the office can be told; the shipped text goes out in its place.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from jinja2 import Template
from sqlalchemy import Engine, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from notifications.sandbox import environment
from notifications.sandbox_budget import bounded
from notifications.template_faults import Key, TemplateFault, fault_of, file_name

MOST_SOURCE = 20_000
"""How many characters a template may have."""
DIRTY = "notifications.templates_dirty"
"""In a session's memo: this transaction has changed what is in force."""
SEEN = "notifications.texts"
"""In a reading session's memo: its texts, since they stay the same in it."""
_T = tables.notice_template.c
_EDITION = select(tables.engine_head.c.template_edition)
_CHOSEN = select(_T.id, _T.kind, _T.part, _T.language, _T.version, _T.text).where(
    _T.published_at.is_not(None), _T.retired_at.is_(None)
)


@dataclass(slots=True)
class Noted:
    """Published versions that failed in this process. `told`: the office knows."""

    waiting: dict[int, str] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)

    def note(self, template_id: int, reason: str) -> None:
        """Keep the first reason."""
        if template_id not in self.told:
            self.waiting.setdefault(template_id, reason)

    def settle(self, ids: Mapping[int, str]) -> None:
        """These are written down."""
        self.told |= ids.keys()
        for template_id in ids:
            self.waiting.pop(template_id, None)


@dataclass(frozen=True)
class Own:
    """A text of the office's own; `id` 0 has not been stored."""

    key: Key
    text: str
    id: int = 0
    version: int = 0

    def render(self, context: Mapping[str, Any]) -> str:
        """The words, never empty. Raises TemplateFault, whatever the template does."""
        try:
            with bounded():
                found = self._compiled.render(context)
        except TemplateFault:
            raise
        except Exception as error:
            raise fault_of(self.key, error, self.text) from error
        if not found.strip():
            raise TemplateFault(self.key, 0, _("renders to nothing"))
        return found

    @cached_property
    def _compiled(self) -> Template:
        if len(self.text) > MOST_SOURCE:
            raise TemplateFault(
                self.key, 0, _("has more than {n} characters").format(n=MOST_SOURCE)
            )
        env, name = environment(), file_name(self.key)
        code = env.compile(self.text, name, name)
        return env.template_class.from_code(env, code, env.make_globals(None))


class Texts:
    """What notices are rendered with: the office's own texts, the shipped ones for all else.

    `strict` raises what is wrong with an own text instead of noting it.
    """

    def __init__(
        self, own: Mapping[Key, Own], noted: Noted | None = None, *, strict: bool = False
    ) -> None:
        self.own, self.noted, self.strict = dict(own), noted or Noted(), strict

    def render(self, key: Key, context: Mapping[str, Any]) -> str | None:
        """The office's words, or None where the shipped ones are to be used."""
        own = self.own.get(key)
        if own is None:
            return None
        try:
            return own.render(context)
        except TemplateFault as fault:
            if self.strict:
                raise
            self.noted.note(own.id, str(fault))
            return None

    def trying(self, candidate: Own) -> Texts:
        """These texts with another one in its place, strictly."""
        return Texts({**self.own, candidate.key: candidate}, strict=True)


SHIPPED = Texts({})
_CACHE: WeakKeyDictionary[Engine, tuple[int, Texts]] = WeakKeyDictionary()
_NOTED: WeakKeyDictionary[Engine, Noted] = WeakKeyDictionary()
_LOCK = threading.Lock()


def in_force(s: Session) -> Texts:
    """The texts as this transaction sees them; read anew only when there are newer ones."""
    if DIRTY in s.memo:  # nobody else may see them before they are committed
        return Texts(_load(s), noted(s.conn.engine))
    if not s.reading:
        return _newest(s)
    if SEEN not in s.memo:
        s.memo[SEEN] = _newest(s)
    found: Texts = s.memo[SEEN]
    return found


def _newest(s: Session) -> Texts:
    engine = s.conn.engine
    edition = s.execute(_EDITION).scalar_one_or_none()
    known = _CACHE.get(engine)
    if known is not None and known[0] == edition:
        return known[1]
    made = Texts(_load(s), noted(engine))
    if edition is not None:
        with _LOCK:
            _CACHE[engine] = edition, made
    return made


def noted(engine: Engine) -> Noted:
    """What failed in this process, of one database."""
    with _LOCK:
        return _NOTED.setdefault(engine, Noted())


def _load(s: Session) -> dict[Key, Own]:
    found = {}
    for row in s.execute(_CHOSEN):
        key = row.kind, row.part, row.language
        found[key] = Own(key, row.text, row.id, row.version)
    return found
