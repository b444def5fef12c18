"""Names of projects: everybody knows the projects of their own work, and strangers none of it."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from sqlalchemy import insert, select

from models import tables
from models.queries.projects import visible_projects
from tests.api import program
from tests.portal import Portal
from tests.world import World, at
from workflow.commands.discovery import Report, report
from workflow.context import context, find_actor
from workflow.errors import Malformed

NOW = "2026-09-28 08:30"
OWN, OTHERS, NOBODYS, CHARGED, SUPPORTED = (
    "潞城项目",
    "横林项目",
    "全区项目",
    "专员项目",
    "支持项目",
)
EVERY = {OWN, OTHERS, NOBODYS, CHARGED, SUPPORTED}


@pytest.fixture
def zone(world: World) -> World:
    """Projects of two towns and of none; one has an issue that Lucheng has reported."""
    henglin = world.units["henglin"]
    rows = [
        (OWN, world.units["lucheng"], None), (OTHERS, henglin, None), (NOBODYS, None, None),
        (CHARGED, henglin, world.people["lucheng_handler"]), (SUPPORTED, henglin, None),
    ]  # fmt: skip
    with world.db.write() as s:
        for name, board, commissioner in rows:
            s.execute(
                insert(tables.project).values(
                    name=name, board_id=board, commissioner_id=commissioner
                )
            )
        reporter = find_actor(s, "zjj_reporter")
        form = Report("跨镇道路", "横林段", "杆线迁移", project=SUPPORTED, board="lucheng")
        report(s, actor=reporter, form=form, now=at(NOW))
    return world


def known(world: World, username: str) -> set[str]:
    with world.db.read() as s:
        actor = find_actor(s, username)
        chosen = select(tables.project.c.name).where(visible_projects(actor, context(s).directory))
        return set(s.execute(chosen).scalars())


@pytest.mark.parametrize(
    "username, expected",
    [
        ("chief", EVERY), ("principal", EVERY), ("inspector", EVERY), ("zjj_reporter", EVERY),
        ("lucheng_reporter", {OWN, NOBODYS, SUPPORTED}),
        ("lucheng_handler", {OWN, NOBODYS, SUPPORTED, CHARGED}),
        ("henglin_reporter", {OTHERS, NOBODYS, CHARGED, SUPPORTED}),
        ("yaoguan_head", {NOBODYS}), ("gdgs_head", {NOBODYS}),
        ("sysadmin", set()), ("secadmin", set()), ("auditor", set()),
    ],
)  # fmt: skip
def test_who_knows_which_projects(zone: World, username: str, expected: set[str]) -> None:
    assert known(zone, username) == expected


def test_a_form_offers_and_takes_only_projects_that_the_reporter_may_know(
    zone: World, portal: Portal
) -> None:
    shown = portal.sign_in("lucheng_reporter").page("/report").text
    assert OWN in shown and OTHERS not in shown
    assert OTHERS in portal.sign_in("zjj_reporter").page("/report").text


def test_another_towns_project_is_refused_as_one_that_there_is_not(zone: World) -> None:
    said = []
    for name in (OTHERS, "没有这个"):
        form = Report("杆线影响施工", "北侧", "杆线迁移", project=name)
        with pytest.raises(Malformed) as refused:
            zone.do(report, "lucheng_reporter", NOW, form=form)
        said.append([r.message.replace(name, "X") for r in refused.value.reasons])
        assert [r.code for r in refused.value.reasons] == ["project_unknown"]
    assert said[0] == said[1]
    form = Report("杆线影响施工", "北侧", "杆线迁移", project=OTHERS)
    assert zone.do(report, "zjj_reporter", NOW, form=form).issue_number


@pytest.mark.parametrize("path", ["/issues", "/issues/export.csv"])
def test_a_number_is_not_turned_into_another_towns_name(
    zone: World, portal: Portal, path: str
) -> None:
    keys = {row.name: row.id for row in zone.rows(tables.project)}
    town, chief = portal.sign_in("lucheng_reporter"), portal.sign_in("chief")
    for asked in (str(keys[OTHERS]), OTHERS, str(10**8)):
        answer = town.page(f"{path}?{urlencode({'project': asked})}", 422)
        assert OTHERS not in answer.words.replace(asked, "")
    assert town.page(f"{path}?project={keys[OWN]}").status == 200
    assert path != "/issues" or OTHERS in chief.page(f"{path}?project={keys[OTHERS]}").text


def test_the_api_turns_no_number_into_a_name_either(zone: World, portal: Portal) -> None:
    keys = {row.name: row.id for row in zone.rows(tables.project)}
    town = program(portal, "lucheng_reporter")
    for path in ("/issues", "/statistics"):
        town.get(f"{path}?project={keys[OTHERS]}", 422)
        town.get(f"{path}?project={keys[SUPPORTED]}")


def test_what_a_town_no_longer_sees_it_no_longer_knows(zone: World) -> None:
    assert SUPPORTED in known(zone, "lucheng_head")
    with zone.db.write() as s:
        s.execute(tables.issue.update().values(board_id=zone.units["yaoguan"]))
    assert SUPPORTED not in known(zone, "lucheng_head")
    assert SUPPORTED in known(zone, "yaoguan_head")
