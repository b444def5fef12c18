"""重点项目库: chains, responsibilities, a task force, lists imported with conflicts, one merge.

The projects are those that the sources name. Codes, amounts, leaders and list ids are invented;
that the "绿岛" of 绿色涂料 and the first phase of its works are one project is the sources' word.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, YEAR, Script
from models import tables
from projects.library import commands as library
from projects.library import duties, forces, listings, merging, stages, tags
from projects.library.imports import taking
from projects.library.imports.plan import Target
from projects.library.imports.taking import Choices
from workflow.context import find_actor

DRIVE, MAGNET = "中车大功率行星传动系统", "新誉高性能永磁材料"
PAINT, ISLAND = "环太湖绿色涂料产业环保整治提升一期工程", "绿色涂料“绿岛”项目"
WIDENED, BUILT = "清正路(横河—东方西路)改扩建工程", "山水路(常青路—五一路)新建工程"
ROADS = ("312国道快速化工程", "232省道快速化工程")
PARK, HARBOUR = "万洋众创城", "电子科创港"
LIBRARY = "省市重大项目管理库（演示）"
LIST = f"""项目名称,项目代码,建设单位,总投资(万元),属地板块,包联领导,项目编号,结转
{DRIVE},2401-320412-89-01-900001,中车（演示）,120000,遥观镇,某区领导（演示）,S-001,否
{MAGNET},2402-320412-89-01-900002,新誉（演示）,95000,遥观镇,某区领导（演示）,S-002,否
{HARBOUR},,,52000,丁堰街道,,S-003,是
{TITLE_MARK}精密轴承扩能,2511-320412-89-02-900004,某轴承公司（演示）,31000,横林镇,,S-004,否
"""
Act = Callable[[Clockwork, datetime], Any]


def write(script: Script) -> None:
    """Book this part."""
    for day, clock, act in (
        ("01-06", "09:30", _chains), ("01-06", "10:00", _responsible), ("01-08", "09:00", _force),
        ("02-03", "14:00", _amounts), ("02-04", "10:00", _list), ("03-05", "09:20", _stages),
        ("03-18", "16:00", _corrected), ("04-20", "09:00", _left), ("06-29", "16:10", _merged),
    ):  # fmt: skip
        script.book(script.at(day, clock), act)


def _id(c: Clockwork, name: str) -> int:
    with c.db.read() as s:
        p = tables.project.c
        return int(s.execute(select(p.id).where(p.name == name)).scalar_one())


def _chains(c: Clockwork, now: datetime) -> None:
    """产业链 with 链长, and what belongs to it."""
    c.do(tags.keep_chain, "chief", now, name="轨道交通", leader="principal")
    c.do(tags.keep_chain, "chief", now, name="新材料", leader="director")
    for name, chain in ((DRIVE, "轨道交通"), (MAGNET, "新材料")):
        c.do(tags.put, "triage", now, project_id=_id(c, name), kind="chain", tag=chain)
        c.do(tags.put, "triage", now, project_id=_id(c, name), kind="action",
             tag="重大项目突破行动")  # fmt: skip


def _responsible(c: Clockwork, now: datetime) -> None:
    """The chain of responsibility; a town for the park that has none recorded."""
    day = date(YEAR, 1, 6)
    for name in (DRIVE, MAGNET):
        common = {"project_id": _id(c, name), "since": day}
        c.do(duties.assign, "chief", now, role="commissioner", person="commissioner", **common)
        c.do(duties.assign, "chief", now, role="in_charge", person="director", **common)
    for name in (WIDENED, BUILT):
        c.do(duties.assign, "chief", now, project_id=_id(c, name), role="lead_unit", unit="zjj",
             since=day)  # fmt: skip
    c.do(duties.assign, "chief", now, project_id=_id(c, PARK), role="board", unit="lucheng",
         since=day)  # fmt: skip


def _force(c: Clockwork, now: datetime) -> None:
    """专班推动 312国道、232省道 (S1)."""
    made = c.do(forces.found, "chief", now, name="快速路建设专班（演示）", since=date(YEAR, 1, 8),
                purpose="推动312国道、232省道快速化工程", leader="director", lead_unit="zjj",
                units=["yaoguan", "henglin", "zgj"])  # fmt: skip
    for name in ROADS:
        c.do(forces.join, "chief", now, force_id=made.id, project_id=_id(c, name))


def _amounts(c: Clockwork, now: datetime) -> None:
    """What the town knows of a project, against which the list will say otherwise."""
    values = {"owner": "中车（演示）", "total_invest_yi": "11.5", "land_mu": "86"}
    c.do(library.edit, "triage", now, project_id=_id(c, DRIVE), values=values)
    progress = {"physical_progress": "桩基施工完成三成（演示）", "contact": "演示联系人"}
    c.do(library.edit, "yaoguan_liaison", now, project_id=_id(c, DRIVE), values=progress)


def _list(c: Clockwork, now: datetime) -> None:
    """A list of the city: three known projects, one new; the office chooses on each conflict."""
    target = Target("city", YEAR, LIBRARY, date(YEAR, 2, 1))
    with TemporaryDirectory(prefix="xiaohao-demo-") as folder:
        path = Path(folder) / "list.csv"
        path.write_text(LIST, encoding="utf-8")
        with c.db.read() as s:
            plan = taking.read(s, actor=find_actor(s, "triage"), path=path, target=target).plan
        choices = Choices(fields={2: {"total_invest_yi": "take"}}, rest="keep")
        c.do(taking.take, "triage", now, path=path, target=target, choices=choices,
             expect=plan.digest)  # fmt: skip


def _stages(c: Clockwork, now: datetime) -> None:
    """The unit that leads two roads reports their start."""
    for name, note in ((WIDENED, "取得施工许可后开工（演示）"), (BUILT, "围挡进场（演示）")):
        c.do(stages.reach, "zjj_liaison", now, project_id=_id(c, name), stage="started",
             since=date(YEAR, 3, 4), note=note)  # fmt: skip


def _corrected(c: Clockwork, now: datetime) -> None:
    """The office takes a start back that was none."""
    c.do(stages.reach, "chief", now, project_id=_id(c, BUILT), stage="preparing",
         since=date(YEAR, 3, 4), note="现场核查仅围挡进场，尚未开工（演示）")  # fmt: skip


def _left(c: Clockwork, now: datetime) -> None:
    """A project leaves a list."""
    key = _id(c, HARBOUR)
    with c.db.read() as s:
        [entry] = [e for e in listings.of(s, [key])[key] if e.list_code == "city"]
    c.do(listings.delist, "chief", now, project_id=key, listing_id=entry.id,
         removed_on=date(YEAR, 4, 20), reason="项目内容调整，移出年度计划（演示）")  # fmt: skip


def _merged(c: Clockwork, now: datetime) -> None:
    """The two records of one project become one; its name is that of the annex."""
    keep, other = _id(c, PAINT), _id(c, ISLAND)
    with c.db.read() as s:
        found = merging.compare(s, actor=find_actor(s, "chief"), keep=keep, other=other)
    choices = {one.field: "keep" for one in found.differences if one.conflict}
    c.do(merging.merge, "chief", now, keep=keep, other=other, choices=choices,
         expect=found.digest)  # fmt: skip
