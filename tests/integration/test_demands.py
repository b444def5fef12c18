"""Demands of enterprises: received, taken up, linked, answered, confirmed, rejected, chased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from models import tables
from models.queries.people import bump_organisation
from projects import history, snapshots
from projects.demands import chasing, deciding, feedback, filing, settling
from projects.demands.alike import alike, propose
from projects.demands.base import find_demand
from projects.demands.deciding import TakeUp
from projects.demands.listing import Wanted, counts, listed
from projects.demands.recurring import recurring
from projects.kpi import compute
from projects.kpi.rows import BELOW, rows
from projects.kpi.scopes import ZONE
from projects.sections import demands as section
from tests.demands import TEXT, filed, finish, form, hand_over, reject, row, taken_up, told
from tests.world import LINES, World, moment
from workflow import sources
from workflow.accounts.secret import new_secret
from workflow.commands import discovery, lookbacks
from workflow.context import find_actor
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
)

MORNING = "2026-09-28 10:00"
LATER = "2026-10-12 10:00"


def tags(world: World, number: str) -> list[str]:
    with world.db.read() as s:
        return [e.tag for e in reversed(history.read(s, f"demand:{row(world, number).id}"))]


# ------------------------------------------------------------ receiving


def test_a_demand_is_received_with_a_number_a_limit_and_a_secret_that_is_not_kept(
    world: World,
) -> None:
    one = filed(world, MORNING)
    found = row(world, one.number)
    assert one.number == f"XQ-2026-{found.id:06d}"
    assert found.state == "received"
    assert found.take_up_due_at == moment("2026-09-29 17:30")
    assert one.secret not in str(world.dump())
    assert told(world, "demand_received") == {"triage", "triage2"}
    with world.db.read() as s:
        assert feedback.by_link(s, one.secret).number == one.number
        (event,) = history.read(s, f"demand:{found.id}")
    assert event.actor_id is None
    assert "0519" not in str(event.data) and "张工" not in str(event.data)


def test_the_same_form_sent_twice_is_one_demand(world: World) -> None:
    secret = new_secret()
    with world.db.write() as s:
        first = filing.file(s, form(), moment(MORNING), secret=secret)
        again = filing.file(s, form(), moment(MORNING), secret=secret)
    assert (first.number, True, False) == (again.number, first.created, again.created)


def test_every_wrong_field_is_named_at_once(world: World) -> None:
    with pytest.raises(Malformed) as refusal:
        filed(
            world,
            MORNING,
            enterprise=" ",
            phone="call me",
            credit_code="123",
            board="nowhere",
            body="",
        )
    assert [r.field for r in refusal.value.reasons] == [
        "enterprise", "credit_code", "phone", "board", "body",
    ]  # fmt: skip
    with world.db.read() as s:
        assert s.execute(select(tables.demand)).first() is None


def test_no_demand_is_filed_for_a_town_that_is_no_more(world: World) -> None:
    with world.db.write() as s:
        s.execute(update(tables.unit).where(tables.unit.c.code == "lucheng").values(active=False))
        bump_organisation(s)
    with pytest.raises(Malformed) as refusal:
        filed(world, MORNING, board="lucheng")
    assert [r.code for r in refusal.value.reasons] == ["board_unknown"]


def test_a_platform_hands_a_demand_in_once(world: World) -> None:
    world.do(
        sources.register, "sysadmin", MORNING,
        code="yqlai", name="一企来", person="jfj_reporter", callback_url="", secret_name="",
    )  # fmt: skip
    given = {"source": "yqlai", "source_id": "7", "form": form()}
    first = world.do(filing.file_for_platform, "jfj_reporter", MORNING, **given)
    again = world.do(filing.file_for_platform, "jfj_reporter", MORNING, **given)
    assert first.created and first.secret and not again.created
    assert (again.number, again.secret) == (first.number, "")
    world.refused(NotVisible, filing.file_for_platform, "zjj_reporter", MORNING, **given)
    world.do(sources.update_source, "sysadmin", MORNING, code="yqlai", active=False)
    other = given | {"source_id": "8"}
    world.refused(NotAllowed, filing.file_for_platform, "jfj_reporter", MORNING, **other)


# ------------------------------------------------------------ deciding


def test_taking_up_raises_an_issue_in_the_loop(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    found, raised = row(world, one.number), world.issue(issue)
    assert (found.state, found.category, found.repeat) == ("taken_up", LINES, False)
    assert raised.state == "reported"
    assert (raised.source_system, raised.source_id) == ("demand", one.number)
    assert raised.board_id == world.units["lucheng"]
    assert TEXT in raised.description and one.number in raised.description
    assert "0519" not in raised.description, "an issue is seen by many; the demand keeps it"
    assert tags(world, one.number) == ["demand.received", "demand.taken_up"]


def test_only_the_office_acts_and_outsiders_do_not_know_of_it(world: World) -> None:
    one = filed(world, MORNING)
    act = {"demand": one.number, "form": TakeUp(category=LINES)}
    world.refused(NotAllowed, deciding.take_up, "lucheng_head", MORNING, **act)
    world.refused(NotAllowed, deciding.take_up, "director", MORNING, **act)
    for name in ("zjj_head", "henglin_head", "gdgs_head", "sysadmin", "auditor", "commissioner"):
        world.refused(NotVisible, deciding.take_up, name, MORNING, **act)
    for command, more in (
        (deciding.answer, {"text": "已答复", "category": ""}),
        (deciding.decline, {"reason": "不属于受理范围"}),
        (deciding.link, {"issue": "WT-2026-000001"}),
        (deciding.reissue_link, {}),
    ):
        world.refused(NotAllowed, command, "lucheng_head", MORNING, demand=one.number, **more)
        world.refused(NotVisible, command, "zjj_head", MORNING, demand=one.number, **more)


def test_who_looks_at_an_old_version_is_refused(world: World) -> None:
    one = filed(world, MORNING)
    world.do(deciding.reissue_link, "triage", MORNING, demand=one.number, expected_version=1)
    world.refused(
        StaleVersion, deciding.decline, "triage", MORNING,
        demand=one.number, reason="不属于受理范围", expected_version=1,
    )  # fmt: skip


def test_a_demand_is_seen_by_its_board_and_by_the_units_of_its_issue(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    hand_over(world, issue, MORNING)

    def sees(name: str) -> bool:
        with world.db.read() as s:
            try:
                return bool(find_demand(s, find_actor(s, name), one.number))
            except NotVisible:
                return False

    names = ("principal", "inspector", "lucheng_reporter", "zjj_head", "henglin_head", "czj_head")
    assert [sees(name) for name in names] == [True, True, True, True, False, False]
    assert not sees("secadmin")


def test_a_repeat_is_linked_and_counted(world: World) -> None:
    _first, issue = taken_up(world, MORNING)
    again = filed(world, "2026-09-29 09:00")
    world.do(deciding.link, "chief", "2026-09-29 10:00", demand=again.number, issue=issue)
    found = row(world, again.number)
    assert (found.state, found.repeat, found.relapse_candidate) == ("taken_up", True, False)
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        rows, total = listed(s, chief, Wanted(issue=issue), moment(MORNING))
        assert total == 2 and {r.repeat for r in rows} == {True, False}
    world.refused(
        IllegalTransition, deciding.link, "chief", MORNING, demand=again.number, issue=issue
    )


def test_a_repeat_soon_after_the_closure_is_a_relapse_candidate(world: World) -> None:
    case = world.closed("2026-03-02 10:00")
    closed_on = world.issue(case.issue).closed_at
    soon, late = (closed_on + timedelta(days=n) for n in (90, 91))
    for when, candidate in ((soon, True), (late, False)):
        one = filed(world, when)
        world.do(deciding.link, "triage", when, demand=one.number, issue=case.issue)
        found = row(world, one.number)
        assert (found.repeat, found.relapse_candidate) == (True, candidate)
        settling.run(world.db, when)
        assert row(world, one.number).state == "taken_up"  # the old closure is no answer to it


def test_nothing_is_linked_to_an_issue_that_is_not_known_or_was_refused(world: World) -> None:
    one = filed(world, MORNING)
    world.refused(NotVisible, deciding.link, "triage", MORNING, demand=one.number, issue="WT-9")
    rejected = world.reported(MORNING)
    reject(world, rejected, MORNING)
    world.refused(GuardFailed, deciding.link, "triage", MORNING, demand=one.number, issue=rejected)


def test_a_question_is_answered_without_an_issue(world: World) -> None:
    one = filed(world, MORNING)
    world.do(
        deciding.answer, "triage", MORNING, demand=one.number, text="请登录一网通办填报。",
        category="手续办理",
    )  # fmt: skip
    found = row(world, one.number)
    assert (found.state, found.answer, found.category) == (
        "answered", "请登录一网通办填报。", "手续办理",
    )  # fmt: skip
    assert found.contacted_at == moment(MORNING)


def test_while_the_issue_runs_its_closure_is_the_only_answer(world: World) -> None:
    one, _issue = taken_up(world, MORNING)
    act = {"demand": one.number, "text": "已经办好", "category": ""}
    codes = world.refused(GuardFailed, deciding.answer, "triage", MORNING, **act)
    assert codes == ["issue_under_way"]
    world.refused(
        GuardFailed, deciding.decline, "triage", MORNING, demand=one.number, reason="不受理"
    )


def test_declining_takes_a_reason_that_the_enterprise_reads(world: World) -> None:
    one = filed(world, MORNING)
    act = {"demand": one.number}
    world.refused(Malformed, deciding.decline, "triage", MORNING, reason=" ", **act)
    world.do(deciding.decline, "triage", MORNING, reason="属于合同纠纷，请走司法途径。", **act)
    found = row(world, one.number)
    assert (found.state, found.answer) == ("declined", "属于合同纠纷，请走司法途径。")


def test_a_new_address_replaces_the_former(world: World) -> None:
    one = filed(world, MORNING)
    done = world.do(deciding.reissue_link, "triage", MORNING, demand=one.number)
    with world.db.read() as s:
        assert feedback.by_link(s, done.secret).number == one.number
        with pytest.raises(NotVisible):
            feedback.by_link(s, one.secret)


# ------------------------------------------------------------ the result


def judged(world: World, command: Any, secret: str, when: str, **said: Any) -> None:
    with world.db.write() as s:
        command(s, secret=secret, now=moment(when), **said)


def test_the_closure_is_the_answer_and_the_enterprise_confirms(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    with pytest.raises(IllegalTransition):
        judged(world, feedback.confirm, one.secret, MORNING, satisfied=True, remark="")
    finish(world, issue, LATER)
    judged(world, feedback.confirm, one.secret, "2026-10-15 10:00", satisfied=True, remark="谢谢")
    found = row(world, one.number)
    assert (found.state, found.resolved, found.satisfied) == ("confirmed", True, True)
    assert tags(world, one.number)[2:] == ["demand.answered_by_closure", "demand.confirmed"]
    assert told(world, "demand_confirmed") == {"triage", "triage2"}


def test_a_rejection_goes_to_the_office_and_a_relapse_takes_it_up_again(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    finish(world, issue, LATER)
    after = "2026-10-15 10:00"
    with pytest.raises(Malformed):
        judged(world, feedback.reject, one.secret, after, reason="")
    judged(world, feedback.reject, one.secret, after, reason="线路还在原处")
    found = row(world, one.number)
    assert (found.state, found.resolved, found.rejections) == ("disputed", False, 1)
    assert told(world, "demand_rejected") == {"triage", "triage2", "chief"}
    world.do(
        lookbacks.record_lookback, "inspector", after, issue=issue, finding="线路确未迁移",
        relapse=True,
    )  # fmt: skip
    world.do(
        lookbacks.relapse, "chief", after, issue=issue, reason="企业反映属实",
        new_due=moment("2026-10-30 17:30"),
    )  # fmt: skip
    assert settling.run(world.db, moment(after)) == 1
    assert row(world, one.number).state == "taken_up"
    assert settling.run(world.db, moment(after)) == 0


def test_a_demand_moves_on_with_its_merged_issue(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    target = world.reported(MORNING)
    world.do(discovery.merge, "triage", MORNING, issue=issue, into=target, reason="同一事项")
    settling.run(world.db, moment(MORNING))
    found = row(world, one.number)
    assert (found.issue_id, found.repeat) == (world.issue(target).id, True)


def test_an_issue_that_is_not_accepted_leaves_the_word_to_the_office(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    reject(world, issue, MORNING)
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        assert counts(s, chief, moment(MORNING))["waiting"] == 1
    world.do(deciding.decline, "chief", MORNING, demand=one.number, reason="不属于受理范围")
    assert row(world, one.number).state == "declined"


# ------------------------------------------------------------ the clock


def test_what_is_not_taken_up_in_time_is_chased_once_each_working_day(world: World) -> None:
    filed(world, MORNING)
    notice = tables.notice.c

    def days() -> set[str]:
        with world.db.read() as s:
            rows = s.execute(select(notice.facts, notice.occasion)).all()
            return {r.occasion for r in rows if r.facts.get("about") == "demand_waiting"}

    assert chasing.run(world.db, moment("2026-09-29 17:00")) == 0
    assert days() == set()
    for when, n in (
        ("2026-09-30 09:00", 1), ("2026-09-30 15:00", 1), ("2026-10-01 09:00", 1),
        ("2026-10-08 09:00", 2),
    ):  # fmt: skip
        chasing.run(world.db, moment(when))
        assert len(days()) == n, when
    assert told(world, "demand_waiting") == {"triage", "triage2", "chief"}


# ------------------------------------------------------------ proposals, figures


def test_like_issues_and_demands_are_found_within_the_scope(world: World) -> None:
    issue = world.reported(MORNING, title="10千伏高压线影响吊装", description="厂区北侧高压线待迁")
    hidden = world.reported(
        MORNING, title="高压线横穿工地", description="塔吊不能起臂", board="henglin",
        by="henglin_reporter",
    )  # fmt: skip
    other = filed(world, MORNING, body="路灯一直没有装，夜间通行不便。")
    one = filed(world, MORNING)
    with world.db.read() as s:
        for name, wanted in (("chief", {issue, hidden}), ("lucheng_head", {issue})):
            actor = find_actor(s, name)
            like = alike(s, actor, find_demand(s, actor, one.number))
            assert {found.number for found in like} == wanted
            assert other.number not in {found.number for found in like}
        (best, *_rest) = propose(s, row(world, one.number), like)
    assert best.category == LINES and issue in best.past and "高压线" in best.words


def test_recurring_problems_are_counted_by_category_board_and_month(world: World) -> None:
    _one, issue = taken_up(world, "2026-08-03 10:00")
    again = filed(world, "2026-09-28 10:00", board="henglin")
    world.do(deciding.link, "triage", MORNING, demand=again.number, issue=issue)
    filed(world, "2026-09-28 10:00", board="")
    with world.db.read() as s:
        found = recurring(s, find_actor(s, "director"), moment(MORNING))
        own = recurring(s, find_actor(s, "henglin_head"), moment(MORNING))
    lines = {line.key: line for line in found.categories}
    assert lines[LINES].months == {"2026-08": 1, "2026-09": 1}
    assert (lines[LINES].repeats, lines[LINES].share) == (1, 0.5)
    assert {line.key: line.total for line in found.boards} == {"lucheng": 1, "henglin": 1, "": 1}
    assert found.pairs[LINES, "lucheng"] == 1
    assert {line.key for line in own.boards} == {"henglin"}


def test_every_view_counts_what_it_lists(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    finish(world, issue, LATER)
    filed(world, MORNING)
    now = moment("2026-10-15 10:00")
    settling.run(world.db, now)
    judged(world, feedback.reject, one.secret, "2026-10-15 10:00", reason="仍未迁移")
    with world.db.read() as s:
        chief = find_actor(s, "chief")
        found = counts(s, chief, now)
        for view, n in found.items():
            assert listed(s, chief, Wanted(view=view), now)[1] == n, view
    assert (found["waiting"], found["late"], found["disputed"]) == (2, 1, 1)


def test_a_month_is_told_as_it_stood_at_its_end(world: World) -> None:
    one, issue = taken_up(world, MORNING)
    finish(world, issue, LATER)
    judged(world, feedback.reject, one.secret, "2026-10-15 10:00", reason="仍未迁移")
    with world.db.read() as s:
        (september,) = section.gather(s, "2026-09", moment("2026-11-03 10:00"))
        (october,) = section.gather(s, "2026-10", moment("2026-11-03 10:00"))
        assert section.gather(s, "2026-08", moment("2026-11-03 10:00")) == []
        content = snapshots.gather(s, "2026-10", moment("2026-11-03 10:00"))
        figure = compute.table(content)["resolved", ZONE]
        assert [row.path for row in rows(content, figure, BELOW)] == [f"/demands/{one.number}"]
    assert september["contacted"] is not None and september["feedback"] is None
    assert (october["resolved"], october["satisfied"]) == (False, False)
    assert "张工" not in str(october) and "0519" not in str(october)
