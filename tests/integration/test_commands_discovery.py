"""问题发现 and 梳理分解: reporting, correcting, refusing, merging, planning and withdrawing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from models import tables
from models.queries.people import bump_organisation
from tests.world import World, at
from workflow.commands import assignment, breakdown, discovery
from workflow.commands.breakdown import Plan
from workflow.commands.discovery import Report
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible

NOW = "2026-03-02 10:00"
THEN = "2026-03-03 10:00"
GOOD: dict[str, Any] = {
    "title": "杆线影响施工", "description": "10千伏杆线需迁移", "category": "杆线迁移",
    "no_project_reason": "片区共性", "board": "lucheng",
}  # fmt: skip


def form(**changes: Any) -> Report:
    """A report, with some fields replaced."""
    return Report(**(GOOD | changes))


def test_a_report_is_filed_for_the_reporter_s_unit_and_the_triage_desk_is_told(
    world: World,
) -> None:
    done = world.do(discovery.report, "lucheng_reporter", NOW, form=form())
    issue = world.issue(done.issue_number)
    assert done.issue_number == f"WT-2026-{issue.id:06d}"
    assert (issue.state, issue.reported_at, issue.found_on) == (
        "reported", at(NOW), at(NOW).date(),
    )  # fmt: skip
    assert world.code(issue.reporter_unit_id) == world.code(issue.board_id) == "lucheng"
    assert [e.tag for e in world.events(issue.number)] == ["issue.created", "issue.report"]
    told = {n.recipient_id for n in world.notices(kind="todo", issue_id=issue.id)}
    assert told == {world.people["triage"], world.people["triage2"]}


def test_nothing_is_found_before_its_day_has_come(world: World) -> None:
    today = at(NOW).date()
    coming = form(found_on=today + timedelta(days=1))
    codes = world.refused(Malformed, discovery.report, "lucheng_reporter", NOW, form=coming)
    assert codes == ["date_coming"]
    done = world.do(discovery.report, "lucheng_reporter", NOW, form=form(found_on=today))
    assert world.issue(done.issue_number).found_on == today


def test_every_reason_is_given_at_once(world: World) -> None:
    bad = form(category="没有的类别", description="", no_project_reason=" ")
    codes = world.refused(GuardFailed, discovery.report, "lucheng_reporter", NOW, form=bad)
    assert codes == ["project_missing", "category_unknown", "description_missing"]


def test_malformed_texts_are_refused_by_field(world: World) -> None:
    for changes in (
        {"title": ""}, {"title": "长" * 201}, {"title": "坏\x00字"}, {"description": "坏\x07字"},
        {"description": "坏\ud800字"}, {"description": "长" * 20_001},
        {"no_project_reason": "长" * 301},
    ):  # fmt: skip
        (code,) = world.refused(
            Malformed, discovery.report, "lucheng_reporter", NOW, form=form(**changes)
        )
        assert code == f"{next(iter(changes))}_malformed"


def test_unknown_names_are_refused(world: World) -> None:
    for changes, code in (
        ({"project": "没有的项目"}, "project_unknown"), ({"board": "建设局"}, "board_unknown"),
        ({"board": "没有的街道"}, "board_unknown"),
    ):  # fmt: skip
        found = world.refused(
            Malformed, discovery.report, "lucheng_reporter", NOW, form=form(**changes)
        )
        assert found == [code]


def test_nothing_is_reported_for_a_town_that_is_no_more(world: World) -> None:
    with world.db.write() as s:
        s.execute(update(tables.unit).where(tables.unit.c.code == "lucheng").values(active=False))
        bump_organisation(s)
    refused = world.refused(Malformed, discovery.report, "zjj_liaison", NOW, form=form())
    assert refused == ["board_unknown"]
    other = form(board="henglin")
    assert world.do(discovery.report, "zjj_liaison", NOW, form=other).issue_number


def test_only_those_who_may_report_do_and_a_typed_name_gives_no_right(world: World) -> None:
    for username in ("chief", "director", "jfj_verifier", "auditor", "sysadmin", "principal"):
        world.refused(NotAllowed, discovery.report, username, NOW, form=form())
    world.refused(NotVisible, discovery.report, "nobody", NOW, form=form())
    for username in ("commissioner", "zjj_liaison", "zjj_head", "inspector", "triage"):
        assert world.do(discovery.report, username, NOW, form=form()).issue_state == "reported"


def test_a_draft_is_nobody_s_work_until_it_is_filed(world: World) -> None:
    bare = form(category="", description="", no_project_reason="")
    draft = world.do(discovery.report, "lucheng_reporter", NOW, form=bare, draft=True)
    assert draft.issue_state == "draft"
    assert world.notices() == []
    codes = world.refused(
        GuardFailed, discovery.submit_draft, "lucheng_reporter", NOW, issue=draft.issue_number
    )
    assert set(codes) == {"project_missing", "category_missing", "description_missing"}
    world.do(
        discovery.edit, "lucheng_reporter", NOW, issue=draft.issue_number, category="拆迁",
        description="一户未签约", no_project_reason="片区",
    )  # fmt: skip
    filed = world.do(discovery.submit_draft, "lucheng_liaison", NOW, issue=draft.issue_number)
    assert filed.issue_state == "reported"


def test_a_correction_keeps_the_old_text(world: World) -> None:
    issue = world.reported(NOW)
    world.do(discovery.edit, "triage", THEN, issue=issue, title="更正的标题", category="用地")
    (event,) = world.events(issue, "issue.edit")
    assert event.data["old"] == {"title": "10千伏杆线影响施工", "category": "杆线迁移"}
    assert event.data["new"] == {"title": "更正的标题", "category": "用地"}
    assert world.issue(issue).category == "用地"
    codes = world.refused(
        GuardFailed, discovery.edit, "triage", THEN, issue=issue, category="没有的类别"
    )
    assert codes == ["category_unknown"]
    world.refused(Malformed, discovery.edit, "triage", THEN, issue=issue, title="")


def test_a_report_sent_back_for_correction_comes_again(world: World) -> None:
    issue = world.reported(NOW)
    codes = world.refused(GuardFailed, discovery.send_back, "triage", NOW, issue=issue, reason=" ")
    assert codes == ["reason_missing"]
    world.do(discovery.send_back, "triage", NOW, issue=issue, reason="请补充地块编号")
    assert (world.issue(issue).state, world.issue(issue).reported_at) == ("draft", None)
    (told,) = world.notices("lucheng_reporter", kind="intake_result")
    assert (told.facts["outcome"], told.facts["reason"]) == ("returned", "请补充地块编号")
    world.do(discovery.submit_draft, "lucheng_reporter", THEN, issue=issue)
    assert world.issue(issue).reported_at == at(THEN)


def test_not_accepting_a_report_takes_two_persons(world: World) -> None:
    issue = world.reported(NOW)
    codes = world.refused(GuardFailed, discovery.reject, "chief", NOW, issue=issue, reason="")
    assert codes == ["rejection_not_proposed", "reason_missing"]
    world.do(discovery.propose_rejection, "triage", NOW, issue=issue, reason="不属受理范围")
    (todo,) = world.notices("chief", kind="todo")
    assert todo.facts["todo"] == "confirm_rejection"
    world.do(discovery.reject, "chief", NOW, issue=issue, reason="同意")
    assert world.issue(issue).state == "rejected"
    (told,) = world.notices("lucheng_reporter", kind="intake_result")
    assert (told.facts["outcome"], told.facts["reason"]) == ("rejected", "同意")


def test_whoever_proposed_the_rejection_cannot_confirm_it(world: World) -> None:
    with world.db.write() as s:
        s.execute(
            tables.role_grant.insert().values(
                person_id=world.people["chief"], role="triage_officer"
            )
        )
        bump_organisation(s)
    issue = world.reported(NOW)
    world.do(discovery.propose_rejection, "chief", NOW, issue=issue, reason="不属受理范围")
    codes = world.refused(GuardFailed, discovery.reject, "chief", NOW, issue=issue, reason="同意")
    assert codes == ["same_person"]


def test_a_repeat_is_merged_into_an_issue_that_is_open(world: World) -> None:
    first, repeat, closed = world.reported(NOW), world.reported(NOW), world.closed(NOW)
    given = {"issue": repeat, "reason": "同一地块"}
    for into, code in (
        (repeat, "merge_target"), ("WT-2026-999999", "merge_target"),
        (closed.issue, "merge_target_closed"),
    ):  # fmt: skip
        found = world.refused(GuardFailed, discovery.merge, "triage", NOW, **given, into=into)
        assert found == [code]
    world.do(discovery.merge, "triage", NOW, **given, into=first)
    merged = world.issue(repeat)
    assert (merged.state, merged.merged_into_id) == ("merged", world.issue(first).id)
    (told,) = world.notices("lucheng_reporter", kind="intake_result", issue_id=merged.id)
    assert (told.facts["outcome"], told.facts["detail"]) == ("merged", first)


def test_a_plan_takes_the_category_s_defaults(world: World) -> None:
    case = world.planned(NOW)
    task = world.task(case.task)
    assert (world.lead_of(case.task), world.verifier_of(case.task)) == ("zjj", "jfj")
    assert (task.limit_class, task.state, task.dispatched_at) == ("complex", "pending_ack", None)
    assert task.problem == world.issue(case.issue).description
    street = world.planned(NOW, category="拆迁", board="dingyan")
    assert (world.lead_of(street.task), world.verifier_of(street.task)) == ("dingyan", "zjj")


def test_whoever_leads_does_not_verify(world: World) -> None:
    town = world.planned(NOW, category="拆迁", plans=[Plan("动迁", lead="建设局")])
    assert world.verifier_of(town.task) == "jfj"  # the bureau steps in
    own = world.planned(NOW, plans=[Plan("自办", lead="经济发展局")])
    assert world.verifier_of(own.task) == "spj"  # and where the bureau leads, the policy's fallback
    same = world.planned(NOW, plans=[Plan("自办", lead="经济发展局", verifier="经济发展局")])
    codes = world.refused(GuardFailed, assignment.dispatch, "chief", NOW, issue=same.issue)
    assert codes == ["verifier_inside"]


def test_a_plan_names_known_units_limits_and_moments(world: World) -> None:
    issue = world.triaged(NOW)
    for plan, code in (
        (Plan("办理", lead="没有的局"), "lead_unit_unknown"),
        (Plan("办理", verifier="没有的局"), "verifier_unknown"),
        (Plan("办理", co_units=("没有的局",)), "co_units_unknown"),
        (Plan("办理", limit="没有的期限"), "limit_unknown"),
        (Plan("办理", days=0), "days_malformed"),
        (Plan("办理", due=at("2026-04-01 17:30").replace(tzinfo=None)), "due_naive"),
        (Plan("坏\x00字"), "measures_malformed"),
    ):
        found = world.refused(Malformed, breakdown.plan_task, "triage", NOW, issue=issue, form=plan)
        assert found == [code]


def test_the_last_task_is_not_withdrawn(world: World) -> None:
    case = world.dispatched(NOW, plans=[Plan("迁移杆线"), Plan("恢复路面")])
    first, second = case.tasks
    codes = world.refused(GuardFailed, breakdown.drop_task, "chief", NOW, task=first, reason="")
    assert codes == ["reason_missing"]
    world.do(breakdown.drop_task, "chief", NOW, task=first, reason="已由他案办理")
    task = world.task(first)
    assert (task.state, task.next_rung_at) == ("withdrawn", None)
    codes = world.refused(
        GuardFailed, breakdown.drop_task, "chief", NOW, task=second, reason="重复"
    )
    assert codes == ["last_task"]
    told = world.notices("zjj_liaison", kind="adjusted", task_id=task.id)
    assert [n.facts["outcome"] for n in told] == ["withdrawn"]
