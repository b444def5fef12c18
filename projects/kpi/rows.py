"""The rows behind a figure, out of the very facts that it was worked out from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from config.i18n import N_
from config.i18n import gettext as _
from projects.figures.words import meant
from projects.kpi.base import Content, Figure
from projects.kpi.scopes import units_of
from projects.kpi.shown import BLANK, number
from projects.sections.shared import decimal

Known = dict[str, dict[str, Any]]
ABOVE, BELOW = "above", "below"
"""Which rows: those of the numerator, or of the denominator."""
DAYS = {
    "task": (("dispatched", N_("Handed over")), ("ack_due", N_("Receipt due")),
             ("acknowledged", N_("Acknowledged on")), ("due", N_("Deadline")),
             ("original_due", N_("First deadline")), ("handed_in", N_("Handed in on")),
             ("verified", N_("Verified on"))),
    "issue": (("reported", N_("Reported on")), ("dispatched", N_("Handed over")),
              ("closed", N_("Closed on"))),
    "lookback": (("due", N_("Due")), ("done", N_("Looked back"))),
    "order": (("at", N_("Issued")), ("limit", N_("Answer due")), ("answered", N_("Answered on"))),
    "demand": (("received", N_("Came in")), ("take_up_due", N_("To be taken up by")),
               ("contacted", N_("Taken up on")), ("feedback", N_("Enterprise's word"))),
    "project": (("plan_start_on", N_("Planned start")), ("actual_start_on", N_("Start")),
                ("plan_finish_on", N_("Planned completion")),
                ("actual_finish_on", N_("Completion"))),
    "target": (),
    "earlier": (),
}  # fmt: skip
"""By kind of row: its moments (UTC) or days, in order."""


STATES = {
    "reported": N_("Reported"), "triaging": N_("In breakdown"),
    "dispatched": N_("Handed over to a unit"),
    "pending_ack": N_("Not received"), "in_progress": N_("In progress"), "parked": N_("Parked"),
    "submitted": N_("Handed in"), "verifying": N_("To be verified"),
    "verified": N_("Passed verification"),
    "approving": N_("To be approved"), "closed": N_("Closed"), "withdrawn": N_("Withdrawn"),
    "merged": N_("Merged"), "rejected": N_("Not accepted"),
}  # fmt: skip
"""States of issues and tasks, as rows behind a figure tell them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `days` are (label, moment or day as text); `hit`: it counts in the numerator."""

    ref: str
    kind: str
    number: str
    title: str
    units: tuple[str, ...]
    state: str
    days: tuple[tuple[str, str], ...]
    amounts: str
    path: str
    hit: bool


def rows(content: Content, figure: Figure, which: str) -> list[Row]:
    """The rows of a figure's numerator or denominator, in the order of the snapshot."""
    wanted = figure.above if which == ABOVE else figure.below
    known, units = _index(content, wanted), units_of(content)
    names, hits = {u.id: u.name for u in units}, set(figure.above)
    known |= _counted_only(content, known, {u.id: u.code for u in units})
    money = _Money(content, figure.kpi)
    return [_row(ref, known[ref], names, ref in hits, money) for ref in wanted if ref in known]


SECTIONS = {
    "task": "tasks", "issue": "issues", "lookback": "lookbacks", "project": "projects",
    "demand": "demands", "step": "orders", "document": "orders", "target": "targets",
    "earlier": "earlier",
}  # fmt: skip


def _index(content: Content, refs: Iterable[str]) -> Known:
    found: Known = {}
    for name in {ref.split(":")[0] for ref in refs}:
        section = content.get(SECTIONS[name], [])
        if name == "target":
            section = [row for plan in section for row in plan["rows"]]
        for row in section:
            ref = row["id"] if SECTIONS[name] == "orders" else f"{name}:{row['id']}"
            found[ref] = row
    return found


def _counted_only(content: Content, known: Known, codes: dict[int, str]) -> Known:
    """What was struck off before the month is counted, not listed: where it is found by now."""
    begin = date.fromisoformat(f"{content['month']}-01")
    asked = [("state", "closed"), ("closed_until", (begin - timedelta(days=1)).isoformat())]
    return {
        ref: row | {"path": "/issues?" + urlencode(
            [*asked, *(("unit", codes[key]) for key in row["units"] if key in codes)]
        )}
        for ref, row in known.items()
        if ref.startswith("earlier:")
    }  # fmt: skip


def _row(ref: str, row: dict[str, Any], names: dict[int, str], is_hit: bool, money: _Money) -> Row:
    kind = ref.split(":")[0]
    kind = "order" if kind in ("step", "document") else kind
    row = row | {"handed_in": max((one["at"] for one in row.get("submissions", ())), default=None)}
    days = tuple((_(label), row[name]) for name, label in DAYS[kind] if row.get(name))
    return Row(
        ref, kind, _number(kind, row), _title(kind, row), _units(row, names), _state(kind, row),
        days, _amounts(kind, row, money), _path(kind, row), is_hit,
    )  # fmt: skip


def _number(kind: str, row: dict[str, Any]) -> str:
    if kind == "earlier":
        return _("{n} issues").format(n=row["n"])
    return str(row.get("number") or row.get("code") or "")


def _title(kind: str, row: dict[str, Any]) -> str:
    if kind == "target":
        return f"{row['level']} · {row['metric']} · {row['region']}"
    if kind == "earlier":
        return _("Struck off before the month")
    return str(row.get("title") or row.get("name") or row.get("enterprise") or "")


def _units(row: dict[str, Any], names: dict[int, str]) -> tuple[str, ...]:
    keys = row.get("units") or [row.get("unit_id") or row.get("counted_board_id")]
    return tuple(names[key] for key in keys if key in names)


def _state(kind: str, row: dict[str, Any]) -> str:
    if kind == "earlier":
        return _(STATES["closed"])
    if kind in ("task", "issue"):
        parts = [_(STATES[row["state"]])] if row["state"] in STATES else []
        if row.get("over_wd"):
            parts.append(_("{n} working days over").format(n=row["over_wd"]))
        if row.get("took_wd") is not None:
            parts.append(_("{n} working days").format(n=row["took_wd"]))
        return " · ".join(parts)
    if kind == "lookback" and row["finding"]:
        return _("Relapse found") if row["finding"] == "relapse" else _("Holds")
    return ""


def _amounts(kind: str, row: dict[str, Any], money: _Money) -> str:
    if kind == "target":
        told = meant(row["op"], decimal(row["value"]), decimal(row.get("value_to")))
        return f"{told} {row['unit']}" if told else _("no target")
    return money.told(row) if kind == "project" else ""


class _Money:
    """What a project put into a figure of investment, as the figure counts it."""

    def __init__(self, content: Content, kpi: str) -> None:
        self._kpi, self._month = kpi, content["month"]
        self._column = "statistical" if kpi == "counted_investment" else "reported"
        self._told = {row["id"]: row["months"] for row in content.get("figures", ())}

    def told(self, row: dict[str, Any]) -> str:
        """In words; empty where the figure counts projects and no money."""
        if self._kpi == "invested_in_month":
            done = self._sum(row, lambda month: month == self._month)
            return _("reported in the month: {done}").format(done=done)
        if self._kpi not in ("invested", "counted_investment", "gap"):
            return ""
        words = {
            "reported": _("planned {plan}, reported {done} (100 million yuan)"),
            "statistical": _("planned {plan}, in the statistics {done} (100 million yuan)"),
        }
        done = self._sum(row, lambda month: True)
        plan = row["plan_year_invest_yi"]
        return words[self._column].format(plan=BLANK if plan is None else plan, done=done)

    def _sum(self, row: dict[str, Any], wanted: Callable[[str], bool]) -> str:
        of_months = self._told.get(row["id"], {})
        stated = [
            Decimal(one[self._column])
            for month, one in of_months.items()
            if wanted(month) and one[self._column] is not None
        ]
        return number(sum(stated, Decimal())) if stated else BLANK


def _path(kind: str, row: dict[str, Any]) -> str:
    if kind in ("task", "order", "lookback"):
        return f"/issues/{row.get('issue_number') or row['number']}"
    if kind in ("target", "earlier"):
        return str(row.get("path", ""))
    key = row["id"] if kind == "project" else row["number"]
    return {"issue": f"/issues/{key}", "project": f"/projects/{key}", "demand": f"/demands/{key}"}[
        kind
    ]
