"""Answers about demands of enterprises."""

from __future__ import annotations

from typing import Any

from web.api.shapes.base import Moment, Shape


class DemandLine(Shape):
    """A demand as the list tells it."""

    number: str
    version: int
    state: str
    enterprise: str
    text: str
    board: str
    category: str
    received_at: Moment
    take_up_due_at: Moment
    issue: str | None
    repeat: bool
    relapse_candidate: bool


class DemandPage(Shape):
    """A page of demands. `next_page` is null on the last one."""

    items: list[DemandLine]
    total: int
    next_page: int | None


class DemandFile(Shape):
    """One demand with everything on it; for the office also proposals and what is like it."""

    number: str
    version: int
    state: str
    enterprise: str
    text: str
    board: str
    issue: str | None
    history: list[dict[str, Any]]
    suggestions: list[dict[str, Any]]
    like: list[dict[str, Any]]


class DemandDone(Shape):
    """What an act leaves behind. `address`: a new secret address, told only here."""

    number: str
    state: str
    version: int
    issue: str | None
    address: str | None


class DemandFiled(Shape):
    """A demand that was handed in. `address` is null for a repeat: it was told the first time."""

    number: str
    created: bool
    address: str | None
    source: str
    source_id: str
