"""The project side for the fuzz of the API: a little of everything, by the commands people use."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from models.db import Session
from projects import seeds, snapshots
from projects.bulletins import commands as bulletins
from projects.coordination import requests
from projects.evaluations import commitments, making
from projects.evaluations.commitments import Pledge
from projects.figures.commands import Figure, report_figures
from projects.inspections import plan as inspections
from projects.inspections.choosing import Choice
from projects.instructions import commands as instructions
from projects.instructions.commands import Order
from projects.library import commands as library
from projects.library import duties, forces, listings, tags
from projects.lights import news as lights
from projects.milestones import land, permits, planning
from projects.targets import commands as targets
from projects.targets.checks import Gate
from tests import demands, meetings
from tests.integration.inspection_world import noted
from tests.world import World, at

BEGINNING, FREEZE, NOW = "2026-09-01 10:00", "2026-10-08 10:00", "2026-10-09 10:00"
MONTH = "2026-09"


def furnish(world: World) -> None:
    """Projects with plan, land list and permits; task forces; a gate; figures, a frozen month, its
    bulletin; meetings; an inspection; instructions; an evaluation with commitments; demands;
    coordination."""
    projects = _library(world)
    _forces(world, projects)
    _plan(world, projects[0])
    _figures(world, projects)
    _meetings(world)
    _inspection(world, projects)
    _evaluation(world, projects[1])
    _demands(world)


def _library(world: World) -> list[int]:
    dates = {"plan_start_on": "2026-10-15", "plan_finish_on": "2027-06-30"}
    produced = {"in_production_on": "2025-10-08", "plan_year_invest_yi": "12"}
    found = []
    for name, board, values in (
        ("高性能永磁材料", "yaoguan", dates),
        ("智能传动装备", "lucheng", produced),
        ("特种钢材", "dingyan", {}),
    ):
        asked: dict[str, Any] = {"values": {"name": name, **values}, "board": board}
        found.append(int(world.do(library.add, "chief", BEGINNING, **asked).id))
    world.do(
        listings.enlist, "chief", BEGINNING, project_id=found[0], list_code="city", year=2026,
    )  # fmt: skip
    world.do(
        duties.assign, "chief", BEGINNING, project_id=found[0], role="lead_unit", unit="zjj",
        since=date(2026, 9, 1),
    )  # fmt: skip
    return found


def _forces(world: World, projects: list[int]) -> None:
    day = date(2026, 9, 1)
    for name in ("工业项目专班", "用地保障专班", "前期工作专班"):
        made = world.do(
            forces.found, "chief", BEGINNING, name=name, since=day, leader="director", units=["zjj"]
        )
        world.do(forces.join, "chief", BEGINNING, force_id=made.id, project_id=projects[0])
    world.do(tags.keep_chain, "chief", BEGINNING, name="新能源", leader="director")
    for kind, tag in (("chain", "新能源"), ("other", "绿岛")):
        world.do(tags.put, "chief", BEGINNING, project_id=projects[0], kind=kind, tag=tag)


def _plan(world: World, project: int) -> None:
    world.do(planning.lay_out, "chief", BEGINNING, project_id=project)
    world.do(
        land.hand_out, "zgj_liaison", BEGINNING, project_id=project, issued_on=date(2026, 8, 31),
        items=[("地块压覆矿产评估", "zgj"), ("管线接入", "zjj")],
    )  # fmt: skip
    for item in (1, None):  # the second is beyond the list
        world.do(
            land.demand, "chief", NOW, project_id=project, text="另做一次考古勘探", item=item,
            raised_on=date(2026, 10, 8),
        )  # fmt: skip
    world.do(
        permits.grant, "chief", NOW, project_id=project, kind="construction_permit",
        granted_on=date(2026, 9, 28), number="施许2026-01",
    )  # fmt: skip
    lights.run(world.db, at("2026-11-18 09:00"))  # proposes an issue of each milestone that slips


def _figures(world: World, projects: list[int]) -> None:
    with world.db.write() as s:
        seeds.load_targets(s)
    gate = Gate("市重大项目", "年内开工率", 12, "start_rate", "city", Decimal(100))
    world.do(targets.put_gate, "chief", BEGINNING, plan_id=1, gate=gate, expected_version=None)
    for month in (MONTH, "2026-10"):
        figures = [Figure(p, reported_wan=3_500, statistical_wan=3_000) for p in projects]
        now = f"{month}-30 10:00"
        world.do(report_figures, "chief", now, month=month, figures=figures)
    world.do(_freeze, "chief", FREEZE, month=MONTH)
    first = world.do(bulletins.draft, "triage", NOW, month=MONTH)
    world.do(bulletins.check, "triage", NOW, bulletin=first)


def _freeze(s: Session, *, actor: Any, now: Any, month: str) -> Any:
    return snapshots.freeze(s, month, actor, now)


def _meetings(world: World) -> None:
    issues = [world.acknowledged("2026-09-02 10:00").issue for _n in range(3)]
    held = meetings.in_session(world, issues[:2])
    item = meetings.item_of(world, held, issues[0])
    meetings.decided(world, held, item=item)
    meetings.decided(world, held, kind="follow")
    meetings.decided(world, held, kind="ask", item=meetings.item_of(world, held, issues[1]))
    meetings.fixed(world, issues[2:], "2026-11-18 10:00", "2026-12-01 14:30")
    meetings.planned(world, "2026-11-18 10:00", "2026-12-15 14:30")
    world.do(
        requests.ask, "zjj_head", NOW, issue=issues[2], cause="district", reason="需区级部门协调",
    )  # fmt: skip


def _inspection(world: World, projects: list[int]) -> None:
    choice = Choice(projects=tuple(projects))
    for day in (date(2026, 10, 9), date(2026, 12, 1)):
        form = inspections.Plan(kind="quarterly", title="现场督查", starts_on=day, choice=choice)
        key = int(world.do(inspections.plan, "inspector", NOW, form=form).id)
        if day == date(2026, 10, 9):
            noted(world, key, projects[0], NOW)
            noted(world, key, projects[1], NOW)
    for project in projects:
        order = Order("一周内协调解决杆线迁移", "zjj", project=project)
        world.do(instructions.give, "principal", NOW, form=order)


def _evaluation(world: World, project: int) -> None:
    making.run(world.db, at(NOW))
    for value in ("600", "35"):
        indicator = "output_per_mu" if value == "600" else "tax_per_mu"
        form = Pledge(op=">=", value=value, indicator=indicator, agreement="投资协议")
        world.do(commitments.attach, "triage", NOW, project=project, form=form)


def _demands(world: World) -> None:
    for name in ("甲公司", "乙公司"):
        demands.filed(world, NOW, enterprise=name)
    demands.taken_up(world, NOW, enterprise="丙公司")
