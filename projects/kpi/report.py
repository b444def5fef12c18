"""The one-page report of a unit for a month (DOCX, PDF), from the month's facts alone."""

from __future__ import annotations

from datetime import datetime

from config.documents import document_rules
from models.db import Session
from notifications.documents import fonts
from notifications.documents.pdf import render_pdf, shipped_layout
from notifications.documents.sheet import Grid, Row, Sheet, Stamp
from notifications.documents.word import render_docx, usable_template
from projects.kpi.base import Figure
from projects.kpi.declared import COUNTS, KPIS, RATES
from projects.kpi.reading import View
from projects.kpi.scopes import CLASSES, Unit
from projects.kpi.shown import BLANK, bare
from workflow.context import context
from workflow.notice_facts import local

LEFT_OUT = ("return_upheld", "handling_median")
"""Not on the one page; the tables of the portal have them."""


def sheet(s: Session, seen: View, unit: Unit) -> Sheet:
    """What the report says. A rank stands there only where the reader sees the whole class."""
    year, month = int(seen.month[:4]), int(seen.month[5:])
    counts = [
        f"{KPIS[key].name} {bare(one.sort, one.value)}"
        for key in COUNTS
        if (one := seen.figures[key, unit.scope]).n
    ]
    calendar = context(s).calendar()
    until = local(datetime.fromisoformat(seen.until), calendar)
    frozen = f"未冻结，数据截至{until}"
    if seen.frozen is not None:
        frozen = f"{local(seen.frozen.at, calendar)}冻结（第{seen.frozen.edition}版）"
    rows = (
        Row("单位", f"{unit.name}（{CLASSES[unit.group][0]}）"),
        Row("期间", f"{year}年{month}月，{frozen}"),
        Row("数量", "；".join(counts) or "本月无相关事项"),
        Row("说明", "n为分母所含件数；挂账事项不计入；同类单位间比较，n较小的不排名。"),
    )
    issuer = document_rules().issuer("jfj", "经济发展局").name
    return Sheet(
        layout="form", mark="", title=f"{unit.name}{year}年{month}月工作情况", issuer=issuer,
        rows=rows, grid=_grid(seen, unit), with_seal=False,
    )  # fmt: skip


def _grid(seen: View, unit: Unit) -> Grid:
    lines = []
    for key in RATES:
        figure = seen.figures[key, unit.scope]
        if figure.n and key not in LEFT_OUT:
            place = seen.places(key).get(unit.id)
            rank = f"{place.rank}/{place.of}" if place is not None and place.rank else BLANK
            lines.append((KPIS[key].name, *_cells(figure), rank))
    columns = ("指标", "数值", "分子", "分母", "n", "同类排名")
    return Grid(columns, (8, 4, 4, 4, 3, 4), tuple(lines or [("本月无指标", *[BLANK] * 5)]))


def _cells(figure: Figure) -> tuple[str, str, str, str]:
    top, under = (format(x.normalize(), "f") for x in (figure.numerator, figure.denominator))
    return bare(figure.sort, figure.value), top, under, str(figure.n)


def rendered(s: Session, seen: View, unit: Unit, form: str) -> bytes:
    """The report as `docx` or `pdf`; of a frozen month always the same bytes."""
    made = sheet(s, seen, unit)
    moment = seen.frozen.at.isoformat() if seen.frozen is not None else seen.until
    stamp = Stamp(moment=moment)
    if form == "docx":
        return render_docx(made, stamp, template=usable_template(made)[0])
    return render_pdf(made, stamp, layout=shipped_layout(), families=fonts.chosen())
