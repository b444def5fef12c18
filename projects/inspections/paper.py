"""The report on paper: DOCX and PDF through the renderer of official documents.

It is a working paper and no numbered document (burden reduction): its number is the inspection's.
Documents are Chinese, whatever the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from config.documents import document_rules
from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from notifications.documents.fonts import chosen
from notifications.documents.pdf import render_pdf, shipped_layout
from notifications.documents.shape import zh_date
from notifications.documents.sheet import Grid, Row, Sheet, Stamp
from notifications.documents.word import render_docx, usable_template
from projects.inspections.found import find
from projects.inspections.report import report_facts
from workflow.context import context
from workflow.documents.files import FORMATS, MEDIA, File
from workflow.errors import Malformed, Reason

KINDS = {"patrol": "日常巡查", "monthly": "月度点评", "quarterly": "季度督查", "site": "现场督查"}
RULES = {
    "named": "指定项目", "red": "红灯项目", "yellow": "黄灯项目", "unvisited": "久未到访项目",
    "lot": "随机抽取",
}  # fmt: skip
STATES = {"open": "未转办", "issue": "已转办", "settled": "现场办结", "dropped": "已撤销"}
LIGHTS = {"red": "红灯", "yellow": "黄灯", "green": "绿灯", "grey": "销号或挂账"}
ANSWERS = {"open": "未反馈", "answered": "已反馈", "accepted": "已办结", "withdrawn": "已撤回"}
COLUMNS = ("序号", "项目", "属地", "发现问题", "类别", "问题编号", "进展")
WIDTHS = (6, 24, 12, 26, 10, 14, 8)
Facts = Mapping[str, Any]


def report_file(s: Session, actor: PersonInfo, inspection: int, form: str, now: datetime) -> File:
    """The report as `docx` or `pdf`. Raises `NotVisible`, `Malformed`."""
    if form not in FORMATS:
        text = _("Unknown format {name}.").format(name=form[:20])
        raise Malformed(Reason("format_unknown", text, "format", _("Use docx or pdf.")))
    row = find(s, actor, inspection)
    sheet = sheet_of(report_facts(s, actor, row, now), _issuer(s, row))
    stamp = _stamp(s, row, now)
    return File(f"督查报告 {row.number}.{form}", MEDIA[form], _render(sheet, stamp, form))


def _render(sheet: Sheet, stamp: Stamp, form: str) -> bytes:
    if form == "pdf":
        return render_pdf(sheet, stamp, layout=shipped_layout(), families=chosen())
    return render_docx(sheet, stamp, template=usable_template(sheet)[0])


def _issuer(s: Session, row: Any) -> str:
    """The bureau that keeps inspections: the unit of whoever planned this one."""
    people = context(s).directory
    planner = people.people.get(row.created_by_id or 0)
    unit = people.units.get(planner.unit_id) if planner else None
    return document_rules().issuer(unit.code, unit.name).name if unit else ""


def _stamp(s: Session, row: Any, now: datetime) -> Stamp:
    moment = row.closed_at or now
    day = context(s).calendar().local_date(moment)
    return Stamp(
        number=row.number, date=zh_date(day), moment=moment.astimezone(UTC).isoformat(),
        state="" if row.state == "closed" else "草稿",
    )  # fmt: skip


def sheet_of(facts: Facts, issuer: str) -> Sheet:
    """The words of the report, part by part."""
    return Sheet(
        layout="form", mark="", title=f"{KINDS[facts['kind']]}报告", issuer=issuer,
        rows=tuple(Row(label, text) for label, text in _rows(facts) if text),
        grid=Grid(COLUMNS, WIDTHS, tuple(_lines(facts))),
    )  # fmt: skip


def _rows(facts: Facts) -> list[tuple[str, str]]:
    n = facts["totals"]
    span = "至".join(zh_date(date.fromisoformat(facts[k])) for k in ("starts_on", "ends_on"))
    if facts["starts_on"] == facts["ends_on"]:
        span = zh_date(date.fromisoformat(facts["starts_on"]))
    how = RULES[facts["rule"]]
    if facts["seed"]:
        how += f"（从{facts['population']}个项目中抽取，种子{facts['seed'][:16]}…）"
    return [
        ("督查事项", facts["title"]), ("督查时间", span), ("带队领导", facts["leader"]),
        ("参加人员", "、".join(facts["members"])), ("督查重点", facts["purpose"]),
        ("选点方式", how),
        (
            "总体情况",
            f"计划督查{n['sites']}个项目，实际到访{n['visited']}个；发现问题{n['findings']}个，"
            f"其中转入闭环办理{n['issues']}个（当日转办{n['same_day']}个），"
            f"现场办结{n['settled']}个。",
        ),
        ("领导批示", "\n".join(_said(one) for one in facts["instructions"])),
        ("督查结论", facts["conclusion"]),
    ]  # fmt: skip


def _said(one: Facts) -> str:
    return f"{one['leader']}：{one['text']}（{one['unit']}，{ANSWERS[one['state']]}）"


def _lines(facts: Facts) -> list[tuple[str, ...]]:
    found = [(site, one) for site in facts["sites"] for one in site["findings"]]
    lines: list[tuple[str, ...]] = [
        (
            str(n), site["project"], site["board"], one["title"], one["category"], one["issue"],
            LIGHTS.get(one["light"]) or STATES[one["state"]],
        )
        for n, (site, one) in enumerate(found, 1)
    ]  # fmt: skip
    return lines or [("", "未发现问题", "", "", "", "", "")]
