"""Two who write the first row of a key at once: the second is refused in words, not by a fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from models import tables
from projects import chasing, snapshots
from projects.bulletins import commands as bulletins
from projects.instructions import commands as instructions
from projects.instructions.commands import Order
from projects.library import commands as library
from projects.targets import commands as targets
from projects.targets.actuals import Actual, enter_actuals
from projects.targets.checks import Head, Line
from projects.twins import table_of
from tests.integration.inspection_world import planned, with_sites
from tests.integration.library_kit import CODE, added
from tests.world import World, at
from workflow.context import find_actor
from workflow.errors import WorkflowError

NOW = "2026-09-28 10:00"
OCTOBER = "2026-10-09 10:00"


def second(world: World, command: Callable[..., Any], who: str, now: str, **given: Any) -> Any:
    """Run a command twice: the second begins before the first is committed. Its refusal."""
    found: list[BaseException] = []

    def again() -> None:
        try:
            world.do(command, who, now, **given)
        except BaseException as error:
            found.append(error)

    thread = Thread(target=again)
    with world.db.write() as s:
        command(s, actor=find_actor(s, who), now=at(now), **given)
        thread.start()
        thread.join(0.5)  # time to come as far as it can
    thread.join()
    [error] = found
    assert isinstance(error, WorkflowError), repr(error)
    assert error.status == 409
    return [reason.code for reason in error.reasons]


def test_a_project_that_is_added_twice_at_once(world: World) -> None:
    ask = {"values": {"name": "甲项目", "code": CODE}, "board": "lucheng"}
    assert second(world, library.add, "chief", NOW, **ask) == ["name_taken", "code_taken"]
    assert len(world.rows(tables.project)) == 1


def test_a_name_that_two_projects_take_at_once(world: World) -> None:
    one, other = added(world, "甲"), added(world, "乙")
    found: list[str] = []

    def rename() -> None:
        try:
            world.do(library.edit, "chief", NOW, project_id=other, values={"name": "丙"})
        except WorkflowError as error:
            found.extend(reason.code for reason in error.reasons)

    thread = Thread(target=rename)
    with world.db.write() as s:
        chief = find_actor(s, "chief")
        library.edit(s, actor=chief, project_id=one, values={"name": "丙"}, now=at(NOW))
        thread.start()
        thread.join(0.5)
    thread.join()
    assert found == ["name_taken"]


def test_a_bulletin_that_is_drafted_twice_at_once(world: World) -> None:
    def freeze(s: Any, *, actor: Any, now: datetime) -> None:
        snapshots.freeze(s, "2026-08", actor, now)

    world.do(freeze, "chief", NOW)
    asked = second(world, bulletins.draft, "triage", NOW, month="2026-08")
    assert asked == ["bulletin_exists"] and len(world.rows(tables.bulletin)) == 1


def test_a_figure_of_a_plan_that_is_entered_twice_at_once(world: World) -> None:
    plan = world.do(targets.create_plan, "chief", NOW, head=Head("目标", 2026, "全区"))
    line = Line("", "全区", "开工数", "个", Decimal(5))
    world.do(targets.put_line, "chief", NOW, plan_id=plan, line=line,
             expected_version=None)  # fmt: skip
    row = world.row(tables.target, metric="开工数").id
    given = {"month": "2026-09", "actuals": [Actual(row, Decimal(3), "", 0)]}
    assert second(world, enter_actuals, "chief", OCTOBER, **given) == ["stale"]


def test_an_instruction_that_is_given_twice_at_once(world: World) -> None:
    ids = with_sites(world)
    key = planned(world, ids["潞城储能"])
    order = Order("一周内解决", "zjj", inspection=key)
    assert second(world, instructions.give, "principal", NOW, form=order) == ["given_already"]
    again = Order("另一件", "zjj", inspection=key)
    done = world.do(instructions.give, "principal", NOW, form=again)
    assert done.number.endswith("-002"), "the number of what was refused is given back"


def test_of_two_workers_the_slower_adds_nothing_and_other_faults_are_told(world: World) -> None:
    added(world, "甲")

    def twin(s: Any, _key: int) -> bool:
        s.execute(insert(tables.project).values(name="甲"))
        return True

    def orphan(s: Any, _key: int) -> bool:
        s.execute(insert(tables.project_tag).values(project_id=999, kind="other", tag="x"))
        return True

    assert chasing.each(world.db, [1], twin, makes="project") == 0
    for act, makes in ((twin, ""), (twin, "evaluation"), (orphan, "project_tag")):
        with pytest.raises(IntegrityError):
            chasing.each(world.db, [1], act, makes=makes)


def test_a_key_that_is_taken_is_told_from_what_else_is_wrong(world: World) -> None:
    added(world, "甲", code=CODE)
    faults = []
    for values in ({"name": "甲"}, {"name": "乙", "code": CODE}, {"name": "丙", "parent_id": 99}):
        with pytest.raises(IntegrityError) as caught, world.db.write() as s:
            s.execute(insert(tables.project).values(**values))
        faults.append(table_of(caught.value))
    assert faults == ["project", "project", ""]
