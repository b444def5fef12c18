"""Every act as a form: who gets it, what it sends, how a refusal is told, and that it is safe."""

from __future__ import annotations

import inspect
from dataclasses import fields as fields_of
from typing import Any

import pytest

from config.workflow_definition import parse_workflow, shipped_workflow
from models import tables
from tests.integration import test_commands_rights as rights
from tests.integration.test_commands_rights import ACTS, NOW, PARTS, Act, acts_of
from tests.portal import Browser, Page, Portal, Upload
from tests.world import Case, World
from web.actions import ACTIONS, BY_RULE
from web.actions.base import Action
from web.actions.discovery import REPORT_FIELDS
from web.actions.evidence import ATTACH
from workflow.commands.breakdown import Plan
from workflow.commands.discovery import Report

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
FILE: Upload = ("evidence_file_0", ("验收单.pdf", PDF, "application/pdf"))
LATER = "2026-03-27"
REASON_ONLY = ("send_back", "propose_rejection", "reject", "waive_evidence", "withdraw", "list")
GIVEN: dict[str, dict[str, Any]] = {
    "edit": {"title": "更正后的标题"},
    "merge": {"into": "", "reason": "重复上报"},
    "plan_task": {"measures": "迁移杆线"},
    "amend": {"measures": "改为入地敷设"},
    "acknowledge": {},
    "progress": {"text": "已进场施工"},
    "add_evidence": {"evidence_kind_0": "photo", "evidence_name_0": "现场照片"},
    "co_input": {"text": "已停电配合"},
    "waive_co_input": {"reason": "情况属实", "unit": "gdgs"},
    "urge": {"text": "请抓紧办理"},
    "request_return": {"reason": "情况属实", "basis": "三定方案"},
    "rule_return": {"granted": "no", "opinion": "维持交办"},
    "request_extension": {"new_due": LATER, "reason": "情况属实", "progress": "已完成六成"},
    "rule_extension": {"opinion": "同意"},
    "request_park": {"reason": "情况属实", "review_on": "2026-04-01"},
    "rule_park": {"granted": "yes", "opinion": "同意"},
    "request_adjustment": {"measures": "改为入地", "reason": "情况属实"},
    "rule_adjustment": {"granted": "yes", "opinion": "同意"},
    "withdraw_request": {},
    "decide_prepared": {"issue_it": "yes"},
    "coordinate": {"level": "2", "reason": "情况属实"},
    "park": {"reason": "情况属实", "review_on": "2026-04-01"},
    "resume": {"reason": "情况属实"},
    "review_park": {"reason": "情况属实", "review_on": "2026-04-02"},
    "submit": {"result": "已完成", "evidence_kind_0": "document"},
    "reject_submission": {
        "opinion": "不符", "requirement": "请补齐全部验收材料并重新报送", "new_due": LATER,
    },
    "verify": {"opinion": "属实", "site_check": "已到现场"},
    "approve": {"opinion": "同意销号"},
    "reject_closure": {"requirement": "请补齐全部验收材料并重新报送", "new_due": LATER},
    "record_lookback": {"finding": "未反弹"},
    "relapse": {"reason": "情况属实", "new_due": LATER},
    **{name: {} for name in ("report", "start_triage", "dispatch")},
    **{name: {"reason": "情况属实"} for name in REASON_ONLY},
}  # fmt: skip
"""What a person adds to the defaults of each form, by the rule's name."""

TYPED = ("line", "text")


def action_of(act: Act) -> Action:
    """The action that fires an act's rule."""
    kind, rule = act.tag.split(".")
    return ATTACH if rule == ATTACH.rule else BY_RULE[kind, rule]


def form_path(world: World, act: Act, case: Case) -> str:
    """The address of an act's form."""
    action = action_of(act)
    number = case.issue if action.subject == "issue" else case.task
    if action is ATTACH:
        return f"/tasks/{number}/evidence"
    path = f"/{action.subject}s/{number}/do/{action.name}"
    if action.rule == "decide_prepared":
        step = world.rows(tables.prepared_action, task_id=world.task(number).id)[0]
        path += f"?prepared={step.id}"
    return path


def given(world: World, act: Act) -> tuple[dict[str, Any], list[Upload]]:
    """What is filled in, and the files that go with it."""
    values = dict(GIVEN[action_of(act).rule])
    if "into" in values:
        values["into"] = world.reported(NOW)
    return values, [FILE] if "evidence_kind_0" in values else []


def fill(portal: Portal, act: Act, path: str) -> Page:
    """Open the form as whoever may, fill it in, send it."""
    values, uploads = given(portal.world, act)
    return portal.sign_in(act.by).fill(path, values, uploads)


# ------------------------------------------------------------------ the catalogue


def test_every_rule_that_a_person_may_fire_has_its_action() -> None:
    definition = parse_workflow(shipped_workflow())
    for kind in ("issue", "task"):
        machine = definition.machine(kind)
        rules = {t.trigger: t for t in machine.transitions} | {a.name: a for a in machine.acts}
        by_people = {name for name, rule in rules.items() if "system" not in rule.roles}
        offered = {rule for subject, rule in BY_RULE if subject == kind}
        assert offered == by_people - {ATTACH.rule}


def test_names_are_addresses_and_told_apart() -> None:
    names = [(a.subject, a.name) for a in ACTIONS]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalpha() and name.islower() for _subject, name in names)


@pytest.mark.parametrize("action", [*ACTIONS, ATTACH], ids=lambda a: f"{a.subject}.{a.name}")
def test_the_fields_of_an_action_fit_its_command(action: Action) -> None:
    parameters = inspect.signature(action.run).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    common = {"s", "actor", "now", "expected_version", "prepared_id", action.subject}
    asked = {one.name for one in action.fields}
    if "form" in parameters:
        asked = asked - {f.name for f in fields_of(Plan)} | {"form"}
    if action.rule == "amend":  # the plan is told as one value
        assert asked <= {f.name for f in fields_of(Plan)}
        asked = {"changes"}
    if action.rule == "rule_return":
        asked -= {"granted"}  # the command tells it by the unit
    if not open_ended:
        assert asked <= set(parameters)
    needed = {n for n, p in parameters.items() if p.default is p.empty and p.kind is p.KEYWORD_ONLY}
    assert needed - common <= asked | set(action.fixed)


def test_the_fields_of_a_report_are_the_engines() -> None:
    asked = {one.name for one in REPORT_FIELDS}
    assert asked == {f.name for f in fields_of(Report)} - {"source_system", "source_id"}


def test_every_act_has_a_form_that_is_tried() -> None:
    tried = {act.tag for act in ACTS}
    offered = {f"{a.subject}.{a.rule}" for a in (*ACTIONS, ATTACH)}
    assert offered - tried == {"issue.unlist", "issue.dispatch_more"}


# ------------------------------------------------------------------ rights and doing


@pytest.mark.parametrize("part", PARTS)
def test_a_form_is_for_whom_the_rules_name_and_does_what_it_says(portal: Portal, part: str) -> None:
    world = portal.world
    for act in acts_of(part):
        case = act.stage(world)
        path = form_path(world, act, case)
        portal.at(act.now)
        before = len(world.events(case.issue))
        for username in act.others:
            shut_out(portal.sign_in(username), path, 403)
        for username in act.outsiders:
            shut_out(portal.sign_in(username), path, 404)
        assert len(world.events(case.issue)) == before
        answer = fill(portal, act, path)
        assert answer.status == 303, (act.tag, answer.words)
        assert world.events(case.issue, act.tag)[-1].actor_id == world.people[act.by]
        shown = portal.sign_in(act.by).follow(answer)
        assert 'class="done"' in shown.text


def shut_out(browser: Browser, path: str, status: int) -> None:
    """Neither the form nor what it would send."""
    assert browser.get(path).status_code == status, (browser.username, path)
    assert browser.send(path, {"version": "1", "reason": "情况属实"}).status == status


@pytest.mark.parametrize("part", PARTS)
def test_a_form_without_the_sessions_token_does_nothing(portal: Portal, part: str) -> None:
    world = portal.world
    for act in acts_of(part):
        case = act.stage(world)
        path = form_path(world, act, case)
        browser = portal.at(act.now).sign_in(act.by)
        values, uploads = given(world, act)
        before = world.events(case.issue)
        for token in ({}, {"csrf": "0" * 64}, {"csrf": portal.sign_in("auditor").csrf}):
            assert browser.post(path, {"version": "1", **values, **token}, uploads).status == 403
        assert world.events(case.issue) == before
    assert not list(stored(portal))


@pytest.mark.parametrize("part", PARTS)
def test_who_comes_too_late_sees_what_happened_and_keeps_the_entry(
    portal: Portal, part: str
) -> None:
    world = portal.world
    for act in acts_of(part):
        case = act.stage(world)
        path = form_path(world, act, case)
        browser = portal.at(act.now).sign_in(act.by)
        values, uploads = given(world, act)
        form = browser.page(path).form()
        answer = browser.post(path, {**form.values, **values, "version": "0"}, uploads)
        assert answer.status == 409
        assert 'class="conflict"' in answer.text
        again = answer.form()
        assert again.first("version") == form.first("version")
        for name, value in values.items():
            assert again.first(name) == value, (act.tag, name)
        final = browser.post(path, again.values, uploads)
        assert final.status == 303, (act.tag, final.words)


def test_a_conflict_tells_who_did_what(portal: Portal) -> None:
    world = portal.world
    case = rights.running(world)
    portal.at("2026-03-02 11:00")
    head, path = portal.sign_in("zjj_head"), f"/tasks/{case.task}/do/progress"
    seen = head.page(path).form()
    portal.sign_in("zjj_liaison").fill(path, {"text": "已进场施工"})
    answer = head.post(path, {**seen.values, "text": "正在协调"})
    assert answer.status == 409
    assert "孙敏" in answer.words and "已进场施工" in answer.words and "正在协调" in answer.words


# ------------------------------------------------------------------ evidence


def test_several_files_and_references_come_in_with_one_form(portal: Portal) -> None:
    world = portal.world
    case = rights.running(world)
    browser = portal.at("2026-03-02 11:00").sign_in("zjj_liaison")
    second: Upload = ("evidence_file_0", ("图纸.txt", "红线坐标".encode(), "text/plain"))
    answer = browser.fill(
        f"/tasks/{case.task}/evidence",
        {
            "evidence_kind_0": "document", "evidence_note_0": "盖章件",
            "evidence_kind_1": "permit", "evidence_name_1": "规划许可证（存档号12）",
        },
        [FILE, second],
    )  # fmt: skip
    assert answer.status == 303, answer.words
    rows = world.rows(tables.evidence)
    assert [(r.kind, r.name, r.note) for r in rows] == [
        ("document", "验收单.pdf", "盖章件"),
        ("document", "图纸.txt", "盖章件"),
        ("permit", "规划许可证（存档号12）", ""),
    ]
    assert [r.sha256 is not None for r in rows] == [True, True, False]
    assert len(list(stored(portal))) == 2


def test_a_file_that_is_not_what_it_says_is_refused_and_nothing_is_kept(portal: Portal) -> None:
    world = portal.world
    case = rights.running(world)
    browser = portal.at("2026-03-02 11:00").sign_in("zjj_liaison")
    bad: Upload = ("evidence_file_1", ("照片.jpg", b"<script>alert(1)</script>", "image/jpeg"))
    answer = browser.fill(
        f"/tasks/{case.task}/evidence",
        {"evidence_kind_1": "photo", "evidence_note_1": "东侧"},
        [bad],
    )
    assert answer.status == 422
    assert 'id="f-evidence-error"' in answer.text
    assert answer.form().first("evidence_note_1") == "东侧"
    assert world.rows(tables.evidence) == []


def test_an_outsiders_files_are_not_even_stored(portal: Portal) -> None:
    case = rights.running(portal.world)
    portal.at("2026-03-02 11:00")
    for username, status in (("sthj_head", 404), ("auditor", 404), ("chief", 403)):
        sent = portal.sign_in(username).send(
            f"/tasks/{case.task}/evidence", {"version": "1", "evidence_kind_0": "photo"}, [FILE]
        )
        assert sent.status == status
    assert not list(stored(portal))


def stored(portal: Portal) -> Any:
    """Files in the evidence store."""
    folder = portal.folder / "evidence"
    return (path for path in folder.rglob("*") if path.is_file())
