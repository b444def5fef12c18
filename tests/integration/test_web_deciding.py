"""What the forms show before something is decided, and what the page says of whose turn it is."""

from __future__ import annotations

from typing import Any

from models import tables
from tests.integration import test_commands_rights as rights
from tests.integration.test_web_issue import long_history
from tests.portal import Portal
from tests.world import at
from workflow.commands import closure, lookbacks, returns
from workflow.commands.breakdown import Plan

NOW = "2026-09-28 10:00"
ASKED = "请补齐全部验收材料并重新报送"


def asked(when: str = "2026-11-20 17:30") -> dict[str, Any]:
    return {"requirement": ASKED, "new_due": at(when)}


def returned(text: str) -> str:
    """The part of a page that says why a task came back."""
    return text.partition("returned")[2].partition("</dl>")[0]


def test_what_was_refused_is_told_on_the_card_and_above_the_forms(portal: Portal) -> None:
    world = portal.at(NOW).world
    case = world.submitted(NOW)
    world.do(
        closure.reject_submission, "jfj_verifier", NOW, task=case.task, opinion="不符", **asked()
    )
    head = portal.sign_in("zjj_head")
    verifier = world.row(tables.person, username="jfj_verifier").name
    for path in (f"/issues/{case.issue}", f"/tasks/{case.task}/do/submit"):
        told = returned(head.page(path).text)
        for text in (ASKED, "不符", verifier, "2026-11-20 17:30", "2026-09-28 10:00"):
            assert text in told, (path, text)
    world.submit(case.task, NOW)
    world.verify(case.task, NOW)
    world.do(closure.reject_closure, "chief", NOW, issue=case.issue, **asked("2026-11-25 17:30"))
    told = returned(head.page(f"/tasks/{case.task}/do/submit").text)
    assert "2026-11-25 17:30" in told and "钱永年" in told and "不符" not in told


def test_a_relapse_begins_anew(portal: Portal) -> None:
    world = portal.world
    case = world.submitted("2026-03-02 10:00", plans=[Plan("迁移杆线"), Plan("恢复路面")])
    world.do(
        closure.reject_submission, "jfj_verifier", "2026-03-02 10:00", task=case.tasks[1],
        opinion="不符", **asked("2026-04-01 17:30"),
    )  # fmt: skip
    world.submit(case.tasks[1], "2026-03-02 10:00")
    for task in case.tasks:
        world.verify(task, "2026-03-02 10:00")
    world.approve(case.issue, "2026-03-02 10:00")
    found = {"issue": case.issue, "finding": "杆线又妨碍施工", "relapse": True}
    world.do(lookbacks.record_lookback, "inspector", "2026-03-20 10:00", **found)
    assert "认定反弹" in turn(portal.at("2026-03-20 10:30"), case.issue)
    world.do(
        lookbacks.relapse, "chief", "2026-03-20 11:00", issue=case.issue, reason="确属反弹须重办",
        new_due=at("2026-04-20 17:30"), tasks=[case.tasks[0]],
    )  # fmt: skip
    text = portal.at("2026-03-20 12:00").sign_in("zjj_head").page(f"/issues/{case.issue}").text
    assert "确属反弹须重办" in returned(text) and text.count('class="conflict returned"') == 1


def test_a_dispatch_shows_its_tasks_and_the_deadlines_that_it_would_set(portal: Portal) -> None:
    world = portal.at(NOW).world
    plans = [Plan("迁移杆线", co_units=("gdgs",)), Plan("恢复路面", due=at("2026-12-01 17:30"))]
    case = world.planned(NOW, plans=plans)
    words = portal.sign_in("chief").page(f"/issues/{case.issue}/do/dispatch").words
    portal.sign_in("chief").fill(f"/issues/{case.issue}/do/dispatch")
    for task in case.tasks:
        due = world.task(task).due_at.astimezone(rights.DUE.tzinfo)
        assert f"{due:%Y-%m-%d %H:%M}" in words
    for text in ("迁移杆线", "恢复路面", "供电公司"):
        assert text in words


def test_a_verifier_sees_what_was_handed_in(portal: Portal) -> None:
    world = portal.at(NOW).world
    case = world.submitted(NOW)
    for name in ("verify", "reject-submission"):
        words = portal.sign_in("jfj_verifier").page(f"/tasks/{case.task}/do/{name}").words
        assert "已全部完成" in words and "验收单.pdf" in words


def test_an_approver_sees_what_was_verified(portal: Portal) -> None:
    world = portal.at(NOW).world
    case = world.verified(NOW)
    for name in ("approve", "reject-closure"):
        words = portal.sign_in("chief").page(f"/issues/{case.issue}/do/{name}").words
        assert "已全部完成" in words and "情况属实" in words and "已到现场核查" in words


# ------------------------------------------------------------------ what is required


def test_what_is_required_in_fact_is_not_called_optional(portal: Portal) -> None:
    world = portal.at(NOW).world
    case = world.acknowledged(NOW)
    head, path = portal.sign_in("zjj_head"), f"/tasks/{case.task}/do/submit"

    def legend() -> str:
        part = head.page(path).text.partition('class="field field-evidence')[2]
        return part.partition("</legend>")[0]

    lacking = legend()
    assert 'class="note"' in lacking and "1" in lacking and "选填" not in lacking
    world.do(
        closure.add_evidence, "zjj_liaison", NOW, task=case.task,
        proof=closure.Proof("document", "验收单"),
    )  # fmt: skip
    enough = legend()
    world.submit(case.task, NOW)
    check = portal.sign_in("jfj_verifier").page(f"/tasks/{case.task}/do/verify").text
    assert "选填" not in check.partition('for="f-site_check"')[2].partition("</label>")[0]
    text = portal.sign_in("jfj_verifier").page(f"/tasks/{case.task}/do/reject-submission").text
    assert "10" in text.partition('for="f-requirement"')[2].partition("</label>")[0]
    assert enough != lacking
    report = portal.sign_in("lucheng_reporter").page("/report").text
    for name in ("project", "no_project_reason"):
        label = report.partition(f'for="f-{name}"')[2].partition("</label>")[0]
        assert 'class="note"' in label


# ------------------------------------------------------------------ returns


def test_a_ruling_cannot_uphold_and_move_at_once(portal: Portal) -> None:
    world = portal.at(NOW).world
    case = world.dispatched(NOW)
    world.do(
        returns.request_return, "zjj_head", NOW, task=case.task, reason="非我局职责",
        basis="三定方案", suggested_unit="gdgs",
    )  # fmt: skip
    chief, path = portal.sign_in("chief"), f"/tasks/{case.task}/do/rule-return"
    form = chief.page(path).form()
    assert (form.first("granted"), form.first("reassign_to")) == ("yes", "gdgs")
    refused = chief.fill(path, {"granted": "no", "opinion": "属你局职责"})
    assert refused.status == 422 and 'id="f-reassign_to-error"' in refused.text
    assert refused.form().first("opinion") == "属你局职责"
    assert chief.fill(
        path, {"granted": "no", "reassign_to": "", "opinion": "属你局职责"}
    ).status == 303  # fmt: skip
    page = chief.page(f"/issues/{case.issue}").words
    assert "不同意" not in page and world.rows(tables.request)[0].state == "refused"


# ------------------------------------------------------------------ whose turn


def turn(portal: Portal, number: str, username: str = "chief") -> str:
    """The line of the page that says who must act."""
    text = portal.sign_in(username).page(f"/issues/{number}").text
    return text.partition('class="turn"')[2].partition("</p>")[0]


def test_the_head_says_who_must_act_from_report_to_closure(portal: Portal) -> None:
    world = portal.at(NOW).world
    number = world.reported(NOW)
    assert "督办员" in turn(portal, number)
    case = world.planned(NOW)
    assert "督办主任" in turn(portal, case.issue)
    case = world.dispatched(NOW)
    lead, verifier = (unit_name(world, code) for code in ("zjj", "jfj"))
    assert lead in turn(portal, case.issue)
    world.acknowledge(case.task, NOW)
    assert lead in turn(portal, case.issue)
    world.submit(case.task, NOW)
    assert verifier in turn(portal, case.issue) and lead not in turn(portal, case.issue)
    world.verify(case.task, NOW)
    assert "督办主任" in turn(portal, case.issue)
    world.approve(case.issue, NOW)
    assert turn(portal, case.issue) == ""


def test_a_weighty_issue_is_with_the_deputy_director_alone(portal: Portal) -> None:
    case = portal.at(NOW).world.verified(NOW, major=True)
    line = turn(portal, case.issue)
    assert "分管" in line and "督办主任" not in line


def test_a_request_is_with_whoever_rules_on_it(portal: Portal) -> None:
    case = rights.extension_asked(portal.world)
    line = turn(portal.at("2026-03-03 11:00"), case.issue)
    assert "督办主任" in line and "分管" not in line


def unit_name(world: Any, code: str) -> str:
    return str(world.row(tables.unit, code=code).name)


# ------------------------------------------------------------------ paper


def test_the_page_for_paper_has_every_entry_and_nothing_folded(portal: Portal) -> None:
    number = long_history(portal)
    head = portal.at(NOW).sign_in("zjj_head")
    assert f"/issues/{number}?whole=1" in head.page(f"/issues/{number}").links
    text = head.page(f"/issues/{number}?whole=1").text
    events = portal.world.events(number)
    assert all(f'id="event-{e.seq}"' in text for e in events) and len(events) > 60
    assert '<details class="derivation" open>' in text
