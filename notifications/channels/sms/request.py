"""The request to the gateway out of the templates of the settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote
from xml.sax.saxutils import escape

_PLACEHOLDER = re.compile(r"\{(phone|text|number|title|link|id|secret)\}")
Escape = Callable[[str], str]


def fill(template: str, values: Mapping[str, str], escaped: Escape) -> str:
    """The template with its placeholders filled, once; other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda found: escaped(values[found[1]]), template)


def escape_for(form: str) -> Escape:
    """How a value is written inside that content type, or inside an address (`url`)."""
    if form == "url" or "form-urlencoded" in form:
        return lambda value: quote(value, safe="")
    if "json" in form:
        return lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
    if "xml" in form:
        return lambda value: escape(value, {'"': "&quot;"})
    return lambda value: value


def headers_of(text: str) -> dict[str, str] | None:
    """The headers that a JSON object of texts names; None for anything else."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(_sound(str(part)) for part in found.values()):
        return None
    return {str(name): str(value) for name, value in found.items()}


def hidden(text: str) -> list[str]:
    """What must not be told of those headers."""
    values = (headers_of(text) or {}).values()
    return [text, *values, *(word for value in values for word in value.split())]


def _sound(value: str) -> bool:
    return value.isprintable() and value.isascii()
