"""The ledger's filter as OpenAPI parameters, from the names that `web.ledger_query` reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models.queries.paging import LIGHTS
from models.queries.waiting import KINDS
from web.ledger_query import FLAGS, MOMENTS, NAMES, NO_BOARD, UNITS

_WORDS = {
    "phase": "Phase: discovery, breakdown, assignment, supervision or closure.",
    "state": "State of the issue.",
    "light": "green, yellow, red or grey.",
    "category": "Category, by its name in the policy.",
    "source": "Code of the platform it came from.",
    "board": f"Town or street, by code; {NO_BOARD} for none.",
    "unit": "Lead unit of a task, by code.",
    "co_unit": "Supporting unit of a task, by code.",
    "reporter_unit": "Unit that reported it, by code.",
    "project": "Project, by name or id; 0 for none.",
    "level": "Supervision level of a running task, 0 to the top of the policy's ladder.",
    "level_from": "Supervision level of a running task, at least.",
    "coordination": "Coordination level of the issue.",
    "q": "Up to five words that number, title, description or project must contain.",
    "waiting": f"What waits for the caller: {', '.join(KINDS)}.",
}
_SINGLE = {*FLAGS, *MOMENTS, "level_from", "q", "waiting"}


def documented(names: Iterable[str] = NAMES) -> list[dict[str, Any]]:
    """One parameter for each name."""
    return [_parameter(name) for name in names]


def _parameter(name: str) -> dict[str, Any]:
    item = _schema(name)
    many = name not in _SINGLE
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": _WORDS.get(name) or _meaning(name),
        "schema": {"type": "array", "items": item} if many else item,
    } | ({"style": "form", "explode": True} if many else {})


def _schema(name: str) -> dict[str, Any]:
    if name in FLAGS:
        return {"type": "string", "enum": ["1", "0"]}
    if name in MOMENTS:
        return {"type": "string", "examples": ["2026-09-28", "2026-09-28T10:00:00+08:00"]}
    if name == "waiting":
        return {"type": "string", "enum": list(KINDS)}
    if name == "light":
        return {"type": "string", "enum": list(LIGHTS)}
    if name == "coordination":
        return {"type": "integer", "minimum": 1, "maximum": 4}
    if name in ("level", "level_from"):
        return {"type": "integer", "minimum": 0, "maximum": 9}
    return {"type": "string", "maxLength": 120} | ({"examples": ["zjj"]} if name in UNITS else {})


def _meaning(name: str) -> str:
    if name in FLAGS:
        return f"1 for those that are: {name}."
    if name == "overdue_at":
        return "With a task past its deadline at that moment."
    what, _, side = name.rpartition("_")
    words = {"due": "A running task is due", "opened": "Reported", "closed": "Closed",
             "relapsed": "Relapsed"}[what]  # fmt: skip
    return f"{words} {'from that day or moment on' if side == 'from' else 'until then'}."
