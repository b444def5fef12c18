"""Formulas over demands of enterprises: taken up in time, resolved, satisfied."""

from __future__ import annotations

from projects.kpi.base import Month, Part, hit


def contacted(m: Month) -> list[Part]:
    """Demands whose limit for being taken up ended in the month; hits were taken up within it."""
    return [
        hit(
            f"demand:{one['id']}", _units(one),
            one["contacted"] is not None and one["contacted"] <= one["take_up_due"],
        )
        for one in m.rows("demands")
        if m.has(one["take_up_due"])
    ]  # fmt: skip


def resolved(m: Month) -> list[Part]:
    """Demands on which the enterprise spoke in the month; hits are resolved in its eyes."""
    return _spoken(m, "resolved")


def satisfied(m: Month) -> list[Part]:
    """The same; hits are those with which the enterprise is satisfied."""
    return _spoken(m, "satisfied")


def _spoken(m: Month, what: str) -> list[Part]:
    return [
        hit(f"demand:{one['id']}", _units(one), bool(one[what]))
        for one in m.rows("demands")
        if m.has(one["feedback"]) and one[what] is not None
    ]


def _units(one: dict[str, object]) -> list[int]:
    board = one["board_id"]
    return [board] if isinstance(board, int) else []
