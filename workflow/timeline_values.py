"""Values of an event that are told as they stand, without looking anything up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from config.i18n import current_language
from config.i18n import gettext as _
from workflow.timeline_words import value_word
from workflow.wording import ruling_name, word

EMPTY: tuple[Any, ...] = (None, "", [], {})


def plain(value: Any) -> str:
    """Any value as a person reads it; what is nested is listed."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return listed([plain(v) for v in value.values() if v not in EMPTY])
    if isinstance(value, list | tuple):
        return listed([plain(v) for v in value if v not in EMPTY])
    return value.isoformat() if isinstance(value, date) else str(value)


def listed(texts: list[str]) -> str:
    """Texts one after the other, with the comma of the language."""
    return ("、" if current_language().startswith("zh") else ", ").join(texts)


def _cause(_teller: object, value: Any, _event: Any) -> str:
    return word("cause", value)


def _outcome(_teller: object, value: Any, _event: Any) -> str:
    return value_word("outcome", value)


def _level(_teller: object, value: Any, _event: Any) -> str:
    return _("level {n}").format(n=value)


def _limit(_teller: object, value: Any, _event: Any) -> str:
    return word("limit", str(value).partition(":")[0].partition("#")[0])


def _granted(_teller: object, value: Any, event: Any) -> str:
    kind = str(event.tag).removeprefix("task.rule_")
    return ruling_name(kind, "granted" if value else "refused")


def _issued(_teller: object, value: Any, _event: Any) -> str:
    return value_word("step", "issued" if value else "dismissed")


def _relapse(_teller: object, value: Any, _event: Any) -> str:
    return _("the problem is back") if value else _("holds")


ALONE: dict[str, Callable[[object, Any, Any], str]] = {
    "cause": _cause,
    "outcome": _outcome,
    "level": _level,
    "limit": _limit,
    "granted": _granted,
    "issued": _issued,
    "relapse": _relapse,
}
"""By name of the value: takes whoever tells it (in vain), the value, and the event."""
