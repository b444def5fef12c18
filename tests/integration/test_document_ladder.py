"""Steps of the ladder on paper, linked both ways; many tasks on one order; meeting packs."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import update

from models import tables
from notifications.documents.pdf import page_count
from tests import papers
from tests.portal import Portal
from tests.sheets import drawn
from tests.world import Case, World, at
from workflow import audit
from workflow.commands import requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.documents import commands, ladder, packs
from workflow.documents.carrying import issue_step
from workflow.documents.commands import Draft
from workflow.errors import GuardFailed, Malformed, WorkflowError
from workflow.sweep import tick

DAY = at("2026-03-02 10:00")


def climbed(world: World, level: int, *cases: Case) -> list[Any]:
    """Tasks are forgotten until a step of that level has been prepared for each."""
    due = max(world.task(task).due_at for case in cases for task in case.tasks)
    wanted = sum(len(case.tasks) for case in cases)
    for day in range(60):
        tick(world.db, due + timedelta(days=day))
        rows = world.rows(tables.prepared_action, level=level, state="prepared")
        if len(rows) == wanted:
            return rows
    raise AssertionError(level)


def after(step: Any) -> datetime:
    found: datetime = step.prepared_at + timedelta(hours=1)
    return found


def issued_with(world: World, step: Any, by: str = "chief", kind: str = "supervision_order") -> Any:
    return world.do(issue_step, by, after(step), prepared_id=step.id, kind=kind)


def said(world: World, key: int) -> dict[str, str]:
    rows = world.row(tables.document, id=key).facts["sheet"]["rows"]
    return {row["label"]: row["text"] for row in rows}


def test_one_click_issues_the_step_and_prepares_its_order_from_the_same_facts(world: World) -> None:
    case = world.acknowledged(DAY)
    (step,) = climbed(world, 3, case)
    made = issued_with(world, step)
    row = world.row(tables.prepared_action, id=step.id)
    assert (row.state, row.document_id) == ("issued", made.id)
    told = said(world, made.id)
    assert case.task in told["督办任务"] and "已逾期3个工作日" in told["督办事由"]
    assert "已逾期3个工作日" in told["催办情况"]
    (prepared,) = world.events(case.issue, "document.prepared")
    (decided,) = world.events(case.issue, "task.decide_prepared")
    assert prepared.data["steps"] == [decided.data["prepared"]] == [step.id]
    assert world.notices("zjj_head", kind="supervise")
    signed = world.do(commands.sign, "chief", after(step), document=made.id)
    assert signed.number == "常经开经督〔2026〕1号"
    with world.db.read() as s:
        assert not audit.verify(s).faults


def test_a_letter_may_carry_it_out_instead(world: World) -> None:
    (step,) = climbed(world, 3, world.acknowledged(DAY))
    made = issued_with(world, step, kind="supervision_letter")
    assert world.row(tables.document, id=made.id).kind == "supervision_letter"


def test_what_is_refused_leaves_neither_decision_nor_document(world: World) -> None:
    (step,) = climbed(world, 3, world.acknowledged(DAY))
    for username, kind, code in (
        ("triage", "supervision_order", "not_allowed"),
        ("zjj_head", "supervision_order", "not_allowed"),
        ("chief", "interview_notice", "step_kind"),
        ("chief", "no_such_kind", "kind_unknown"),
    ):
        codes = world.refused(
            WorkflowError, issue_step, username, after(step), prepared_id=step.id, kind=kind
        )
        assert codes == [code], (username, kind)
    assert world.row(tables.prepared_action, id=step.id).state == "prepared"
    assert world.rows(tables.document) == []


def test_of_two_documents_for_a_step_at_the_same_moment_the_second_is_refused(
    world: World,
) -> None:
    (step,) = climbed(world, 3, world.acknowledged(DAY))
    with world.db.read() as s:  # what a process saw before another one's document was there
        seen = ladder.find_steps(s, find_actor(s, "chief"), [step.id])
    made = issued_with(world, step)
    with world.db.write() as s, pytest.raises(GuardFailed) as refused:
        ladder.link(s, seen, made.id)
    assert [reason.code for reason in refused.value.reasons] == ["step_documented"]


def test_a_step_has_one_document_and_after_voiding_it_another(world: World) -> None:
    (step,) = climbed(world, 3, world.acknowledged(DAY))
    made, now = issued_with(world, step), after(step)
    again = Draft("supervision_order", steps=[step.id], given=papers.typed("supervision_order"))
    assert world.refused(GuardFailed, commands.prepare, "chief", now, draft=again) == [
        "step_documented"
    ]
    world.do(commands.void, "chief", now, document=made.id, reason="内容有误")
    second = world.do(commands.prepare, "chief", now, draft=again)
    assert world.row(tables.prepared_action, id=step.id).document_id == second.id


@pytest.mark.parametrize(
    ("kind", "code"), [("interview_notice", "step_kind"), ("bulletin", "step_kind")]
)
def test_a_document_of_another_kind_carries_no_such_step(
    world: World, kind: str, code: str
) -> None:
    (step,) = climbed(world, 3, world.acknowledged(DAY))
    draft = Draft(kind, steps=[step.id], given=papers.typed(kind))
    assert world.refused(GuardFailed, commands.prepare, "chief", after(step), draft=draft) == [code]


def test_outsiders_learn_of_no_step(world: World) -> None:
    (step,) = climbed(world, 3, world.acknowledged(DAY))
    draft = Draft("closure_application", steps=[step.id], given=papers.typed("closure_application"))
    for one in (draft, Draft(draft.kind, steps=[9_999], given=draft.given)):
        codes = world.refused(Malformed, commands.prepare, "zgj_head", after(step), draft=one)
        assert codes == ["step_unknown"]


def test_a_dismissed_step_gets_no_document(world: World) -> None:
    (step,) = climbed(world, 3, world.acknowledged(DAY))
    with world.db.write() as s:
        table = tables.prepared_action
        s.execute(update(table).where(table.c.id == step.id).values(state="dismissed"))
    draft = Draft("supervision_order", steps=[step.id], given=papers.typed("supervision_order"))
    codes = world.refused(GuardFailed, commands.prepare, "chief", after(step), draft=draft)
    assert codes == ["step_settled"]


def test_level_four_goes_into_the_bulletin_as_a_list(world: World) -> None:
    case = world.acknowledged(DAY)
    (step,) = climbed(world, 4, case)
    draft = Draft("bulletin", steps=[step.id], given=papers.typed("bulletin"))
    made = world.do(commands.prepare, "chief", after(step), draft=draft)
    annexes = world.row(tables.document, id=made.id).facts["sheet"]["annexes"]
    (late,) = [a for a in annexes if a["title"] == "逾期未结任务清单"]
    assert late["grid"]["rows"][0][1:3] == ["建设局", case.task]
    assert world.row(tables.prepared_action, id=step.id).document_id == made.id


# ---------------------------------------------------------------- many tasks of one unit


def many(world: World, n: int) -> list[str]:
    plans = [Plan(f"第{k}处架空线路迁移及沿线杆线下地，恢复施工场地") for k in range(1, 21)]
    return [t for _ in range(n // 20) for t in world.acknowledged(DAY, plans=plans).tasks]


def test_an_order_of_many_tasks_breaks_between_rows_and_repeats_its_head(world: World) -> None:
    tasks = many(world, 80)
    made = papers.issued(world, "supervision_order", "2026-09-28 10:00", tasks=tasks)
    of = drawn(papers.content(world, made.id, "pdf"))
    assert len(of.pages) == page_count(of.content) > 5
    shown = ["".join(line.text for line in of.lines(n)) for n in range(len(of.pages))]
    rows = [page for page in shown if "-" in page]
    assert all("任务编号" in page and "办理时限" in page for page in rows)
    for page in of.pages:
        foot = (297 - 35) / 25.4 * 72
        beyond = [c["text"] for c in page.chars if c["bottom"] > foot]
        assert set(beyond) <= set("— 0123456789")  # nothing but the page number
    assert "签收人" in shown[-1] and "江苏常州经济开发区经济发展局" in shown[-1]
    first = [
        w["text"]
        for page in of.pages
        for w in page.extract_words()
        if w["x0"] < 40 / 25.4 * 72 and w["bottom"] < 262 / 25.4 * 72
    ]
    assert [text for text in first if text.isdecimal()] == [str(n) for n in range(1, 81)]
    word = zipfile.ZipFile(io.BytesIO(papers.content(world, made.id, "docx")))
    body = word.read("word/document.xml").decode()
    assert body.count("<w:cantSplit/>") == 81 and body.count("<w:tblHeader/>") == 1


def test_too_many_tasks_are_refused_with_the_limit(world: World) -> None:
    tasks = many(world, 220)
    with pytest.raises(GuardFailed) as refusal:
        papers.prepare(world, "supervision_order", "2026-09-28 10:00", tasks=tasks)
    (reason,) = refusal.value.reasons
    assert reason.code == "too_many" and "200" in reason.message


# ---------------------------------------------------------------- the board


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHAO_LANG", "en")


def test_the_board_s_one_click_leads_to_the_prepared_order(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged(DAY)
    (step,) = climbed(world, 3, case)
    chief = portal.at(after(step)).sign_in("chief")
    form = chief.page("/supervision").form(f"/supervision/{step.id}/issue")
    assert [b.get("value") for b in form.buttons] == ["supervision_order", None]
    done = chief.post(form.action, form.values | {"document": "supervision_order"})
    shown = chief.follow(done)
    assert "prepared, not signed" in shown.words and case.task in shown.words
    assert f"/issues/{case.task}" in shown.links
    assert done.location.split("?")[0] in chief.page(f"/issues/{case.issue}").links


def test_several_steps_of_a_unit_become_one_order(portal: Portal) -> None:
    world = portal.world
    cases = [world.acknowledged(DAY) for _ in range(3)]
    steps = climbed(world, 3, *cases)
    chief = portal.at(after(steps[0])).sign_in("chief")
    board = chief.page("/supervision")
    for step in steps:
        assert f'form="chosen" name="step" value="{step.id}"' in board.text
    asked = urlencode([("step", step.id) for step in steps])
    page = f"/documents/new?{asked}"
    form = chief.page(page).form("/documents/new")
    assert "其中3项已逾期" in str(form.first("given_cause"))
    shown = chief.follow(chief.post(form.action, form.values))
    assert all(case.task in shown.words for case in cases)
    (row,) = world.rows(tables.document)
    assert {p.document_id for p in world.rows(tables.prepared_action, level=3)} == {row.id}
    assert {p.state for p in world.rows(tables.prepared_action, level=3)} == {"prepared"}
    assert f"/documents/{row.id}" in chief.page("/supervision").links  # each row leads to it
    content = chief.get(f"/documents/pack.pdf?{asked}").content
    assert page_count(content) == page_count(papers.content(world, row.id, "pdf"))


def test_tasks_of_several_units_are_refused_and_an_agenda_takes_their_issues(
    portal: Portal,
) -> None:
    world = portal.world
    cases = [
        world.acknowledged(DAY), world.acknowledged(DAY, plans=[Plan("补偿", lead="lucheng")]),
    ]  # fmt: skip
    chief = portal.at("2026-09-28 10:00").sign_in("chief")
    asked = urlencode([("task", case.task) for case in cases])
    shown = chief.page(f"/documents/new?kind=supervision_order&{asked}")
    assert "Prepare one for each unit" in shown.words and "你单位" not in shown.text
    for case in cases:  # a link for each unit leads to a form about its task alone
        path = f"/documents/new?kind=supervision_order&task={case.task}"
        assert path in shown.links
        form = chief.page(path).form("/documents/new")
        assert form.values["task"] == [case.task]
    refused = chief.post(form.action, {**form.values, "task": [c.task for c in cases]})
    assert refused.status == 409 and "one lead unit" in refused.words
    page = f"/documents/new?kind=meeting_agenda&{asked}"
    words = {f"given_{n}": v for n, v in papers.typed("meeting_agenda").items()}
    chief.follow(chief.fill(page, words))
    (row,) = world.rows(tables.document)
    assert [r[1] for r in row.facts["sheet"]["grid"]["rows"]] == [c.issue for c in cases]


def test_steps_of_several_units_are_split_with_their_steps(portal: Portal) -> None:
    world = portal.world
    cases = [
        world.acknowledged(DAY), world.acknowledged(DAY, plans=[Plan("补偿", lead="lucheng")]),
    ]  # fmt: skip
    steps = climbed(world, 3, *cases)
    chief = portal.at(after(steps[0])).sign_in("chief")
    shown = chief.page("/documents/new?" + urlencode([("step", step.id) for step in steps]))
    for step in steps:
        assert f"/documents/new?kind=supervision_order&step={step.id}" in shown.links


def test_chosen_overdue_tasks_lead_to_an_order_and_to_kinds_that_suit(portal: Portal) -> None:
    world = portal.world
    cases = [world.acknowledged(DAY) for _ in range(2)]
    chief = portal.at("2026-09-28 10:00").sign_in("chief")
    shown = chief.page("/documents/new?" + urlencode([("task", case.task) for case in cases]))
    form = shown.form("/documents/new")
    assert form.first("kind") == "supervision_order"
    assert form.values["task"] == [case.task for case in cases]
    offered = [f for f in shown.forms if f.method == "get" and "/documents/new" in f.action]
    assert "meeting_agenda" in shown.text and len(offered) == 1
    for strange in ("extension_ruling", "closure_notice", "closure_refusal", "bulletin"):
        assert f'value="{strange}"' not in shown.text
    fresh = world.acknowledged("2026-09-28 10:00")
    shown = chief.page(f"/documents/new?task={fresh.task}")
    assert shown.form("/documents/new").first("kind") == "dispatch_order"
    assert 'value="supervision_order"' not in shown.text


def test_nothing_chosen_is_said_on_the_board_itself(portal: Portal) -> None:
    portal.world.acknowledged(DAY)
    chief = portal.at("2026-09-28 10:00").sign_in("chief")
    assert 'name="start" value="supervision"' in chief.page("/supervision").text
    for path in ("/documents/pack.zip", "/documents/pack.pdf", "/documents/new"):
        answer = chief.get(f"{path}?start=supervision")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/supervision?none=1")
    words = chief.page("/supervision?none=1").words
    assert "Tick tasks or steps above first." in words
    for path in ("/documents/pack.zip", "/documents/new?kind=meeting_agenda"):
        assert "Nothing was chosen." in chief.page(path, 422).words


def test_a_pack_tells_what_of_the_chosen_has_no_document(portal: Portal) -> None:
    world = portal.world
    cases = [world.acknowledged(DAY) for _ in range(3)]
    now = "2026-09-28 10:00"
    papers.signed(world, "supervision_order", now, tasks=[cases[1].task])
    chief = portal.at(now).sign_in("chief")
    asked = urlencode([("task", case.task) for case in cases])
    for form in ("zip", "pdf"):
        shown = chief.page(f"/documents/pack.{form}?{asked}", 409)
        assert "2 of the chosen have no document" in shown.words
        assert cases[0].task in shown.words and cases[2].task in shown.words
        assert cases[1].task not in shown.words
        bare = urlencode([("task", case.task) for case in (cases[0], cases[2])])
        assert f"/documents/new?{bare}" in shown.links
        assert f"/documents/new?kind=meeting_agenda&{bare}" in shown.links
        answer = chief.get(f"/documents/pack.{form}?{asked}&part=1")
        assert answer.status_code == 200
        name = quote(f"会议材料-20260928.{form}")
        assert name in answer.headers["content-disposition"]
    only = f"/documents/pack.zip?task={cases[0].task}&part=1"
    assert "1 of the chosen have no document" in chief.page(only, 409).words
    words = portal.sign_in("zgj_head").page(f"/documents/pack.zip?{asked}", 409).words
    assert cases[0].task not in words
    papers.signed(world, "meeting_agenda", now, issues=[case.issue for case in cases])
    assert chief.get(f"/documents/pack.zip?{asked}").status_code == 200


def test_a_meeting_pack_of_the_chosen_is_one_click(portal: Portal) -> None:
    world = portal.world
    cases = [world.acknowledged(DAY) for _ in range(2)]
    now = "2026-09-28 10:00"
    orders = [papers.signed(world, "supervision_letter", now, tasks=[c.task]) for c in cases]
    agenda = papers.signed(world, "meeting_agenda", now, issues=[c.issue for c in cases])
    void = papers.signed(world, "supervision_order", now, tasks=[cases[0].task])
    world.do(commands.void, "chief", now, document=void.id, reason="误")
    chief = portal.at(now).sign_in("chief")
    asked = urlencode([("task", case.task) for case in cases])
    names = zipfile.ZipFile(
        io.BytesIO(chief.get(f"/documents/pack.zip?{asked}").content)
    ).namelist()
    assert len(names) == 3 and names[0].startswith("01 调度会议题")
    assert not any("作废" in name for name in names)
    answer = chief.get(f"/documents/pack.pdf?{asked}")
    of = drawn(answer.content)
    parts = [papers.content(world, d.id, "pdf") for d in (agenda, *orders)]
    assert len(of.pages) == sum(page_count(part) for part in parts)
    assert "调度会议题" in of.lines(0)[0].text
    assert chief.get(f"/documents/pack.pdf?{asked}").content == answer.content
    only = chief.get(f"/documents/pack.zip?{asked}&kind=meeting_agenda").content
    assert len(zipfile.ZipFile(io.BytesIO(only)).namelist()) == 1
    assert portal.sign_in("zgj_head").get(f"/documents/pack.pdf?{asked}").status_code == 409
    assert portal.sign_in("zgj_head").get(f"/documents/pack.pdf?id={agenda.id}").status_code == 404
    assert portal.sign_in("auditor").get(f"/documents/pack.pdf?{asked}").status_code == 403
    assert chief.get("/documents/pack.pdf").status_code == 422


def test_a_merged_pdf_has_the_pages_as_they_are(world: World) -> None:
    task = world.acknowledged(DAY).task
    now = "2026-09-28 10:00"
    keys = [papers.signed(world, k, now, tasks=[task]).id
            for k in ("supervision_letter", "supervision_notice")]  # fmt: skip
    with world.db.read() as s:
        whole = drawn(packs.merged(s, find_actor(s, "chief"), keys, now=at(now)).content)
    pages = [
        (page, number)
        for key in keys
        for part in [drawn(papers.content(world, key, "pdf"))]
        for number in range(len(part.pages))
        for page in [part]
    ]
    assert len(whole.pages) == len(pages)
    for n, (part, number) in enumerate(pages):
        assert [x.text for x in whole.lines(n)] == [x.text for x in part.lines(number)]
        assert whole.ink(n, (0, 0, 210, 297)) == part.ink(number, (0, 0, 210, 297))


def test_a_step_that_a_person_has_decided_leads_to_its_document(portal: Portal) -> None:
    world = portal.world
    case = world.acknowledged(DAY)
    (step,) = climbed(world, 5, case)
    world.do(
        supervision.decide_prepared, "director", after(step), prepared_id=step.id, issue_it=True,
        reason="多次督办未果",
    )  # fmt: skip
    director = portal.at(after(step)).sign_in("director")
    path = f"/documents/new?step={step.id}"
    assert path in director.page(f"/issues/{case.issue}").links
    words = {f"given_{n}": v for n, v in papers.typed("interview_notice").items()}
    director.follow(director.fill(path, words))
    (row,) = world.rows(tables.document)
    assert row.kind == "interview_notice"
    assert f"/documents/{row.id}" in director.page(f"/issues/{case.issue}").links
    assert path not in portal.sign_in("zjj_head").page(f"/issues/{case.issue}").links


def test_the_issue_s_page_offers_the_documents_that_its_state_calls_for(portal: Portal) -> None:
    world, now = portal.world, "2026-09-28 10:00"
    case = world.acknowledged("2026-09-21 10:00")
    start = f"/issues/{case.issue}/documents/new?kind="
    links = portal.at(now).sign_in("chief").page(f"/issues/{case.issue}").links
    assert f"{start}dispatch_order&task={case.task}" in links
    assert f"{start}meeting_agenda" in links
    assert not any("ruling" in link or "closure" in link for link in links)
    world.do(
        requests.request_extension, "zjj_head", now, task=case.task, reason="材料未到",
        progress="过半", new_due=at("2026-10-30 17:30"),
    )  # fmt: skip
    world.do(requests.rule_extension, "chief", now, task=case.task, granted=True, opinion="同意")
    chief = portal.sign_in("chief")
    path = f"{start}extension_ruling&task={case.task}"
    assert path in chief.page(f"/issues/{case.issue}").links
    assert "延期" in chief.follow(chief.fill(path)).words
    own = portal.sign_in("zjj_head").page(f"/issues/{case.issue}").links
    assert f"{start}closure_application&task={case.task}" in own
