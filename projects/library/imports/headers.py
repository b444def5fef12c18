"""Which column of a list means what: headings as lists of projects bear them.

Amounts may be in 亿元 or 万元, dollars in 万美元 or 亿美元; the heading says it. What no heading
here knows is left out, and the preview names it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.i18n import gettext as _
from projects.library import comparing, fields

BESIDE = ("board", "lead_unit", "sponsor", "in_charge", "responsible")
ENTRY = ("source_id", "carried_over", "listed_on", "listing_note")
"""Fields of the place on the list itself."""
STAGE = ("stage", "stage_since", "actual_start_on", "actual_finish_on")
KNOWN = (*fields.BY_NAME, *BESIDE, *ENTRY, *STAGE)

_NAMES: dict[str, tuple[str, ...]] = {
    "name": ("项目名称", "项目"),
    "code": ("项目代码", "国家代码", "投资项目代码", "项目统一代码"),
    "parent": ("所属项目", "父项目", "上级项目"),
    "nature": ("项目性质", "建设性质", "性质"),
    "industry": ("行业", "行业代码", "所属行业"),
    "content": ("建设内容", "建设内容与规模", "建设内容及规模", "主要建设内容"),
    "capacity": ("新增产能", "产能"),
    "attributes": ("项目特点", "特点", "属性"),
    "owner": ("建设单位", "业主单位", "项目单位", "投资方", "投资主体"),
    "owner_credit_code": ("社会信用代码", "统一社会信用代码", "信用代码"),
    "contact": ("联系人",),
    "contact_phone": ("联系电话", "联系方式", "电话"),
    "address": ("地址", "建设地点", "项目地址"),
    "park": ("园区", "所在园区"),
    "land_mu": ("用地面积(亩)", "用地面积", "用地(亩)"),
    "total_invest_yi": ("总投资", "计划总投资", "总投资额"),
    "total_invest_usd_wan": ("总投资(万美元)", "总投资(亿美元)", "外资总投资"),
    "foreign_funded": ("外资", "是否外资", "内外资", "内资/外资"),
    "plan_year_invest_yi": ("年度计划投资", "当年计划投资", "年度投资计划", "本年计划投资"),
    "year": ("计划年份", "年份", "年度"),
    "plan_start_on": ("计划开工", "计划开工时间", "计划开工日期"),
    "plan_finish_on": ("计划竣工", "计划竣工时间", "计划竣工日期"),
    "in_production_on": ("投产日期", "投产时间"),
    "in_statistics_on": ("入统日期", "入统时间", "列统时间"),
    "physical_progress": ("形象进度", "进展情况", "项目进展"),
    "note": ("备注",),
    "board": ("属地板块", "板块", "所属板块", "镇(街道)", "属地"),
    "lead_unit": ("牵头单位", "责任单位"),
    "sponsor": ("包联领导", "挂钩领导", "挂点领导"),
    "in_charge": ("分管领导",),
    "responsible": ("责任人", "项目责任人"),
    "source_id": ("库内编号", "来源编号", "项目编号", "编号"),
    "carried_over": ("结转", "是否结转"),
    "listed_on": ("入库日期", "入库时间"),
    "listing_note": ("入库说明",),
    "stage": ("阶段", "项目阶段"),
    "stage_since": ("阶段日期", "阶段时间"),
    "actual_start_on": ("实际开工", "实际开工时间", "实际开工日期", "开工日期"),
    "actual_finish_on": ("实际竣工", "实际竣工时间", "实际竣工日期", "竣工日期"),
}
_YI, _WAN = Decimal(1), Decimal(1).scaleb(-4)
_FACTORS: dict[str, dict[str, Decimal]] = {
    "total_invest_yi": {"": _YI, "亿元": _YI, "万元": _WAN, "亿": _YI},
    "plan_year_invest_yi": {"": _YI, "亿元": _YI, "万元": _WAN, "亿": _YI},
    "total_invest_usd_wan": {"": _YI, "万美元": _YI, "亿美元": Decimal(10_000)},
}
_UNIT = re.compile(r"^(?P<name>.*?)\((?P<unit>[^()]*)\)$")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its heading, the field, and what an amount is multiplied by."""

    heading: str
    field: str
    factor: Decimal = _YI


def read(headings: Iterable[str]) -> tuple[list[Column], list[str]]:
    """The columns that are known, and the headings that are not; the first of a field counts."""
    found: list[Column] = []
    unknown: list[str] = []
    names = _names()
    for heading in headings:
        column = _column(heading, names)
        if column is None or column.field in {known.field for known in found}:
            unknown.append(heading)
        else:
            found.append(column)
    return found, unknown


def _column(heading: str, names: dict[str, str]) -> Column | None:
    plain = tidy(heading)
    money = _UNIT.fullmatch(plain)
    if money is not None:
        field = _of_money(names.get(money["name"], ""), money["unit"])
        factor = _FACTORS.get(field, {}).get(money["unit"])
        if factor is not None:
            return Column(heading, field, factor)
    known = names.get(plain)
    return Column(heading, known) if known is not None else None


def _of_money(field: str, unit: str) -> str:
    """总投资（万美元） is a field of its own."""
    in_dollars = field == "total_invest_yi" and unit.endswith("美元")
    return "total_invest_usd_wan" if in_dollars else field


def tidy(heading: str) -> str:
    """A heading as it is compared: narrow brackets, no blanks, small letters."""
    return "".join(unicodedata.normalize("NFKC", heading).split()).lower()


def _names() -> dict[str, str]:
    """Every heading by its compared form: the bureau's words, our labels, the fields' names."""
    found = {tidy(name): field for field in KNOWN for name in _NAMES.get(field, ())}
    for named in (_, str):  # our own labels, in the present language and in English
        found |= {tidy(named(field.label)): field.name for field in fields.FIELDS}
        found |= {tidy(named(comparing.BESIDE[name])): name for name in BESIDE}
    return found | {field: field for field in KNOWN}


def names_of(field: str) -> tuple[str, ...]:
    """Headings by which a field is known, for help texts."""
    return _NAMES.get(field, ())


def scaled(column: Column, text: str) -> str:
    """A cell of a column; an amount in the unit of its field. What is no number stays as it is."""
    if column.factor == _YI or not text.strip():
        return text
    try:
        value: Any = Decimal(text.strip().replace(",", "").replace("，", ""))
    except ArithmeticError:
        return text
    return format((value * column.factor).normalize(), "f") if value.is_finite() else text
