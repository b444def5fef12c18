"""From a notice's frozen facts to words, in Chinese or English, as text and as HTML for mail.

What users typed is data: it is handed to templates as values, never compiled as one, its control
characters are dropped, and line breaks are folded where a single line is meant. Subjects and
bodies may be the office's own (`Texts`); a broken one is replaced by the shipped one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from jinja2 import TemplateError

from config.i18n import DEFAULT_LANGUAGE, normalise
from notifications.items import Item
from notifications.kinds import DEFAULTS, KINDS, RANK, faults_of
from notifications.mail_html import Section, leads_somewhere, mail_html
from notifications.published import SHIPPED, Texts
from notifications.sandbox import environment
from notifications.template_faults import Key, RenderError, TemplateFault, file_name

__all__ = [
    "PREFIX",
    "RenderError",
    "Rendered",
    "TemplateFault",
    "environment",
    "render_bundle",
    "render_notice",
]
PREFIX = {"zh_CN": "【销号】", "en": "[Xiaohao] "}
IN_FULL, NAMED = 50, 500
"""How many notices of a message are told in full, and how many are named at all. What comes due
together after an outage would make a message that no server takes; the portal shows everything."""
SUBJECT_CHARS = 150  # a longer one is cut: servers refuse lines over 998 bytes
_PARAGRAPHS = frozenset(
    {"problem", "measures", "standard", "reason", "opinion", "requirements", "detail"}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A subject of one line and a text with `\n` line ends."""

    subject: str
    text: str
    make_html: Callable[[], str] = field(default=str, compare=False, repr=False)

    def html(self) -> str:
        """A whole message as HTML, made when it is asked for; empty for a notice by itself."""
        return self.make_html()


def render_notice(
    kind: str, language: str, facts: Mapping[str, Any], texts: Texts = SHIPPED
) -> Rendered:
    """The notice by itself, as the portal shows it. Raises RenderError."""
    known = normalise(language) or DEFAULT_LANGUAGE
    context = _context(kind, facts)
    subject = _part((kind, "subject", known), context, texts)
    body = _part((kind, "body", known), context, texts)
    if context["instead_of"]:  # said whatever text the office has written
        body = _render(f"_parts/instead.{known}.j2", context) + body
    return Rendered(_one_line(subject), _tidy(body))


def _context(kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    faults = faults_of(kind, facts)
    if faults:
        raise RenderError("; ".join(faults))
    told = {name: _inert(name, value) for name, value in facts.items() if value is not None}
    return {**DEFAULTS, **told}


def render_bundle(
    items: Sequence[Item], language: str, recipient_name: str, texts: Texts = SHIPPED
) -> Rendered:
    """A message of everything there is to tell, most urgent first. Raises RenderError.

    One notice keeps its own subject; several are counted by kind. Of very many only the first are
    told in full, those after them by their subjects, the others by their number.
    """
    if not items:
        raise RenderError("a message needs a notice")
    known = normalise(language) or DEFAULT_LANGUAGE
    ordered = sorted(items, key=_urgency)
    full = ordered[:IN_FULL]
    parts = [render_notice(item.kind, known, item.facts, texts) for item in full]
    context = {
        "name": _one_line(recipient_name),
        "total": len(ordered),
        "parts": [{"subject": part.subject, "text": part.text} for part in parts],
        "named": [_named(item, known, texts) for item in ordered[IN_FULL:NAMED]],
        "unnamed": max(0, len(ordered) - NAMED),
        "counts": _counts(ordered, known),
    }
    layout = "single" if len(parts) == 1 else "bundle"
    title = parts[0].subject if len(parts) == 1 else _render(f"_layout/subject.{known}.j2", context)
    text = _tidy(_render(f"_layout/{layout}.{known}.j2", context))
    sections = [
        Section(part.subject, part.text, _link(item))
        for item, part in zip(full, parts, strict=True)
    ]
    subject = _one_line(PREFIX[known] + title)
    return Rendered(subject, text, partial(mail_html, sections, known, subject, context))


def _named(item: Item, language: str, texts: Texts) -> dict[str, Any]:
    subject = _part((item.kind, "subject", language), _context(item.kind, item.facts), texts)
    link = _link(item)
    return {"subject": _one_line(subject), "link": link, "safe": leads_somewhere(link)}


def _part(key: Key, context: Mapping[str, Any], texts: Texts) -> str:
    found = texts.render(key, context)
    return _render(file_name(key), context) if found is None else found


def _render(template: str, context: Mapping[str, Any]) -> str:
    try:
        return environment().get_template(template).render(context)
    except TemplateError as error:
        raise RenderError(f"{template}: {error.message or type(error).__name__}") from error
    except Exception as error:  # facts of a wrong type: TypeError, ValueError, ...
        raise RenderError(f"{template}: {type(error).__name__}: {error}") from error


def _link(item: Item) -> str:
    return str(_inert("link", item.facts.get("link") or ""))


def _inert(name: str, value: Any) -> Any:
    """A fact without control characters; a paragraph's further lines are indented."""
    if isinstance(value, str):
        lines = [_CONTROL.sub("", line).strip() for line in value.splitlines()]
        return ("\n    " if name in _PARAGRAPHS else " ").join(lines).strip()
    if isinstance(value, dict):
        return {key: _inert(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_inert(name, inner) for inner in value]
    return value


def _one_line(text: str) -> str:
    line = _CONTROL.sub("", " ".join(text.split()))
    return line if len(line) <= SUBJECT_CHARS else line[: SUBJECT_CHARS - 1] + "…"


def _tidy(text: str) -> str:
    """No trailing blanks, no two empty lines in a row."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _urgency(item: Item) -> tuple[bool, int, int, str]:
    days = item.facts.get("days_over") or 0
    deadline = item.facts.get("deadline") or "9999"
    rank = RANK.get(item.kind, len(RANK))
    return not item.urgent, rank, -int(days), str(deadline)


def _counts(items: Sequence[Item], language: str) -> list[tuple[str, int]]:
    return list(Counter(KINDS[item.kind].short(language) for item in items).items())
