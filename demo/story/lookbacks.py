"""回头看: what holds, what comes back, and a look-back that is itself late."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from demo.case import Case
from demo.clockwork import Clockwork
from demo.script import YEAR, Script, working_days
from models import tables
from workflow.commands import closure
from workflow.commands.breakdown import Plan

HOLDS = "现场复查，整改成效保持良好，未见反弹。"


def write(script: Script) -> None:
    """Book this part; the inspector's weekly round looks after everything else."""
    reserved: list[Case] = []
    reserved.append(_comes_back_and_is_solved(script))
    reserved.append(_comes_back_and_stays(script))
    _weekly_rounds(script, reserved)


def _comes_back_and_is_solved(script: Script) -> Case:
    """The first look-back, late, finds it again; done anew under a new deadline and closed."""
    case = Case(
        script,
        "渣土车辆通行影响周边道路",
        "施工配套",
        board="lucheng",
        project="东方新城(片区)",
        form={"major": True},
    )
    case.handed_over("01-07", Plan("街道划定通行线路并加强保洁"))
    case.progress(4)
    case.finished(6, by="director")
    back = script.calendar.working_days_between(date(YEAR, 1, 7), date(YEAR, 3, 4))
    case.do(
        back,
        "10:00",
        "inspector",
        closure.record_lookback,
        task=0,
        relapse=True,
        finding="复查发现线路执行不严，道路再次污损。",
    )
    case.do(
        back,
        "16:00",
        "chief",
        closure.relapse,
        task=0,
        new_due=case.at(back + 7, "17:30"),
        reason="问题反弹，重新交办。",
    )
    case.progress(back + 3)
    case.finished(back + 6, by="director")
    return case


def _comes_back_and_stays(script: Script) -> Case:
    """Back again in June and still open at the end: red until it is closed once more."""
    case = Case(
        script,
        "沿街杂物占用施工通道",
        "其他",
        board="dingyan",
        project="先行路(五一路)交叉口改善工程",
        form={"major": True},
    )
    case.handed_over("05-06", Plan("街道清理并建立巡查机制"))
    case.progress(4)
    case.finished(6, by="director")
    back = script.calendar.working_days_between(date(YEAR, 5, 6), date(YEAR, 6, 16))
    case.do(
        back,
        "10:00",
        "inspector",
        closure.record_lookback,
        task=0,
        relapse=True,
        finding="复查发现通道再次被占用。",
    )
    case.do(
        back,
        "16:00",
        "chief",
        closure.relapse,
        task=0,
        new_due=case.at(back + 15, "17:30"),
        reason="问题反弹，重新交办。",
    )
    case.progress(back + 4, back + 8)
    return case


def _weekly_rounds(script: Script, reserved: list[Case]) -> None:
    """Every Friday the inspector records that what was due by then holds."""
    for day in working_days(script.calendar, date(YEAR, 1, 9), date(YEAR, 6, 30)):
        if day.isoweekday() == 5:
            script.book(script.on(day, "15:30"), lambda c, now: _round(c, now, reserved))


def _round(c: Clockwork, now: datetime, reserved: list[Case]) -> None:
    lookback, issue = tables.lookback.c, tables.issue.c
    chosen = (
        select(issue.number)
        .join(tables.lookback, lookback.issue_id == issue.id)
        .where(lookback.state == "planned", lookback.due_at <= now, issue.state == "closed")
        .where(lookback.cycle == issue.cycle, issue.number.not_in([x.number for x in reserved]))
        .order_by(lookback.due_at, lookback.id)
    )
    with c.db.read() as s:
        numbers = [str(row.number) for row in s.execute(chosen)]
    for number in numbers:
        c.do(closure.record_lookback, "inspector", now, issue=number, relapse=False, finding=HOLDS)
