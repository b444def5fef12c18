"""Who moves whom to another unit (三员分立), and what a unit that is deactivated may still hold."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from models import tables
from models.db import Database, Session
from models.queries.people import bump_organisation
from tests.integration.test_web_admin import english, tags
from tests.portal import Portal
from tests.world import World, at
from workflow import organisation, person_changes, rights, unit_changes
from workflow.commands import assignment, breakdown
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotAllowed, WorkflowError

NOW = at("2026-09-28 10:00")
MOVE = "/admin/people/zjj_liaison/move"


def unit_of(world: World, username: str) -> int:
    found: int = world.row(tables.person, username=username).unit_id
    return found


def move(s: Session, *, who: str, to: str, **given: Any) -> None:
    person_changes.move_person(s, username=who, unit=to, **given)


def add(s: Session, *, who: str, to: str, **given: Any) -> None:
    organisation.add_person(s, username=who, name="新人", unit=to, **given)


def put_to_sleep(s: Session, *, who: str, **given: Any) -> None:
    person_changes.set_person_active(s, username=who, active=False, **given)


def take(s: Session, *, who: str, role: str, **given: Any) -> None:
    rights.revoke(s, username=who, role=role, **given)


# ------------------------------------------------------------ people


def test_the_system_administrator_moves_nobody_who_holds_a_role(world: World) -> None:
    codes = world.refused(NotAllowed, move, "sysadmin", NOW, who="zjj_liaison", to="czj")
    assert codes == ["not_allowed"]
    world.do(put_to_sleep, "sysadmin", NOW, who="zjj_liaison")
    world.refused(NotAllowed, move, "sysadmin", NOW, who="zjj_liaison", to="czj")


def test_the_security_administrator_moves_who_holds_a_role_and_nobody_else(world: World) -> None:
    world.do(move, "secadmin", NOW, who="zjj_liaison", to="czj")
    assert unit_of(world, "zjj_liaison") == world.units["czj"]
    world.do(take, "secadmin", NOW, who="zjj_handler", role="reporter")
    world.refused(NotAllowed, move, "secadmin", NOW, who="zjj_handler", to="czj")
    world.do(move, "sysadmin", NOW, who="zjj_handler", to="czj")
    assert unit_of(world, "zjj_handler") == world.units["czj"]
    first, again = world.rows(tables.event, stream="system", tag="person.moved")
    assert first.data["old"] == {"unit_id": world.units["zjj"]}
    assert again.data["new"] == {"unit_id": world.units["czj"]}


@pytest.mark.parametrize("username", ["zjj_head", "chief", "auditor"])
def test_the_business_moves_nobody(world: World, username: str) -> None:
    world.refused(NotAllowed, move, username, NOW, who="zjj_liaison", to="czj")


def test_nobody_is_moved_to_a_unit_that_is_not_active(world: World) -> None:
    found_unit(world)
    world.do(unit_changes.set_unit_active, "sysadmin", NOW, code="kjj", active=False)
    codes = world.refused(GuardFailed, move, "secadmin", NOW, who="zjj_liaison", to="kjj")
    assert codes == ["unit_inactive"]


def test_nobody_is_added_to_a_unit_that_is_not_active(world: World) -> None:
    found_unit(world)
    world.do(unit_changes.set_unit_active, "sysadmin", NOW, code="kjj", active=False)
    codes = world.refused(GuardFailed, add, "sysadmin", NOW, who="new", to="kjj")
    assert codes == ["unit_inactive"]
    world.do(unit_changes.set_unit_active, "sysadmin", NOW, code="kjj", active=True)
    world.do(add, "sysadmin", NOW, who="new", to="kjj")
    assert unit_of(world, "new") == world.row(tables.unit, code="kjj").id


def test_who_is_moved_is_signed_out_and_each_administrator_has_the_own_form(
    portal: Portal,
) -> None:
    liaison, sysadmin = portal.sign_in("zjj_liaison"), english(portal, "sysadmin")
    secadmin = english(portal, "secadmin")
    liaison.page("/account")
    shown = sysadmin.page("/admin/people/zjj_liaison")
    assert MOVE not in shown.text
    assert "moved to another unit by the security administrator" in shown.words
    edit = next(f for f in shown.forms if f.action == "/admin/people/zjj_liaison")
    assert "unit" not in edit.names
    assert sysadmin.send(MOVE, {"unit": "czj"}).status == 403
    name = portal.world.row(tables.person, username="zjj_liaison").name
    edited = {"name": name, "unit": "czj", "post": "liaison"}
    sysadmin.send("/admin/people/zjj_liaison", edited)
    assert unit_of(portal.world, "zjj_liaison") == portal.world.units["zjj"]
    liaison.page("/account")
    assert secadmin.fill("/admin/people/zjj_liaison", {"unit": "czj"}, form=MOVE).status == 303
    assert unit_of(portal.world, "zjj_liaison") == portal.world.units["czj"]
    assert liaison.get("/account").status_code == 303
    assert tags(portal)[-1] == "person.moved"
    assert "person moved to another unit" in english(portal, "auditor").page("/admin/audit").words


# ------------------------------------------------------------ units


def found_unit(world: World) -> None:
    """A unit on which nothing counts yet."""
    world.do(organisation.add_unit, "sysadmin", NOW, code="kjj", name="科技局", kind="department")


def overtaken(db: Database, first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Any:
    """The second transaction begins while the first is under way; what it was answered."""
    answers: list[Any] = []

    def later() -> None:
        try:
            with db.write() as s:
                answers.append(second(s))
        except WorkflowError as refusal:
            answers.append(refusal)

    other = threading.Thread(target=later)
    with db.write() as s:
        first(s)
        other.start()
        while db.engine.dialect.name == "postgresql" and other.is_alive() and not _waits(s):
            other.join(0.01)
    other.join(60)
    (answer,) = answers
    return answer


def _waits(s: Any) -> bool:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    s.execute(text("SELECT pg_stat_clear_snapshot()"))
    return bool(s.execute(text(f"{asked} AND datname = current_database()")).scalar_one())


def deactivate(s: Any) -> None:
    actor = find_actor(s, "sysadmin")
    unit_changes.set_unit_active(s, code="kjj", active=False, actor=actor, now=NOW)


def test_a_unit_is_not_deactivated_while_a_task_is_handed_to_it(world: World) -> None:
    number = world.triaged("2026-09-28 09:00")
    found_unit(world)

    def hand_over(s: Any) -> None:
        plan = Plan("迁移杆线", lead="kjj", verifier="jfj")
        triage, chief = find_actor(s, "triage"), find_actor(s, "chief")
        breakdown.plan_task(s, actor=triage, issue=number, form=plan, now=NOW)
        assignment.dispatch(s, actor=chief, issue=number, now=NOW)

    answer = overtaken(world.db, hand_over, deactivate)
    assert isinstance(answer, GuardFailed)
    assert [reason.code for reason in answer.reasons] == ["unit_has_work"]
    assert world.row(tables.unit, code="kjj").active


def test_no_task_names_a_unit_that_is_deactivated_meanwhile(world: World) -> None:
    number = world.triaged("2026-09-28 09:00")
    found_unit(world)

    def plan(s: Any) -> None:
        form = Plan("迁移杆线", lead="kjj", verifier="jfj")
        breakdown.plan_task(s, actor=find_actor(s, "triage"), issue=number, form=form, now=NOW)

    answer = overtaken(world.db, deactivate, plan)
    assert isinstance(answer, Malformed)
    assert not world.rows(tables.task)
    assert not world.row(tables.unit, code="kjj").active


def test_nothing_is_handed_to_a_unit_that_is_deactivated_meanwhile(world: World) -> None:
    """However a planned task came to name it: the dispatch asks again."""
    number = world.triaged("2026-09-28 09:00")
    found_unit(world)
    form = Plan("迁移杆线", lead="kjj", verifier="jfj")
    world.do(breakdown.plan_task, "triage", NOW, issue=number, form=form)

    def close(s: Any) -> None:
        s.execute(text("UPDATE unit SET active = false WHERE code = 'kjj'"))
        bump_organisation(s)

    def dispatch(s: Any) -> None:
        assignment.dispatch(s, actor=find_actor(s, "chief"), issue=number, now=NOW)

    answer = overtaken(world.db, close, dispatch)
    assert isinstance(answer, GuardFailed)
    assert world.rows(tables.task)[0].dispatched_at is None
