"""节点计划与三色: networks laid out, dates kept and missed, permits, a demand beyond the land list.

The projects are those that the sources name; every date, permit and number is invented.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, YEAR, Script
from models import tables
from projects.milestones import commands as milestones
from projects.milestones import land, own, permits, planning, proposals

STEEL = "常宝高性能特材制品"
PAINT = "环太湖绿色涂料产业环保整治提升一期工程"
STORAGE = "南瑞继保博瑞电力构网型储能系统项目"
Act = Callable[[Clockwork, datetime], Any]
# project, milestone, day; the start of PAINT comes from its record
DONE: tuple[tuple[str, str, str], ...] = (
    (STORAGE, "statistics", "01-16"), (PAINT, "land_precheck", "02-09"),
    (PAINT, "region_assessment", "02-10"), (PAINT, "land_transfer", "03-13"),
    (PAINT, "land_planning", "03-17"), (PAINT, "environment", "02-27"), (PAINT, "energy", "03-06"),
    (PAINT, "works_planning", "03-27"), (PAINT, "drawing_review", "03-30"),
    (PAINT, "construction_permit", "04-15"), (STORAGE, "topped_out", "01-09"),
    (STORAGE, "equipment", "04-17"), (STEEL, "land_precheck", "04-24"),
    (STEEL, "region_assessment", "04-28"), (STEEL, "land_transfer", "05-28"),
    (STEEL, "land_planning", "06-01"), (STEEL, "environment", "06-08"),
    (STEEL, "works_planning", "06-09"),
)  # fmt: skip


def write(script: Script) -> None:
    """Book this part."""
    for name, stage, start, finish in (
        (STEEL, "preparing", date(YEAR, 6, 22), date(YEAR + 1, 5, 28)),
        (PAINT, "preparing", date(YEAR, 4, 22), date(YEAR + 1, 3, 31)),
        (STORAGE, "started", None, date(YEAR, 6, 17)),
    ):
        _book(script, "01-07", "15:00", _laid_out, name, stage, start, finish)
    for name, key, day in DONE:
        _book(script, day, "16:30", _recorded, name, key, script.at(day, "00:00").date())
    _book(script, "04-17", "17:00", _undone, STORAGE, "equipment", "设备尚未全部到货，误报")
    _book(script, "04-29", "16:30", _recorded, STORAGE, "equipment", date(YEAR, 4, 29))
    _book(script, "02-05", "10:10", _dropped, STEEL, "energy", "年综合能耗不足一千吨标准煤")
    _book(script, "02-05", "10:20", _added)
    _book(script, "05-12", "10:00", _replanned)
    _permits(script)
    _land(script)
    _proposals(script)


def _book(script: Script, day: str, clock: str, act: Callable[..., Any], *given: Any) -> None:
    script.book(script.at(day, clock), lambda c, now: act(c, now, *given))


def _project(clock: Clockwork, name: str) -> int:
    with clock.db.read() as s:
        p = tables.project.c
        return int(s.execute(select(p.id).where(p.name == name)).scalar_one())


def _milestone(clock: Clockwork, name: str, key: str) -> int:
    project_id, m = _project(clock, name), tables.milestone.c
    with clock.db.read() as s:
        chosen = select(m.id).where(m.project_id == project_id, m.key == key)
        return int(s.execute(chosen).scalar_one())


def _laid_out(
    clock: Clockwork, now: datetime, name: str, stage: str, start: date | None, finish: date
) -> None:
    clock.do(
        planning.lay_out, "chief", now, project_id=_project(clock, name), start_on=start,
        finish_on=finish, from_stage=stage,
    )  # fmt: skip


def _recorded(clock: Clockwork, now: datetime, name: str, key: str, on: date) -> None:
    clock.do(
        milestones.record, "chief", now, milestone_id=_milestone(clock, name, key), actual_on=on,
        confirmed=True,
    )  # fmt: skip


def _undone(clock: Clockwork, now: datetime, name: str, key: str, reason: str) -> None:
    clock.do(
        milestones.undo, "chief", now, milestone_id=_milestone(clock, name, key), reason=reason
    )


def _dropped(clock: Clockwork, now: datetime, name: str, key: str, reason: str) -> None:
    clock.do(own.drop, "chief", now, milestone_id=_milestone(clock, name, key), reason=reason)


def _added(clock: Clockwork, now: datetime) -> None:
    clock.do(
        own.add, "chief", now, project_id=_project(clock, STEEL), name="110千伏专线接入",
        days=20, after=["construction_permit"], before=["production"], unit="gdgs",
        category="杆线迁移",
    )  # fmt: skip


def _replanned(clock: Clockwork, now: datetime) -> None:
    """The baseline stays; one date of another project moves alone."""
    clock.do(
        planning.replan, "chief", now, project_id=_project(clock, STEEL),
        finish_on=date(YEAR + 1, 6, 30), reason="冷轧机组交货期推迟，竣工目标顺延一个月",
    )  # fmt: skip
    clock.do(
        milestones.change_date, "chief", now, plan_on=date(YEAR + 1, 1, 29),
        milestone_id=_milestone(clock, PAINT, "topped_out"), reason="雨季工期调整",
    )  # fmt: skip


def _permits(script: Script) -> None:
    _book(script, "04-13", "09:30", _granted, PAINT, "land_delivery", "04-10", False)
    _book(script, "04-15", "17:00", _granted, PAINT, "construction_permit", "04-15", False)
    _book(script, "06-17", "15:00", _granted, STORAGE, "acceptance", "06-17", True)
    _book(script, "06-23", "15:00", _granted, STORAGE, "title", "06-23", False)


def _granted(clock: Clockwork, now: datetime, name: str, kind: str, day: str, done: bool) -> None:
    clock.do(
        permits.grant, "chief", now, project_id=_project(clock, name), kind=kind,
        number=f"{TITLE_MARK}{YEAR}-{kind}", granted_on=date.fromisoformat(f"{YEAR}-{day}"),
        done=done, confirmed=True,
    )  # fmt: skip


def _land(script: Script) -> None:
    """The list goes with the land contract; what is beyond it becomes an issue."""

    def listed(clock: Clockwork, now: datetime) -> None:
        clock.do(
            land.hand_out, "zgj_liaison", now, project_id=_project(clock, STEEL),
            issued_on=date(YEAR, 5, 28), contract=f"{TITLE_MARK}出让合同〔{YEAR}〕7号",
            items=[
                ("地块压覆矿产评估", "zgj"), ("水土保持区域评估成果", "sthj"),
                ("管线接入条件", "zjj"),
            ],
        )  # fmt: skip

    def demanded(clock: Clockwork, now: datetime) -> None:
        project_id = _project(clock, STEEL)
        day = {"raised_on": date(YEAR, 6, 24), "project_id": project_id}
        clock.do(land.demand, "triage", now, text="雨水接入口位置确认", unit="zjj", item=3, **day)
        text = f"{TITLE_MARK}另行编制交通影响评价"
        made = clock.do(land.demand, "triage", now, text=text, unit="zjj", **day)
        clock.do(land.report, "triage", now, demand_id=made.id)

    script.book(script.at("05-28", "17:00"), listed)
    script.book(script.at("06-25", "10:30"), demanded)


def _proposals(script: Script) -> None:
    """What the clock proposes: one is dismissed, one goes into the loop, none goes quiet."""
    _book(script, "05-28", "11:00", _decided, "environment", False)
    _book(script, "06-25", "11:00", _decided, "drawing_review", True)


def _decided(clock: Clockwork, now: datetime, key: str, reported: bool) -> None:
    p = tables.milestone_proposal.c
    milestone_id = _milestone(clock, STEEL, key)
    with clock.db.read() as s:
        chosen = select(p.id).where(p.milestone_id == milestone_id, p.state == "open")
        proposal_id = int(s.execute(chosen.order_by(p.id.desc()).limit(1)).scalar_one())
    if reported:
        clock.do(
            proposals.report, "triage", now, proposal_id=proposal_id,
            title=f"{TITLE_MARK}施工图审查逾期影响开工",
        )  # fmt: skip
    else:
        clock.do(
            proposals.dismiss, "chief", now, proposal_id=proposal_id,
            reason="环评报告书已受理公示，六月八日前可取得批复",
        )  # fmt: skip
