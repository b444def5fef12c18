"""The check before a text is published: every kind in both languages, from every example.

An office's own text is also tried on notices that were really sent, and must say what every notice
says: the link, and where a kind has a deadline, the deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.i18n import LANGUAGES
from config.i18n import gettext as _
from notifications import moments
from notifications.examples import EXAMPLES, NAME
from notifications.items import Item
from notifications.kinds import KINDS
from notifications.published import SHIPPED, Own, Texts
from notifications.render import PREFIX, RenderError, render_bundle, render_notice
from notifications.template_faults import PARTS, Key, TemplateFault

Facts = Mapping[str, Any]
MOST_FAULTS = 20
_MOMENTS = {"zh_CN": moments.zh, "en": moments.en}


def known_key(key: Key) -> bool:
    """Whether there is such a text: kind, part and language."""
    return key[0] in KINDS and key[1] in PARTS and key[2] in LANGUAGES


def check_templates(texts: Texts = SHIPPED) -> list[str]:
    """Render every kind in both languages from the examples; names each fault found."""
    return list(dict.fromkeys(str(fault) for fault in _faults(texts)))


def check_candidate(candidate: Own, texts: Texts, sent: Iterable[Facts] = ()) -> list[RenderError]:
    """What is wrong with a text that is to be published among those in force; most once each.

    `sent` are facts of notices of its kind that really went out. Those that the shipped text
    cannot render either are nobody's fault here.
    """
    kind, _part, language = candidate.key
    whole = texts.trying(candidate)
    own = [facts for facts in (*EXAMPLES[kind], *sent) if _renders(kind, language, facts)]
    found: dict[str, RenderError] = {}
    for fault in [*_own_faults(candidate, whole, own), *_faults(whole)]:
        found.setdefault(str(fault), fault)
        if len(found) == MOST_FAULTS:
            break
    return list(found.values())


def _own_faults(candidate: Own, texts: Texts, facts: Iterable[Facts]) -> Iterator[RenderError]:
    kind, part, language = candidate.key
    for one in facts:
        try:
            rendered = render_notice(kind, language, one, texts)
        except RenderError as error:
            yield error
        else:
            if part == "body":
                yield from _unsaid(candidate.key, one, rendered.text)


def _unsaid(key: Key, facts: Facts, text: str) -> Iterator[TemplateFault]:
    """What every notice says and this one does not."""
    kind, _part, language = key
    if facts.get("link") and facts["link"] not in text:
        yield TemplateFault(key, 0, _("the link is missing: {{ link }}"))
    deadline = str(facts.get("deadline") or "")
    said = _MOMENTS[language](deadline)
    if "deadline" in KINDS[kind].required and said not in text:
        yield TemplateFault(key, 0, _("the deadline is missing: {{ deadline }}"))


def _renders(kind: str, language: str, facts: Facts) -> bool:
    try:
        render_notice(kind, language, facts)
    except RenderError:
        return False
    return True


def _faults(texts: Texts) -> Iterator[RenderError]:
    strict = Texts(texts.own, strict=True)
    for name in KINDS:
        if not EXAMPLES.get(name):
            yield RenderError(f"{name}: no example")
        for facts in EXAMPLES.get(name, ()):
            for language in LANGUAGES:
                yield from _try([Item(name, dict(facts))], language, strict)
    everything = [Item(name, facts) for name, several in EXAMPLES.items() for facts in several]
    for language in LANGUAGES:
        yield from _try(everything, language, strict)


def _try(items: list[Item], language: str, texts: Texts) -> Iterator[RenderError]:
    try:
        rendered = render_bundle(items, language, NAME, texts)
    except RenderError as error:
        yield error
        return
    empty = not rendered.subject.removeprefix(PREFIX[language]) or not rendered.text.strip()
    if empty or (len(items) > 1 and not rendered.html()):  # HTML of everything at once will do
        yield RenderError(f"{items[0].kind} ({language}): renders to nothing")
