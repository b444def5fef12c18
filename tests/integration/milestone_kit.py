"""Projects with plans, for tests of milestones, permits, land lists and lights."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import insert

from models import tables
from projects.milestones import commands as milestones
from projects.milestones import land, planning
from tests.world import World
from workflow.context import context

NOW = "2026-03-02 10:00"
NAME = "新誉高性能永磁材料"
START, FINISH = date(2026, 9, 30), date(2027, 6, 30)


def project(world: World, **values: Any) -> int:
    """A project of Yaoguan in preparation, looked after by the commissioner."""
    row = {
        "name": NAME, "board_id": world.units["yaoguan"], "stage": "preparing",
        "commissioner_id": world.people["commissioner"], "plan_start_on": START,
        "plan_finish_on": FINISH,
    }  # fmt: skip
    with world.db.write() as s:
        made = insert(tables.project).values(row | values).returning(tables.project.c.id)
        return int(s.execute(made).scalar_one())


def laid_out(world: World, **values: Any) -> int:
    """A project with its plan."""
    project_id = project(world, **values)
    world.do(planning.lay_out, "commissioner", NOW, project_id=project_id)
    return project_id


def rows(world: World, project_id: int) -> dict[str, Any]:
    """Milestones by key."""
    return {m.key: m for m in world.rows(tables.milestone, project_id=project_id)}


def done(world: World, m: Any, on: date, now: str = NOW, **more: Any) -> Any:
    """Record a completion as the board's liaison."""
    return world.do(
        milestones.record, "yaoguan_liaison", now, milestone_id=m.id, actual_on=on, **more
    )


def tags(world: World, project_id: int) -> list[str]:
    """What the project's history says, oldest first."""
    found = world.rows(tables.event, stream=f"project:{project_id}")
    return [event.tag for event in sorted(found, key=lambda e: e.seq)]


def world_policy(s: Any) -> Any:
    """Thresholds in force, a day more for 拿地即开工."""
    return context(s).policy().project_lights.model_copy(update={"land_start_wd": 6})


def world_calendar(s: Any) -> Any:
    """The common calendar."""
    return context(s).calendar()


def listed(world: World, project_id: int) -> None:
    """A list of two items, by the unit that keeps them."""
    world.do(
        land.hand_out, "zgj_liaison", NOW, project_id=project_id, issued_on=date(2026, 2, 27),
        contract="常经开出〔2026〕3号", items=[("地块压覆矿产评估", "zgj"), ("管线接入", "zjj")],
    )  # fmt: skip
