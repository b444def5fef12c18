"""Deadlines across the Spring Festival and the National Day, in calendar days, on fixed dates."""

from __future__ import annotations

from datetime import date

from demo.case import Case
from demo.script import Script
from workflow.commands.breakdown import Plan


def write(script: Script) -> None:
    """Book this part."""
    _across_the_spring_festival(script)
    _calendar_days(script)
    _fixed_by_a_leader(script)
    _across_the_national_day(script)
    _into_an_unpublished_year(script)


def _across_the_spring_festival(script: Script) -> None:
    """Seven working days from 10 February end on 28 February, a Saturday that is worked."""
    case = Case(
        script,
        "节前农民工工资专户核对",
        "资金",
        board="henglin",
        project="312快速道路城中村改造项目",
    )
    case.handed_over("02-10", Plan("财政局会同建设单位核对专户", limit="ordinary"))
    case.progress(4)
    case.finished(6)


def _calendar_days(script: Script) -> None:
    """Twenty calendar days; the last one is rolled off a holiday."""
    case = Case(script, "规划许可变更公告期", "手续办理", board="lucheng", project="万洋众创城")
    case.handed_over("04-14", Plan("完成公告并办理变更", limit="statutory_20"))
    case.progress(4, 8)
    case.finished(11)


def _fixed_by_a_leader(script: Script) -> None:
    """A date set by a leader does not roll off a weekend."""
    case = Case(
        script,
        "开工仪式场地清表",
        "施工配套",
        board="yaoguan",
        project="新能源风电传动系统产业化基地",
    )
    case.handed_over("05-25", Plan("镇完成场地清表", due=script.at("06-13", "12:00")))
    case.progress(4, 8)
    case.finished(12)


def _across_the_national_day(script: Script) -> None:
    """Eighty-five working days from June lead past the holidays of October."""
    case = Case(
        script, "变电站选址论证", "用地", board="hengshanqiao", project="表面处理“绿岛”项目"
    )
    case.handed_over("06-16", Plan("完成选址论证和用地预审", days=85))
    case.progress(4, 8)


def _into_an_unpublished_year(script: Script) -> None:
    """Next year's holidays are not published yet: the deadline says that it is provisional."""
    case = Case(
        script, "安置房建设用地保障", "用地", board="henglin", project="312快速道路城中村改造项目"
    )
    due = script.on(date(2027, 2, 10), "17:30")
    case.handed_over("06-15", Plan("落实安置房用地并完成供地", due=due))
    case.progress(4, 8)
