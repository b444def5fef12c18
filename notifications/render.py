"""From a notice's frozen facts to a text, in Chinese or English. Text only: HTML is a seam.

What users typed is data: it is handed to templates as values, never compiled as one, its control
characters are dropped, and line breaks are folded where a single line is meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from config.i18n import DEFAULT_LANGUAGE, LANGUAGES, normalise
from notifications import moments
from notifications.examples import EXAMPLES, NAME
from notifications.items import Item
from notifications.kinds import DEFAULTS, KINDS, RANK, faults_of

PREFIX = {"zh_CN": "【销号】", "en": "[Xiaohao] "}
SUBJECT_CHARS = 150  # a longer one is cut: servers refuse lines over 998 bytes
_PARAGRAPHS = frozenset(
    {"problem", "measures", "standard", "reason", "opinion", "requirements", "detail"}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class RenderError(Exception):
    """A notice that cannot be put into words; the text says why."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A subject of one line and a text with `\\n` line ends."""

    subject: str
    text: str


def render_notice(kind: str, language: str, facts: Mapping[str, Any]) -> Rendered:
    """The notice by itself, as the portal shows it. Raises RenderError."""
    faults = faults_of(kind, facts)
    if faults:
        raise RenderError("; ".join(faults))
    known = normalise(language) or DEFAULT_LANGUAGE
    told = {name: _inert(name, value) for name, value in facts.items() if value is not None}
    context = {**DEFAULTS, **told}
    subject = _render(f"{kind}/subject.{known}.j2", context)
    return Rendered(_one_line(subject), _tidy(_render(f"{kind}/body.{known}.j2", context)))


def render_bundle(items: Sequence[Item], language: str, recipient_name: str) -> Rendered:
    """A message with everything in it, most urgent first. Raises RenderError.

    One notice keeps its own subject; several are counted by kind.
    """
    if not items:
        raise RenderError("a message needs a notice")
    known = normalise(language) or DEFAULT_LANGUAGE
    ordered = sorted(items, key=_urgency)
    parts = [render_notice(item.kind, known, item.facts) for item in ordered]
    context = {"name": _one_line(recipient_name), "parts": parts, "counts": _counts(ordered, known)}
    layout = "single" if len(parts) == 1 else "bundle"
    title = parts[0].subject if len(parts) == 1 else _bundle_subject(context, known)
    text = _tidy(_render(f"_layout/{layout}.{known}.j2", context))
    return Rendered(_one_line(PREFIX[known] + title), text)


def check_templates() -> list[str]:
    """Render every kind in both languages from the examples; names each fault found."""
    faults = [f"{name}: no example" for name in KINDS if not EXAMPLES.get(name)]
    for name in KINDS:
        faults += [f for facts in EXAMPLES.get(name, ()) for f in _try_both(name, facts)]
    everything = [Item(name, facts) for name, several in EXAMPLES.items() for facts in several]
    for language in LANGUAGES:
        faults += _try_bundle(everything, language)
    return faults


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """The one environment. A template reaches no attribute that Python keeps to itself."""
    env = ImmutableSandboxedEnvironment(
        loader=PackageLoader("notifications"),
        undefined=StrictUndefined,
        autoescape=False,  # plain text; HTML gets an environment that escapes
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    env.filters.update(
        zh_moment=moments.zh,
        en_moment=moments.en,
        zh_kind=lambda name: KINDS[name].zh if name in KINDS else name,
        en_kind=lambda name: KINDS[name].en.lower() if name in KINDS else name,
    )
    return env


def _render(template: str, context: Mapping[str, Any]) -> str:
    try:
        return environment().get_template(template).render(context)
    except TemplateError as error:
        raise RenderError(f"{template}: {error.message or type(error).__name__}") from error
    except Exception as error:  # facts of a wrong type: TypeError, ValueError, ...
        raise RenderError(f"{template}: {type(error).__name__}: {error}") from error


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


def _bundle_subject(context: Mapping[str, Any], language: str) -> str:
    return _render(f"_layout/subject.{language}.j2", context)


def _try_both(kind: str, facts: Mapping[str, Any]) -> list[str]:
    alone = [Item(kind, dict(facts))]
    return [fault for language in LANGUAGES for fault in _try_bundle(alone, language)]


def _try_bundle(items: Sequence[Item], language: str) -> list[str]:
    try:
        rendered = render_bundle(items, language, NAME)
    except RenderError as error:
        return [str(error)]
    empty = not rendered.subject.removeprefix(PREFIX[language]) or not rendered.text.strip()
    return [f"{items[0].kind} ({language}): renders to nothing"] if empty else []
