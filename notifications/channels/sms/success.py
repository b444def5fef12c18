"""Whether a gateway's answer is a success, by the condition of the settings."""

from __future__ import annotations

import json
import re
from typing import Any

_FIELD = re.compile(r"([\w.-]+)=(.*)", re.S)


def fulfilled(condition: str, body: bytes) -> bool:
    """`path.to.field=value` against a JSON answer, or a text that any answer must contain."""
    match = _FIELD.fullmatch(condition)
    if match is None:
        return condition in body.decode("utf-8", "replace")
    try:
        found: Any = json.loads(body)
    except ValueError:
        return False
    for name in match[1].split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return _written(found) == match[2].strip()


def readable(body: bytes) -> str:
    """The answer as text; JSON without its escapes, so that Chinese can be found in it."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
