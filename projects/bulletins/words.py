"""The office's words and the figures in them. A figure stands in the text as a placeholder such as
{销号率} or {横林镇.按时办结率}; it is filled in from the snapshot and cannot be typed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from config.i18n import gettext as _
from projects.bulletins.source import Source
from projects.kpi.declared import BY_NAME, KPIS
from projects.kpi.scopes import CLASSES, ZONE, units_of
from projects.kpi.shown import changed, worded
from workflow.errors import Reason

SECTIONS = ("starts", "investment", "progress")
HEADS = {
    "starts": "重点项目开竣工情况",
    "investment": "投资完成情况",
    "progress": "问题进展情况",
    "requirements": "下一步要求",
}
"""Exactly the three sections of the mechanism (开竣工、投资完成、问题进展), and what follows."""
COMPARED = "同比"
_MARK = re.compile(r"\{([^{}\n]{1,60})\}")
_TYPED = re.compile(
    r"(?:\d+(?:[.,．]\d+)*\s*(?:%|％|‰|个?百分点|亿元|万元|亿美元|万美元)"
    r"|\d+\s*(?:个(?!工作日|月|自然日)|项|件|家|起|宗)|百分之[一二三四五六七八九十百零点]+"
    r"|[一二两三四五六七八九十百千零〇点]+\s*(?:个?百分点|[亿万](?:美)?元)"
    r"|[二两三四五六七八九十百千][一二三四五六七八九十百千零〇]*\s*"
    r"(?:个(?:项目|问题|任务)|项任务|[个项件家起宗](?=[，。；、]|$)|成(?=[，。；、以左]|$)))"
)
"""Figures in digits or in words. 一个、一项 alone are a manner of speaking and no figure."""

DRAFT = {
    "starts": (
        "本月开工项目{本月开工项目}个，竣工项目{本月竣工项目}个。截至月末，本年新建项目开工率"
        "{开工率}，{同比.开工率}；项目竣工率{竣工率}，{同比.竣工率}。"
    ),
    "investment": (
        "本月完成上报投资{本月上报投资}。本年累计完成年度计划投资的{年度投资完成率}，"
        "与序时进度相差{与序时进度差}，{同比.年度投资完成率}；列统投资完成率{列统投资完成率}。"
    ),
    "progress": (
        "本月上报问题{本月上报问题}个，交办{本月交办问题}个，销号{本月销号问题}个；截至月末在办"
        "{月末在办问题}个，挂账{月末挂账问题}个，反弹重新交办{本月反弹问题}个。\n"
        "累计销号率{销号率}，{同比.销号率}；任务及时签收率{及时签收率}，按时办结率{按时办结率}，"
        "{同比.按时办结率}；一次销号通过率{一次销号通过率}，超期率{超期率}，督办响应率"
        "{督办响应率}，反弹率{反弹率}。\n"
        "逾期未结并列入本期通报的任务{列入通报任务}项，见附件。"
    ),
    "requirements": "",
}
"""What a draft begins with; the office edits it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; with `kpi` it is a figure of a scope, which leads to its rows."""

    text: str
    kpi: str = ""
    scope: str = ""


def pieces(text: str, source: Source) -> Iterator[Piece]:
    """A text with its figures filled in. Unknown placeholders stay as they are: `faults` names
    them before anything is prepared."""
    names, last = _scopes(source), 0
    for found in _MARK.finditer(text):
        if found.start() > last:
            yield Piece(text[last : found.start()])
        yield _figure(found[1], names, source) or Piece(found[0])
        last = found.end()
    if last < len(text):
        yield Piece(text[last:])


def filled(text: str, source: Source) -> str:
    """The same as one text."""
    return "".join(piece.text for piece in pieces(text, source))


def faults(name: str, text: str, source: Source) -> list[Reason]:
    """What stands against a section: unknown placeholders, and figures typed by hand."""
    label, names = HEADS[name], _scopes(source)
    found = [
        Reason(
            "placeholder_unknown",
            _("{section}: there is no figure {name}.").format(section=label, name=mark[0]),
            name,
            _("Choose one from the list of figures below the text."),
        )
        for mark in _MARK.finditer(text)
        if _figure(mark[1], names, source) is None
    ]
    rest = _MARK.sub("", text)
    if name in SECTIONS and (typed := _TYPED.search(rest)):
        found.append(
            Reason(
                "figure_typed",
                _("{section}: the figure {figure} was typed by hand.").format(
                    section=label, figure=typed[0]
                ),
                name,
                _("Use a placeholder, so that the figure comes from the frozen month."),
            )
        )
    if name in SECTIONS and not text.strip():
        found.append(
            Reason(
                "section_missing",
                _("{section}: the section is empty.").format(section=label),
                name,
                _("A bulletin has exactly three sections; write a sentence at least."),
            )
        )
    return found


def _scopes(source: Source) -> dict[str, str]:
    names = {unit.name: unit.scope for unit in units_of(source.content)}
    return names | {zh: f"class:{code}" for code, (zh, _name) in CLASSES.items()}


def _figure(mark: str, names: dict[str, str], source: Source) -> Piece | None:
    parts = [part.strip() for part in mark.split(".")]
    compared = parts[0] == COMPARED
    parts = parts[1:] if compared else parts
    if not parts or len(parts) > 2 or parts[-1] not in BY_NAME:
        return None
    kpi, scope = BY_NAME[parts[-1]], ZONE if len(parts) == 1 else names.get(parts[0], "")
    figure = source.figures.get((kpi.key, scope))
    if figure is None:
        return None
    if compared:
        before = source.before.get((kpi.key, scope)) if source.before is not None else None
        value = before.value if before is not None else None
        return Piece(changed(figure.sort, figure.value, value), kpi.key, scope)
    return Piece(worded(figure.sort, figure.value, figure.n), kpi.key, scope)


def offered() -> list[str]:
    """The placeholders of the zone, in the order of tables."""
    return [f"{{{kpi.name}}}" for kpi in KPIS.values()]
