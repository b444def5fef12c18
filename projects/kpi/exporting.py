"""The figures of a month as a file, CSV or XLSX: numerator, denominator and n, of units only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter

from config.i18n import current_language
from config.i18n import gettext as _
from projects.kpi.base import Figure
from projects.kpi.declared import KPIS
from projects.kpi.reading import View
from projects.kpi.scopes import CLASSES, units_of
from projects.kpi.shown import BLANK
from projects.kpi.targets import names
from workflow.ledgers.inert import inert

MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Value = str | int | Decimal | None


def lines(seen: View) -> Iterator[list[Value]]:
    """A header, then a line for each figure in sight that has any row behind it."""
    yield [
        _("Month"), _("State"), _("Class of units"), _("Unit"), _("Figure"), _("Value"),
        _("Numerator"), _("Denominator"), "n", _("Rank in class"),
    ]  # fmt: skip
    state = _("frozen") if seen.frozen is not None else _("not frozen")
    groups, targets = {u.scope: u for u in units_of(seen.content)}, names(seen.content)
    for key in dict.fromkeys(key for key, _scope in seen.figures):
        places = seen.places(key) if key in KPIS else {}
        for scope in seen.seen:
            figure = seen.figures.get((key, scope))
            if figure is None or not figure.n:
                continue
            unit = groups.get(scope)
            place = places[unit.id].rank if unit is not None and unit.id in places else None
            group = _(CLASSES[unit.group][1]) if unit is not None else _scope_name(scope)
            label = KPIS[key].title(current_language()) if key in KPIS else targets[key].title
            yield [
                seen.month, state, group, unit.name if unit is not None else "", label,
                *_numbers(figure), place,
            ]  # fmt: skip


def _scope_name(scope: str) -> str:
    kind, _colon, key = scope.partition(":")
    return _("The zone") if kind == "zone" else _(CLASSES[key][1])


def _numbers(figure: Figure) -> list[Value]:
    below = figure.denominator if figure.denominator else None
    return [figure.value, figure.numerator, below, figure.n]


def as_csv(seen: View) -> bytes:
    """UTF-8 with a byte order mark, as spreadsheet programs like it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for line in lines(seen):
        writer.writerow([_text(value) for value in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _text(value: Value) -> str:
    if value is None:
        return BLANK
    return (
        inert(value)
        if isinstance(value, str)
        else format(value, "f" if isinstance(value, Decimal) else "")
    )


def as_xlsx(seen: View, created: datetime) -> bytes:
    """One sheet; numbers are numbers, and no text is a formula or a link."""
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, plain) as book:
        book.set_properties({"author": "xiaohao", "created": created.astimezone(UTC)})
        sheet = book.add_worksheet(seen.month)
        for n, line in enumerate(lines(seen)):
            for column, value in enumerate(line):
                sheet.write(n, column, float(value) if isinstance(value, Decimal) else value)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def exported(seen: View, form: str, now: datetime) -> bytes:
    """The file's content in a form: `csv` or `xlsx`."""
    return as_csv(seen) if form == "csv" else as_xlsx(seen, now)
