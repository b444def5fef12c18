"""督查、批示与绩效评估: a quarterly inspection, a patrol by lot, instructions, an evaluation.

The projects are those that the sources name. What was found, instructed, promised and measured
is invented, the day on which the innovation park went into production among it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from demo.case import FICTION, Case
from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, YEAR, Script
from models import tables
from projects.evaluations import commands as evaluations
from projects.evaluations import commitments
from projects.evaluations.commands import Answer
from projects.evaluations.commitments import Pledge
from projects.inspections import findings, plan, steps
from projects.inspections.choosing import Choice
from projects.inspections.findings import Noted
from projects.inspections.issues import raise_issues
from projects.inspections.plan import Plan
from projects.instructions import commands as instructions
from projects.instructions.commands import Order
from projects.library import commands as library
from projects.library import duties
from workflow.commands import assignment, breakdown, discovery
from workflow.commands.breakdown import Plan as Task

GLASS, GEARS, STEEL = (
    "长海玻纤及复合材料二期", "中车大功率行星传动系统", "常宝高性能特材制品",
)  # fmt: skip
MAGNETS = "新誉高性能永磁材料"
PARK = "东方三新产业科创园"
Act = Callable[[Clockwork, datetime], Any]
# project, title, category, detail
FOUND = (
    (GLASS, "施工便道与村道交叉口无警示标志", "施工配套", "大型车辆进出频繁。"),
    (GEARS, "临时用电容量不足影响桩基施工", "施工配套", "现有变压器容量偏小。"),
    (MAGNETS, "环评补充监测尚未委托", "环评", "补充监测点位已明确。"),
)
FIGURES = {
    "invest_per_mu": "412.5", "output_per_mu": "536.2", "tax_per_mu": "24.6", "energy": "0.083",
}  # fmt: skip


def write(script: Script) -> None:
    """Book this part."""
    _patrol(script)
    _quarterly(script)
    _instructions(script)
    _evaluation(script)


def _book(script: Script, day: str, clock: str, act: Act) -> None:
    script.book(script.at(day, clock), act)


def project(clock: Clockwork, name: str) -> int:
    """The id of a project of the library."""
    p = tables.project.c
    with clock.db.read() as s:
        return int(s.execute(select(p.id).where(p.name == name)).scalar_one())


def _inspection(clock: Clockwork, kind: str, day: date) -> int:
    """The latest inspection of a kind that begins on a day or was suggested for its quarter."""
    i = tables.inspection.c
    chosen = select(i.id).where(i.kind == kind, i.starts_on <= day, i.state != "dropped")
    with clock.db.read() as s:
        return int(s.execute(chosen.order_by(i.id.desc()).limit(1)).scalar_one())


def _note(c: Clockwork, now: datetime, key: int, name: str, title: str, category: str,
          detail: str) -> Any:  # fmt: skip
    form = Noted(
        project(c, name), TITLE_MARK + title, category, FICTION + detail,
        token=sha256(f"{key}:{title}".encode()).hexdigest()[:40],
    )  # fmt: skip
    return c.do(findings.record, "inspector", now, inspection=key, form=form)


def _patrol(script: Script) -> None:
    """日常巡查 of three projects drawn by lot; nothing is found at two of them."""
    day = script.at("05-20", "00:00").date()

    def planned(c: Clockwork, now: datetime) -> None:
        form = Plan("patrol", f"{TITLE_MARK}五月随机巡查", day, members=("inspector",),
                    announced=False, choice=Choice("lot", size=3))  # fmt: skip
        c.do(plan.plan, "inspector", now, form=form)

    def walked(c: Clockwork, now: datetime) -> None:
        key = _inspection(c, "patrol", day)
        s = tables.inspection_site.c
        with c.db.read() as session:
            places = session.execute(select(s.project_id).where(s.inspection_id == key)).scalars()
            drawn = sorted(places)
        for place in drawn:
            c.do(steps.visit, "inspector", now, inspection=key, project=place,
                 remark="现场管理规范，未发现问题。")  # fmt: skip
        c.do(raise_issues, "inspector", now, inspection=key)
        c.do(steps.close, "inspector", now, inspection=key,
             conclusion=f"{FICTION}随机抽取三个项目，现场管理总体规范。")  # fmt: skip

    _book(script, "05-19", "16:00", planned)
    _book(script, "05-20", "16:00", walked)


def _quarterly(script: Script) -> None:
    """季度督查: the clock's suggestion taken up; what was found became issues the same evening."""
    day = script.at("06-10", "00:00").date()

    def planned(c: Clockwork, now: datetime) -> None:
        key = _inspection(c, "quarterly", date(YEAR, 6, 30))
        sites = tuple(project(c, name) for name in (GLASS, GEARS, MAGNETS, STEEL))
        form = Plan(
            "quarterly", f"{TITLE_MARK}{YEAR}年第二季度项目督查", day, day, leader="principal",
            members=("inspector", "commissioner"), purpose="开工项目现场管理、要素保障和手续办理",
            choice=Choice(projects=sites),
        )  # fmt: skip
        c.do(plan.adopt, "inspector", now, inspection=key, form=form)

    def found(c: Clockwork, now: datetime) -> None:
        key = _inspection(c, "quarterly", day)
        for entry in FOUND:
            _note(c, now, key, *entry)
        fence = _note(c, now, key, STEEL, "围挡局部破损", "其他", "已要求当场修复。")
        c.do(findings.settle, "inspector", now, finding=fence.id, note="施工单位当场修复。")

    def closed(c: Clockwork, now: datetime) -> None:
        text = f"{FICTION}督查发现的问题当日转入闭环，一个现场办结。"
        key = _inspection(c, "quarterly", day)
        c.do(steps.close, "inspector", now, inspection=key, conclusion=text)

    def merged(c: Clockwork, now: datetime) -> None:
        key = _inspection(c, "quarterly", now.date())
        c.do(
            steps.drop, "chief", now, inspection=key, reason=f"{FICTION}与市级一季度督查合并开展。"
        )

    _book(script, "03-20", "15:00", merged)
    _book(script, "06-05", "10:00", planned)
    _book(script, "06-10", "10:30", found)
    _cases(script, day)
    _book(script, "06-29", "15:00", closed)


def _cases(script: Script, day: date) -> None:
    """The issues of the evening, which then go their way like any other."""
    cases = [
        Case(script, title, category, project=name, reporter="inspector", day="06-11")
        for name, title, category, _detail in FOUND
    ]

    def raised(c: Clockwork, now: datetime) -> None:
        made = c.do(raise_issues, "inspector", now, inspection=_inspection(c, "quarterly", day))
        for case, one in zip(cases, made, strict=True):
            case.number = one.issue

    script.book(script.at("06-10", "16:30"), raised)
    for case in cases:
        case.do(0, "09:05", "triage", discovery.start_triage, task=0)
        case.do(0, "09:25", "triage", breakdown.plan_task, task=0, form=Task("限期整改到位"))
        case.do(0, "10:40", "chief", assignment.dispatch, task=0)
        case.acknowledged(0)
        case.progress(3)
    cases[0].finished(5)
    cases[1].finished(4)
    cases[2].progress(7, 11)


def _instructions(script: Script) -> None:
    """批示: one answered, returned once and accepted; one that nobody answers and is chased."""

    def given(c: Clockwork, now: datetime) -> None:
        key = _inspection(c, "quarterly", now.date())
        for name, unit, text in (
            (GEARS, "yaoguan", "请镇里一周内协调供电公司落实临时用电增容方案，报督查组。"),
            (GLASS, "zjj", "请建设局牵头排查在建项目进出口交通组织，形成统一标准。"),
        ):
            form = Order(TITLE_MARK + text, unit, inspection=key, project=project(c, name))
            c.do(instructions.give, "principal", now, form=form)

    def at_unit(who: str, command: Callable[..., Any], unit: str, **said: Any) -> Act:
        def act(c: Clockwork, now: datetime) -> None:
            c.do(command, who, now, instruction=_instruction(c, unit), **said)

        return act

    _book(script, "06-10", "17:10", given)
    for day, clock, who, command, said in (
        ("06-12", "11:00", "yaoguan_liaison", instructions.answer, {"text": "已联系供电公司。"}),
        ("06-12", "16:00", "inspector", instructions.return_, {"reason": "请明确完成日期。"}),
        ("06-15", "10:00", "yaoguan_head", instructions.answer,
         {"text": "增容方案已审定，6月26日前送电。"}),
        ("06-15", "16:30", "inspector", instructions.accept, {"opinion": "同意，按期跟踪。"}),
    ):  # fmt: skip
        _book(script, day, clock, at_unit(who, command, "yaoguan", **said))


def _instruction(clock: Clockwork, unit: str) -> int:
    n, u = tables.instruction.c, tables.unit.c
    chosen = select(n.id).join(tables.unit, u.id == n.unit_id).where(u.code == unit)
    with clock.db.read() as s:
        return int(s.execute(chosen.order_by(n.id.desc()).limit(1)).scalar_one())


def _evaluation(script: Script) -> None:
    """绩效评估 of a park in production since 2025; one promise is not kept and becomes an issue."""

    def signed(c: Clockwork, now: datetime) -> None:
        key = project(c, PARK)
        c.do(duties.assign, "triage", now, project_id=key, role="lead_unit", unit="henglin",
             since=date(YEAR, 1, 5))  # fmt: skip
        c.do(library.edit, "triage", now, project_id=key,
             values={"in_production_on": f"{YEAR - 1}-05-08"})  # fmt: skip
        for indicator, op, value, name, unit in (
            ("output_per_mu", ">=", "500", "", ""), ("tax_per_mu", ">=", "30", "", ""),
            ("energy", "<=", "0.1", "", ""), ("", ">=", "300", "新增就业", "人"),
        ):  # fmt: skip
            form = Pledge(op, value, indicator, name, unit, agreement=f"{TITLE_MARK}投资协议")
            c.do(commitments.attach, "triage", now, project=key, form=form)

    def changed(c: Clockwork, now: datetime) -> None:
        form = Pledge(">=", "28", "tax_per_mu", agreement=f"{TITLE_MARK}补充协议")
        key = _commitment(c, "tax_per_mu")
        c.do(commitments.change, "chief", now, commitment=key, form=form, reason="补充协议约定。")

    def answered(c: Clockwork, now: datetime) -> None:
        notes = {"emission": "在线监测数据尚未联网",
                 f"commitment:{_commitment(c, '')}": "企业未报"}  # fmt: skip
        form = Answer(
            FIGURES, notes, layout=f"{FICTION}符合园区产业定位。", driving="带动配套企业集聚。",
            innovation="引进研发平台。",
        )  # fmt: skip
        c.do(evaluations.answer, "henglin_head", now, evaluation=_of(c), form=form)

    def graded(c: Clockwork, now: datetime) -> None:
        c.do(evaluations.grade, "chief", now, evaluation=_of(c), grade="C",
             opinion="两项承诺兑现，一项未兑现，按一般等次办理。")  # fmt: skip

    case = Case(script, "利税承诺未兑现", "其他", reporter="triage", day="06-18")

    def raised(c: Clockwork, now: datetime) -> None:
        done = c.do(
            commitments.raise_issue, "triage", now, category="其他",
            title=f"{TITLE_MARK}利税承诺未兑现", commitment=_commitment(c, "tax_per_mu"),
        )  # fmt: skip
        case.number = done.issue

    for day, clock, act in (
        ("01-06", "10:00", signed), ("03-11", "15:00", changed), ("05-22", "15:30", answered),
        ("06-04", "10:00", graded), ("06-17", "10:00", raised),
    ):  # fmt: skip
        _book(script, day, clock, act)
    lead = Task("约谈企业，督促按协议兑现", lead="henglin", limit="complex")
    case.do(0, "09:05", "triage", discovery.start_triage, task=0)
    case.do(0, "09:25", "triage", breakdown.plan_task, task=0, form=lead)
    case.do(0, "10:40", "chief", assignment.dispatch, task=0)
    case.acknowledged(0)
    case.progress(3, 7)


def _commitment(clock: Clockwork, indicator: str) -> int:
    c = tables.commitment.c
    with clock.db.read() as s:
        return int(s.execute(select(c.id).where(c.indicator == indicator)).scalar_one())


def _of(clock: Clockwork) -> int:
    with clock.db.read() as s:
        key = project(clock, PARK)
        e = tables.evaluation.c
        return int(s.execute(select(e.id).where(e.project_id == key)).scalar_one())
