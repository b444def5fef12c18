"""Projects and inspections for the tests of this side."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import insert, update

from models import tables
from projects.inspections import findings, plan
from projects.inspections.choosing import Choice
from projects.inspections.findings import Noted
from projects.inspections.plan import Plan
from tests.world import World

DAY = "2026-09-28"
NOW = f"{DAY} 09:00"
NAMES = ("潞城储能", "横林新城", "遥观传动", "丁堰特材", "全区快速路")
BOARDS = ("lucheng", "henglin", "yaoguan", "dingyan", None)


def with_sites(world: World, **columns: Any) -> dict[str, int]:
    """Five projects, four of them of a board; returns their ids by name."""
    rows = [
        {"name": name, "board_id": world.units[board] if board else None, **columns}
        for name, board in zip(NAMES, BOARDS, strict=True)
    ]
    with world.db.write() as s:
        s.execute(insert(tables.project), rows)
    return {row.name: row.id for row in world.rows(tables.project)}


def change_project(world: World, project: str, /, **values: Any) -> None:
    """Write columns of a project straight into its row."""
    table = tables.project
    with world.db.write() as s:
        s.execute(update(table).where(table.c.name == project).values(**values))


def planned(
    world: World, *projects: int, by: str = "inspector", now: str = NOW, **form: Any
) -> int:
    """An inspection of these projects, today; returns its id."""
    usual: dict[str, Any] = {
        "kind": "quarterly", "title": "三季度项目督查", "starts_on": date.fromisoformat(DAY),
        "choice": Choice(projects=projects),
    }  # fmt: skip
    done = world.do(plan.plan, by, now, form=Plan(**(usual | form)))
    return int(done.id)


def noted(world: World, inspection: int, project: int, now: str = NOW, **form: Any) -> int:
    """A finding; returns its id."""
    usual: dict[str, Any] = {"title": "杆线影响施工", "category": "杆线迁移", "detail": "北侧"}
    usual["token"] = f"token-{project}-{len(world.rows(tables.finding))}"
    by = form.pop("by", "inspector")
    filled = Noted(project=project, **(usual | form))
    return int(world.do(findings.record, by, now, inspection=inspection, form=filled).id)


def inspection_row(world: World, key: int) -> Any:
    """An inspection's row."""
    return world.row(tables.inspection, id=key)


def history(world: World, stream: str) -> list[str]:
    """The tags of a stream in order."""
    rows = world.rows(tables.event, stream=stream)
    return [row.tag for row in sorted(rows, key=lambda row: row.seq)]
