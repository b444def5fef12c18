"""How a figure stands in words: with its unit of measure, and n beside every rate. Chinese, as in
documents; pages show the same."""

from __future__ import annotations

from decimal import Decimal

from projects.kpi.base import COUNT, GAP, MEAN, MEDIAN, SUM

BLANK = "—"


def number(value: Decimal) -> str:
    """A decimal without needless zeros."""
    return format(value.normalize(), "f")


def bare(sort: str, value: Decimal | None) -> str:
    """The figure alone: "85.7%", "+3.1", "4.2", "12"; a dash where there is none."""
    if value is None:
        return BLANK
    if sort in (COUNT, SUM):
        return number(value)
    if sort == GAP:
        return f"{value:+}"
    return f"{value}" if sort in (MEAN, MEDIAN) else f"{value}%"


def worded(sort: str, value: Decimal | None, n: int) -> str:
    """The figure as a sentence has it, with n: "85.7%（n=14）"."""
    if sort == COUNT:
        return bare(sort, value)
    if value is None or not n:
        return f"无数据（n={n}）"
    return f"{bare(sort, value)}{measure(sort)}（n={n}）"


def changed(sort: str, value: Decimal | None, before: Decimal | None) -> str:
    """Year-on-year in words; what is not known is said to be so."""
    if value is None or before is None:
        return "上年同月无可比数据"
    moved = value - before
    if not moved:
        return "与上年同月持平"
    return f"较上年同月{'上升' if moved > 0 else '下降'}{number(abs(moved))}{_step(sort)}"


def measure(sort: str) -> str:
    """The unit a figure of this sort is told in; empty for counts and percentages."""
    return {SUM: "亿元", GAP: "个百分点", MEAN: "个工作日", MEDIAN: "个工作日"}.get(sort, "")


def _step(sort: str) -> str:
    return "" if sort == COUNT else measure(sort) or "个百分点"
