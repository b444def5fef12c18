"""Figures and the reconciliation of the ledger."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from web.api.shapes.base import Shape


class BalancePart(Shape):
    """One group of the reconciliation."""

    dimension: str
    key: str
    opened: int
    open: int
    closed: int
    rejected: int
    merged: int
    archived: int = Field(description="Ended issues whose history lies in an archive.")
    closures: int
    relapses: int
    balanced: bool


class Reconciliation(Shape):
    """Ledger and history side by side."""

    balanced: bool
    rows: list[BalancePart]


class FigurePart(Shape):
    """A number of issues and the address of the list behind it."""

    count: int
    list: str


class Statistics(Shape):
    """Counts of what the caller may see."""

    total: FigurePart
    open: FigurePart
    overdue: FigurePart
    phases: list[dict[str, Any]]
    states: list[dict[str, Any]]
    boards: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    units: list[dict[str, Any]]
    levels: list[dict[str, Any]]
    trend: list[dict[str, Any]]
