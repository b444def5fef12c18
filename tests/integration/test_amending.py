"""A planned task is put right, or taken away, before anything is handed over."""

from __future__ import annotations

from typing import Any

from config.i18n import gettext as _
from config.i18n import language
from models import tables
from tests.integration import test_commands_rights as rights
from tests.portal import Portal
from tests.world import Case, World, at
from workflow.case_file import case_file
from workflow.commands import amending, assignment, breakdown, discovery, requests
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, StaleVersion

NOW = "2026-03-02 10:00"
THEN = "2026-03-03 10:00"
DUE = at("2026-03-27 17:30")


def amended(world: World, case: Case, by: str = "triage", **changes: Any) -> Any:
    """The task after a change of its plan."""
    world.do(amending.amend_task, by, THEN, task=case.task, changes=changes)
    return world.task(case.task)


def told(world: World, case: Case) -> list[tuple[str, str, str]]:
    """What the newest amendment changed, as the office reads it."""
    with world.db.read() as s, language("en"):
        file = case_file(s, find_actor(s, "triage"), case.issue, at(THEN))
    entry = next(e for e in reversed(file["timeline"]) if e["tag"] == "task.amend")
    return [(c["name"], c["before"], c["after"]) for c in entry["changes"]]


def supporting(world: World, case: Case) -> set[int]:
    """Ids of the units that support the task."""
    rows = world.rows(tables.co_unit, task_id=world.task(case.task).id)
    return {row.unit_id for row in rows}


def test_everything_that_a_plan_sets_can_be_put_right(world: World) -> None:
    case = world.planned(NOW, plans=[Plan("迁移杆线", co_units=("gdgs", "czj"))])
    task = amended(
        world, case, measures="改为入地敷设", problem="杆线侵占红线", standard="验收合格",
        lead="lucheng", verifier="zjj", co_units=("gdgs", "zgj"), limit="urgent", days=4,
        urgent=True,
    )  # fmt: skip
    assert (task.measures, task.problem, task.standard) == (
        "改为入地敷设", "杆线侵占红线", "验收合格",
    )  # fmt: skip
    assert (world.lead_of(case.task), world.verifier_of(case.task)) == ("lucheng", "zjj")
    assert (task.limit_class, task.limit_n, task.urgent) == ("urgent", 4, True)
    assert supporting(world, case) == {world.units["gdgs"], world.units["zgj"]}
    assert task.co_unit_count == 2
    world.do(assignment.dispatch, "chief", THEN, issue=case.issue)
    assert world.task(case.task).due_at == at("2026-03-09 17:30")  # four working days


def test_what_is_not_named_stays_and_the_history_tells_old_and_new_by_name(world: World) -> None:
    case = world.planned(NOW, plans=[Plan("迁移杆线", co_units=("gdgs",), days=5)])
    before = world.task(case.task)
    task = amended(world, case, by="chief", lead="lucheng")
    kept = ("measures", "problem", "standard", "limit_class", "limit_n", "verifier_unit_id")
    assert [getattr(task, k) for k in kept] == [getattr(before, k) for k in kept]
    assert supporting(world, case) == {world.units["gdgs"]}
    assert [name for name, *_ in told(world, case)] == ["Lead unit"]
    data = world.events(case.issue, "task.amend")[-1].data
    assert set(data["old"]) == set(data["new"]) == {"lead_unit"}
    assert data["old"]["lead_unit"] != data["new"]["lead_unit"]


def test_a_limit_and_a_fixed_date_replace_each_other(world: World) -> None:
    case = world.planned(NOW, plans=[Plan("迁移杆线", days=5)])
    usual = world.task(case.task).limit_class
    task = amended(world, case, due=DUE)
    assert (task.limit_class, task.limit_n, task.fixed_due_at) == ("fixed", None, DUE)
    assert ("Time limit", "5 working days", "a fixed date") in told(world, case)
    task = amended(world, case, days=3)
    assert (task.limit_class, task.limit_n, task.fixed_due_at) == (usual, 3, None)
    task = amended(world, case, limit="urgent")
    assert (task.limit_class, task.limit_n, task.fixed_due_at) == ("urgent", None, None)


def test_a_correction_that_cannot_be_is_refused(world: World) -> None:
    case = world.planned(NOW)
    for changes, code in (
        ({}, "nothing_changed"),
        ({"lead": "没有的局"}, "lead_unit_unknown"),
        ({"limit": "没有的期限"}, "limit_unknown"),
        ({"days": 5, "due": DUE}, "days_and_due"),
    ):
        found = world.refused(
            Malformed, amending.amend_task, "triage", THEN, task=case.task, changes=changes
        )
        assert found == [code]
    found = world.refused(
        StaleVersion, amending.amend_task, "triage", THEN, task=case.task,
        changes={"measures": "改"}, expected_version=0,
    )  # fmt: skip
    assert set(found) == {"stale_version"}


def test_what_is_handed_over_or_has_ended_takes_a_ruling(world: World) -> None:
    changes = {"measures": "改为入地敷设"}
    case = world.dispatched(NOW)
    found = world.refused(
        GuardFailed, amending.amend_task, "triage", THEN, task=case.task, changes=changes
    )
    assert found == ["dispatched_already"]
    other = world.planned(NOW)
    world.do(discovery.merge, "triage", NOW, issue=other.issue, into=case.issue, reason="重复上报")
    found = world.refused(
        GuardFailed, amending.amend_task, "triage", THEN, task=other.task, changes=changes
    )
    assert found == ["issue_ended"]


def test_the_only_task_of_a_breakdown_can_go_and_the_dispatch_asks_for_another(
    world: World,
) -> None:
    case = world.planned(NOW)
    world.do(breakdown.drop_task, "chief", THEN, task=case.task, reason="拆分有误")
    assert world.task(case.task).state == "withdrawn"
    found = world.refused(GuardFailed, assignment.dispatch, "chief", THEN, issue=case.issue)
    assert found == ["no_tasks"]
    world.do(breakdown.plan_task, "triage", THEN, issue=case.issue, form=Plan("恢复路面"))
    world.do(assignment.dispatch, "chief", THEN, issue=case.issue)
    assert world.issue(case.issue).state == "dispatched"


def test_a_planned_date_wins_over_the_class_and_leaves_nothing_to_count(world: World) -> None:
    case = world.planned(NOW, plans=[Plan("迁移杆线", limit="complex", due=DUE)])
    task = world.task(case.task)
    assert (task.limit_class, task.limit_n, task.fixed_due_at) == ("fixed", None, DUE)
    found = world.refused(
        Malformed, breakdown.plan_task, "triage", NOW, issue=case.issue,
        form=Plan("恢复路面", days=5, due=DUE),
    )  # fmt: skip
    assert found == ["days_and_due"]


def test_the_page_names_who_took_a_request_back_and_not_a_ruling(portal: Portal) -> None:
    world = portal.world
    case = rights.extension_asked(world)
    world.do(requests.withdraw_request, "zjj_head", THEN, task=case.task, kind="extension")
    page = portal.at(THEN).sign_in("triage").page(f"/issues/{case.issue}")
    with language("zh_CN"):
        assert _("Taken back by") in page.text
        assert _("Ruled by") not in page.text


def test_the_form_begins_with_the_plan_and_the_card_shows_the_fixed_date(portal: Portal) -> None:
    world = portal.world
    case = world.planned(NOW, plans=[Plan("迁移杆线", co_units=("gdgs",), days=5)])
    browser = portal.at(THEN).sign_in("triage")
    path = f"/tasks/{case.task}/do/amend"
    assert path in browser.page(f"/issues/{case.issue}").text
    form = browser.page(path).form()
    assert (form.first("measures"), form.first("lead")) == ("迁移杆线", "zjj")
    assert (form.first("days"), form.first("limit")) == ("5", world.task(case.task).limit_class)
    assert form.values["co_units"] == ["gdgs"] or form.first("co_units") == "gdgs"
    done = browser.post(path, {**form.values, "days": "", "due": "2026-03-27"})
    assert done.status == 303, done.words
    task = world.task(case.task)
    assert (task.fixed_due_at, task.limit_n, task.measures) == (DUE, None, "迁移杆线")
    assert supporting(world, case) == {world.units["gdgs"]}
    assert "2026-03-27 17:30" in browser.page(f"/issues/{case.issue}").words
    again = browser.page(path).form()
    assert again.first("limit") == ""
    cleared = browser.post(path, {**again.values, "due": "", "standard": ""})
    assert cleared.status == 303, cleared.words
    assert world.task(case.task).fixed_due_at is None
