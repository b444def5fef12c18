"""The life of an official document: prepared, signed with a number, issued, received, or void."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import docx
import pytest
from sqlalchemy import update

from models import tables
from models.queries.people import bump_organisation
from notifications.documents import word
from notifications.documents.kinds import KINDS
from notifications.render import render_notice
from tests import papers
from tests.terminal import fresh_settings
from tests.world import World, at
from workflow import audit
from workflow.commands import closure, requests, supervision
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.documents import commands, files, packs, store
from workflow.documents.addressing import AddresseeRefused, Offer
from workflow.documents.commands import Draft
from workflow.errors import (
    GuardFailed,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotVisible,
    StaleVersion,
)

NOW = "2026-09-28 10:00"
LATER = "2026-09-29 09:00"


def test_every_kind_is_prepared_signed_issued_and_rendered(world: World) -> None:
    asked = situations(world)
    assert asked.keys() == KINDS.keys()
    for kind, (by, signer, about) in asked.items():
        done = papers.issued(world, kind, LATER, by=by, signer=signer, **about)
        assert (done.state, done.number is not None) == ("issued", bool(KINDS[kind].series)), kind
        for form, start in (("docx", b"PK"), ("pdf", b"%PDF")):
            assert papers.content(world, done.id, form).startswith(start)
    with world.db.read() as s:
        assert not audit.verify(s).faults


def situations(world: World) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """For each kind who prepares and who signs it, and what it is about."""
    running = world.acknowledged("2026-09-01 10:00")
    asking = world.acknowledged("2026-09-21 10:00")
    world.do(
        requests.request_extension, "zjj_head", NOW, task=asking.task, reason="材料未到",
        progress="过半", new_due=at("2026-10-30 17:30"),
    )  # fmt: skip
    world.do(requests.rule_extension, "chief", NOW, task=asking.task, granted=True, opinion="同意")
    returning = world.dispatched(NOW)
    world.do(
        requests.request_return, "zjj_liaison", NOW, task=returning.task, reason="不属本单位",
        basis="三定方案", suggested_unit="gdgs",
    )  # fmt: skip
    world.do(
        requests.rule_return,
        "chief",
        NOW,
        task=returning.task,
        reassign_to=None,
        opinion="职责在你",
    )
    refused = world.submitted("2026-09-21 10:00")
    world.do(
        closure.reject_submission, "jfj_verifier", NOW, task=refused.task, opinion="资料不全",
        requirement="请补充验收单和现场记录材料", new_due=at("2026-10-20 17:30"),
    )  # fmt: skip
    closed = world.closed("2026-09-21 10:00")
    task, order = {"tasks": [running.task]}, ("triage", "chief")
    return {
        "dispatch_order": (*order, task),
        "urge_notice": ("triage", "triage", task),
        "supervision_order": (*order, task),
        "supervision_letter": ("triage", "director", task),
        "supervision_notice": (*order, task),
        "extension_ruling": (*order, {"tasks": [asking.task]}),
        "return_ruling": (*order, {"tasks": [returning.task]}),
        "closure_application": ("zjj_liaison", "zjj_head", {"tasks": [refused.task]}),
        "closure_refusal": ("jfj_verifier", "jfj_verifier", {"tasks": [refused.task]}),
        "closure_notice": (*order, {"issues": [closed.issue]}),
        "interview_notice": ("triage", "director", task),
        "interview_letter": ("triage", "director", task),
        "meeting_agenda": (*order, {"issues": [running.issue, asking.issue]}),
        "meeting_minutes": (
            "triage",
            "director",
            {"issues": [running.issue, asking.issue], "to": ["zjj"]},
        ),
        "bulletin": ("triage", "director", {}),
    }


def test_a_number_counts_per_issuer_kind_and_year_and_starts_anew_each_year(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    about: dict[str, Any] = {"tasks": [task]}
    numbers = [papers.signed(world, "supervision_order", NOW, **about).number for _ in range(3)]
    assert numbers == [f"常经开经督〔2026〕{n}号" for n in (1, 2, 3)]
    letter = papers.signed(world, "supervision_letter", NOW, **about)
    assert letter.number == "常经开经督函〔2026〕1号"
    next_year = papers.signed(world, "supervision_order", "2027-01-04 10:00", **about)
    assert next_year.number == "常经开经督〔2027〕1号"


def test_what_is_prepared_has_no_number_and_a_list_of_the_system_never_gets_one(
    world: World,
) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    made = papers.prepare(world, "supervision_order", NOW, tasks=[task])
    assert made.number is None
    assert papers.signed(world, "dispatch_order", NOW, tasks=[task]).number is None
    assert world.rows(tables.number_series, name=series(world, "dispatch_order")) == []


def series(world: World, kind: str) -> str:
    return f"document:{world.units['jfj']}:{kind}:2026"


def test_later_changes_of_the_issue_do_not_change_the_document(world: World) -> None:
    task = world.acknowledged("2026-09-21 10:00").task
    done = papers.signed(world, "supervision_order", NOW, tasks=[task])
    row = world.row(tables.document, id=done.id)
    before = {form: papers.content(world, done.id, form) for form in files.FORMATS}
    world.do(supervision.urge, "triage", LATER, task=task, text="请抓紧")
    world.submit(task, LATER)
    with world.db.write() as s:
        s.execute(update(tables.issue).values(title="另一个标题"))
        s.execute(update(tables.person).values(phone="000", name="改过的姓名"))
        s.execute(update(tables.unit).where(tables.unit.c.code == "zjj").values(name="住建局"))
        bump_organisation(s)
    assert world.row(tables.document, id=done.id).facts == row.facts
    assert {form: papers.content(world, done.id, form) for form in files.FORMATS} == before
    (event,) = world.events(world.issue(task[:-3]).number, "document.signed")
    assert event.data["sha256"] == store.digest_of(row.facts)


def test_who_signed_a_document_about_no_issue_is_named_as_on_that_day(world: World) -> None:
    done = papers.signed(world, "bulletin", NOW, signer="director")
    before = {form: papers.content(world, done.id, form) for form in files.FORMATS}
    with world.db.write() as s:
        s.execute(update(tables.person).values(name="改过的姓名"))
        bump_organisation(s)
    assert {form: papers.content(world, done.id, form) for form in files.FORMATS} == before


def test_a_document_tells_the_light_of_the_moment_not_of_the_last_change(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    assert world.task(task).light == "green"  # nobody has looked at it since
    made = papers.prepare(world, "supervision_order", "2026-09-22 08:30", tasks=[task])
    told = world.row(tables.document, id=made.id).facts["facts"]["tasks"][0]
    assert (told["days_over"], told["light"]) == (1, "红灯")


def test_minutes_count_more_than_ninety_nine_decisions(world: World) -> None:
    issue = world.acknowledged("2026-09-01 10:00").issue
    decisions = "\n".join(f"第{n}事" for n in range(1, 121))
    given = papers.typed("meeting_minutes", decisions=decisions)
    made = papers.prepare(world, "meeting_minutes", NOW, issues=[issue], to=["zjj"], given=given)
    told = world.row(tables.document, id=made.id).facts["sheet"]["paragraphs"]
    assert [p["text"] for p in told[100:121:10]] == [
        "一百、第100事", "一百一十、第110事", "一百二十、第120事",
    ]  # fmt: skip


def test_each_step_is_an_event_of_the_issue(world: World) -> None:
    case = world.acknowledged("2026-09-01 10:00")
    done = papers.issued(world, "supervision_order", NOW, tasks=[case.task])
    world.do(commands.receive, "zjj_liaison", LATER, document=done.id)
    world.do(commands.void, "chief", LATER, document=done.id, reason="文号有误")
    steps = [e for e in world.events(case.issue) if e.tag.startswith("document.")]
    assert [e.tag.removeprefix("document.") for e in steps] == [
        "prepared", "signed", "issued", "received", "void",
    ]  # fmt: skip
    assert {e.data["document"] for e in steps} == {done.id}
    assert steps[3].actor_id == world.people["zjj_liaison"]
    assert steps[4].data["reason"] == "文号有误"
    with world.db.read() as s:
        assert not audit.verify(s).faults


def test_what_belongs_to_no_issue_is_an_event_of_the_system(world: World) -> None:
    papers.issued(world, "bulletin", NOW, signer="director")
    tags = [e.tag for e in world.rows(tables.event, stream="system")]
    assert tags == ["document.prepared", "document.signed", "document.issued"]


def test_addressees_are_told_with_a_link_and_sign_for_it_once_each(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    done = papers.issued(world, "supervision_order", NOW, tasks=[task], copies=["dzb", "lucheng"])
    for username, role in (("zjj_liaison", "to"), ("zjj_head", "to"), ("lucheng_liaison", "copy")):
        (told,) = world.notices(username, kind="document")
        assert told.facts["link"].endswith(f"/documents/{done.id}")
        assert told.facts.get("role", "to") == role
        assert told.facts["document_number"] == done.number
        words = render_notice("document", "zh_CN", told.facts).text
        for part in (task, "10千伏杆线影响施工", "时间要求：2026年10月12日", str(done.number)):
            assert part in words
    assert world.notices("zgj_liaison", kind="document") == []
    world.do(commands.receive, "zjj_liaison", LATER, document=done.id)
    world.do(commands.receive, "lucheng_head", LATER, document=done.id)
    rows = world.rows(tables.document_addressee, document_id=done.id)
    assert [(r.role, r.received_by_id) for r in rows] == [
        ("to", world.people["zjj_liaison"]), ("copy", None), ("copy", world.people["lucheng_head"]),
    ]  # fmt: skip
    assert rows[0].received_at == at(LATER)
    assert world.refused(GuardFailed, commands.receive, "zjj_head", LATER, document=done.id) == [
        "received_already"
    ]


def test_a_voided_number_is_kept_and_shown_and_never_given_again(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    first = papers.issued(world, "supervision_order", NOW, tasks=[task])
    world.do(commands.void, "chief", LATER, document=first.id, reason="内容有误")
    second = papers.signed(world, "supervision_order", LATER, tasks=[task])
    assert (first.number, second.number) == ("常经开经督〔2026〕1号", "常经开经督〔2026〕2号")
    row = world.row(tables.document, id=first.id)
    assert (row.state, row.number, row.void_reason) == ("void", first.number, "内容有误")
    assert len(world.notices("zjj_liaison", kind="document")) == 2
    world.refused(IllegalTransition, commands.sign, "chief", LATER, document=first.id)
    world.refused(IllegalTransition, commands.receive, "zjj_liaison", LATER, document=first.id)


@pytest.mark.parametrize("step", ["sign", "issue", "receive"])
def test_a_step_out_of_order_is_refused(world: World, step: str) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    state = {"sign": papers.issued, "issue": papers.issued, "receive": papers.signed}[step]
    done = state(world, "supervision_order", NOW, tasks=[task])
    codes = world.refused(
        IllegalTransition, getattr(commands, step), "chief", LATER, document=done.id
    )
    assert codes == ["document_state"]


@pytest.mark.parametrize(
    ("kind", "username"),
    [
        ("supervision_order", "triage"),
        ("supervision_order", "director"),
        ("supervision_order", "inspector"),
        ("interview_notice", "chief"),
        ("interview_notice", "principal"),
        ("bulletin", "chief"),
    ],
)
def test_only_the_right_person_signs(world: World, kind: str, username: str) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    about: dict[str, Any] = {} if kind == "bulletin" else {"tasks": [task]}
    made = papers.prepare(world, kind, NOW, **about)
    assert world.refused(NotAllowed, commands.sign, username, LATER, document=made.id) == [
        "not_allowed"
    ]
    assert world.rows(tables.number_series, name=series(world, kind)) == []


def test_a_weighty_closure_is_told_by_the_deputy_director(world: World) -> None:
    case = world.verified("2026-09-21 10:00", major=True)
    world.approve(case.issue, NOW, by="director")
    made = papers.prepare(world, "closure_notice", NOW, issues=[case.issue])
    world.refused(NotAllowed, commands.sign, "chief", NOW, document=made.id)
    world.do(commands.sign, "director", NOW, document=made.id)


def test_outsiders_do_not_learn_that_a_document_exists(world: World) -> None:
    case = world.acknowledged("2026-09-01 10:00")
    made = papers.prepare(world, "supervision_order", NOW, tasks=[case.task])
    strangers = ("zgj_head", "auditor", "sysadmin", "secadmin")
    for username in (*strangers, "zjj_head"):  # the addressee, too, before it is issued
        assert seen(world, username) == []
        world.refused(NotVisible, commands.receive, username, NOW, document=made.id)
    world.do(commands.sign, "chief", NOW, document=made.id)
    world.do(commands.issue, "chief", NOW, document=made.id)
    assert seen(world, "zjj_head") == [made.id]
    for username in strangers:
        assert seen(world, username) == []
        for command in (commands.sign, commands.issue, commands.receive):
            world.refused(NotVisible, command, username, NOW, document=made.id)
        world.refused(NotVisible, commands.void, username, NOW, document=made.id, reason="无")
    world.refused(NotVisible, commands.sign, "chief", NOW, document=10_000)


def seen(world: World, username: str) -> list[int]:
    with world.db.read() as s:
        return [row.id for row in store.list_documents(s, find_actor(s, username))]


def test_nobody_prepares_what_is_not_theirs(world: World) -> None:
    case = world.acknowledged("2026-09-01 10:00")
    order = Draft("supervision_order", tasks=[case.task], given=papers.typed("supervision_order"))
    world.refused(NotVisible, commands.prepare, "zgj_head", NOW, draft=order)
    world.refused(NotVisible, commands.prepare, "sysadmin", NOW, draft=order)
    world.refused(NotAllowed, commands.prepare, "zjj_head", NOW, draft=order)
    world.refused(NotAllowed, commands.prepare, "principal", NOW, draft=order)
    given = papers.typed("closure_application")
    application = Draft("closure_application", tasks=[case.task], given=given)
    world.refused(NotAllowed, commands.prepare, "chief", NOW, draft=application)
    world.refused(NotAllowed, commands.prepare, "lucheng_head", NOW, draft=application)


def test_whoever_decides_on_an_older_version_is_told(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    done = papers.signed(world, "supervision_order", NOW, tasks=[task])
    world.refused(
        StaleVersion, commands.issue, "chief", LATER, document=done.id, expected_version=1
    )
    world.do(commands.issue, "chief", LATER, document=done.id, expected_version=2)


def test_every_fault_of_what_was_typed_is_told_with_its_field(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    given = {"cause": "", "requirements": "要求\x00", "feedback_by": "明天", "colour": "red"}
    with pytest.raises(Malformed) as refusal:
        papers.prepare(world, "supervision_order", NOW, tasks=[task], given=given)
    assert {r.field for r in refusal.value.reasons} == {
        "cause", "requirements", "feedback_by", "colour",
    }  # fmt: skip
    with pytest.raises(Malformed):
        papers.prepare(world, "no_such_kind", NOW, tasks=[task], given={})


# ---------------------------------------------------------------- issuer and addressee


@pytest.fixture
def of_a_town(world: World) -> str:
    """A task that a town leads."""
    return world.acknowledged("2026-09-01 10:00", plans=[Plan("迁坟", lead="henglin")]).task


def test_a_bureau_s_notice_to_a_town_is_refused_and_the_letter_is_offered(
    world: World, of_a_town: str
) -> None:
    for kind, letter, signer in (
        ("supervision_notice", "supervision_letter", "chief"),
        ("interview_notice", "interview_letter", "director"),
    ):
        draft = Draft(kind, tasks=[of_a_town], given=papers.typed(kind))
        with pytest.raises(AddresseeRefused) as refusal:
            world.do(commands.prepare, "triage", NOW, draft=draft)
        assert refusal.value.offers == (Offer(kind=letter), Offer(issuer="dzb"))
        (reason,) = refusal.value.reasons
        assert reason.field == "to"
        assert "横林镇" in reason.message
        assert "党政办公室" in reason.remedy
        papers.issued(world, letter, NOW, signer=signer, tasks=[of_a_town])


def test_the_leaders_office_may_issue_it_and_its_principal_signs(
    world: World, of_a_town: str
) -> None:
    made = papers.prepare(world, "supervision_notice", NOW, tasks=[of_a_town], issuer="dzb")
    for username in ("chief", "director"):
        world.refused(NotAllowed, commands.sign, username, NOW, document=made.id)
    done = world.do(commands.sign, "principal", NOW, document=made.id)
    assert done.number == "常经开办督通〔2026〕1号"
    world.do(commands.issue, "triage", NOW, document=made.id)
    assert world.notices("henglin_liaison", kind="document")


def test_orders_that_stay_in_the_system_and_bulletins_that_demand_nothing_reach_towns(
    world: World, of_a_town: str
) -> None:
    for kind in ("dispatch_order", "urge_notice", "supervision_order"):
        papers.prepare(world, kind, NOW, tasks=[of_a_town])
    papers.prepare(world, "bulletin", NOW, to=["henglin", "yaoguan"])
    demanding = Draft(
        "bulletin", to=["henglin"], given=papers.typed("bulletin", requirements="限期")
    )
    with pytest.raises(AddresseeRefused) as refusal:
        world.do(commands.prepare, "triage", NOW, draft=demanding)
    assert refusal.value.offers == (Offer(issuer="dzb"),)


def test_streets_and_departments_may_be_directed(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    papers.prepare(world, "supervision_notice", NOW, tasks=[task])
    papers.prepare(world, "supervision_notice", NOW, tasks=[task], to=["lucheng"])


def test_nobody_issues_in_the_name_of_another_office(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    for code in ("zjj", "henglin", "nobody"):
        with pytest.raises(Malformed):
            papers.prepare(world, "supervision_order", NOW, tasks=[task], issuer=code)


# ---------------------------------------------------------------- contents


def test_one_order_lists_many_tasks_of_one_unit(world: World) -> None:
    plans = [Plan(f"第{n}项迁移") for n in range(1, 4)]
    several = [world.acknowledged("2026-09-01 10:00", plans=plans) for _ in range(2)]
    tasks = [task for case in several for task in case.tasks]
    done = papers.issued(world, "supervision_order", NOW, tasks=tasks)
    grid = world.row(tables.document, id=done.id).facts["sheet"]["grid"]
    assert [row[1] for row in grid["rows"]] == sorted(tasks)
    for case in several:
        assert len(world.events(case.issue, "document.signed")) == 1
    assert len(world.notices("zjj_liaison", kind="document")) == 1


def test_an_order_is_of_one_unit_and_a_ruling_tells_of_one_task(world: World) -> None:
    plans = [Plan("迁移"), Plan("补偿", lead="lucheng")]
    case = world.acknowledged("2026-09-01 10:00", plans=plans)
    for kind, code in (("supervision_order", "one_unit"), ("extension_ruling", "one_task")):
        with pytest.raises(GuardFailed) as refusal:
            papers.prepare(world, kind, NOW, issues=[case.issue])
        assert [r.code for r in refusal.value.reasons] == [code]


def test_what_has_not_happened_is_not_told(world: World) -> None:
    case = world.submitted("2026-09-21 10:00")
    for kind, code in (
        ("extension_ruling", "no_ruling"),
        ("closure_notice", "not_closed"),
        ("closure_refusal", "not_refused"),
    ):
        about: dict[str, Any] = (
            {"issues": [case.issue]} if kind == "closure_notice" else {"tasks": [case.task]}
        )
        with pytest.raises(GuardFailed) as refusal:
            papers.prepare(world, kind, NOW, **about)
        assert [r.code for r in refusal.value.reasons] == [code]


def test_a_ruling_tells_old_and_new_date(world: World) -> None:
    task = world.acknowledged("2026-09-21 10:00").task
    due = world.task(task).due_at
    world.do(
        requests.request_extension, "zjj_head", NOW, task=task, reason="停电计划未批",
        progress="过半", new_due=at("2026-10-30 17:30"),
    )  # fmt: skip
    world.do(requests.rule_extension, "chief", NOW, task=task, granted=True, opinion="同意")
    made = papers.prepare(world, "extension_ruling", NOW, tasks=[task])
    rows = world.row(tables.document, id=made.id).facts["sheet"]["rows"]
    said = {row["label"]: row["text"] for row in rows}
    local = due + timedelta(hours=8)
    assert said["原定时限"] == f"{local.year}年{local.month}月{local.day}日 17:30"
    assert said["申请时限"] == said["现行时限"] == "2026年10月30日 17:30"
    assert said["批复结果"] == "同意延期"


def test_too_many_characters_are_warned_about_and_hinder_nothing(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    long = papers.typed("supervision_letter", cause="事" * 2_000, requirements="求" * 2_000)
    made = papers.prepare(world, "supervision_letter", NOW, tasks=[task], given=long)
    assert [w.code for w in made.warnings] == ["too_long"]
    assert papers.prepare(world, "supervision_letter", NOW, tasks=[task]).warnings == ()


def test_nothing_is_issued_to_a_unit_in_which_nobody_is_left(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    done = papers.signed(world, "supervision_order", NOW, tasks=[task], copies=["czj"])
    with world.db.write() as s:
        unit = world.units["czj"]
        s.execute(update(tables.person).where(tables.person.c.unit_id == unit).values(active=False))
        s.execute(
            update(tables.engine_head).values(
                organisation_edition=tables.engine_head.c.organisation_edition + 1
            )
        )
    assert world.refused(GuardFailed, commands.issue, "chief", LATER, document=done.id) == [
        "nobody_there"
    ]


@pytest.mark.parametrize("when, fits", [
    ("2026-10-12 14:00", True), ("2026-10-12", True), ("2026年10月12日（星期一）下午2时30分", True),
    ("2026年10月12日 14:00-16:00", True), ("请各单位准时参加会议", False), ("2026-13-12", False),
    ("2026-10-12 25:00", False), ("2026-10-12 14:00 在三楼会议室", False), ("下周一", False),
])  # fmt: skip
def test_the_time_of_a_meeting_is_a_moment(world: World, when: str, fits: bool) -> None:
    case = world.acknowledged("2026-09-01 10:00")
    given = papers.typed("meeting_agenda", when=when)
    draft = Draft("meeting_agenda", issues=[case.issue], given=given)
    if fits:
        world.do(commands.prepare, "triage", NOW, draft=draft)
        (row,) = world.rows(tables.document)
        said = {r["label"]: r["text"] for r in row.facts["sheet"]["rows"]}["时间"]
        assert said.startswith("2026年10月12日")
    else:
        codes = world.refused(Malformed, commands.prepare, "triage", NOW, draft=draft)
        assert codes == ["moment_malformed"]


def test_documents_are_listed_by_what_was_signed_or_prepared_last(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    first, second, third = (
        papers.prepare(world, "supervision_order", at(NOW) + timedelta(hours=n), tasks=[task]).id
        for n in range(3)
    )
    later = at(NOW) + timedelta(days=1)
    for key in (third, first):  # so the first one has the higher number
        world.do(commands.sign, "chief", later, document=key)
    with world.db.read() as s:
        actor = find_actor(s, "chief")
        listed = [row.id for row in store.list_documents(s, actor)]
        assert listed == [first, third, second]
        seen = [
            row.id
            for before in (None, first, third, second)
            for row in store.list_documents(s, actor, before_id=before, limit=1)
        ]
        assert seen == listed
        assert store.list_documents(s, actor, before_id=second + 1000) == []
        stranger = find_actor(s, "zgj_head")
        assert store.list_documents(s, stranger, before_id=first) == []


def test_a_pack_holds_its_documents_in_order_and_is_always_the_same(world: World) -> None:
    cases = [world.acknowledged("2026-09-01 10:00") for _ in range(2)]
    issues = [case.issue for case in cases]
    keys = [
        papers.signed(world, "meeting_agenda", NOW, issues=issues).id,
        *(papers.prepare(world, "supervision_order", NOW, tasks=[c.task]).id for c in cases),
    ]
    made = []
    for day in (NOW, "2026-10-09 10:00"):
        with world.db.read() as s:
            actor = find_actor(s, "chief")
            made.append(packs.pack(s, actor, keys, ("docx", "pdf"), now=at(day)))
    assert [file.name for file in made] == ["文书-20260928.zip", "文书-20261009.zip"]
    assert made[0].content == made[1].content
    archive = zipfile.ZipFile(io.BytesIO(made[0].content))
    names = archive.namelist()
    assert len(names) == 6
    assert {entry.date_time for entry in archive.infolist()} == {(2026, 9, 28, 10, 0, 0)}
    assert names[:2] == [
        "01 调度会议题 常经开经议〔2026〕1号.docx", "01 调度会议题 常经开经议〔2026〕1号.pdf",
    ]  # fmt: skip
    assert "草稿" in names[2]
    with world.db.read() as s, pytest.raises(NotVisible):
        packs.pack(s, find_actor(s, "zjj_head"), keys, ("pdf",), now=at(NOW))


def test_an_office_s_own_template_is_kept_with_the_documents_made_from_it(
    world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    old = papers.signed(world, "supervision_order", NOW, tasks=[task])
    before = papers.content(world, old.id, "docx")
    own = word.template_of("letter")  # any other template will do: it shows which one was used
    (tmp_path / "form.docx").write_bytes(own)
    monkeypatch.setenv("XIAOHAO_DOCUMENT_TEMPLATES_DIR", str(tmp_path))
    with fresh_settings():
        new = papers.signed(world, "supervision_order", NOW, tasks=[task])
        assert papers.content(world, old.id, "docx") == before
        kept = {row.id: row.docx_template for row in world.rows(tables.document)}
        assert kept[old.id] != kept[new.id]


def with_tag(tag: str) -> bytes:
    """The shipped template of a form with one more tag in it."""
    made = io.BytesIO()
    edited = docx.Document(io.BytesIO(word.template_of("form")))
    edited.add_paragraph(tag)
    edited.save(made)
    return made.getvalue()


@pytest.mark.parametrize("tag", ["", "{{ nonsense }}", "{{ title.__class__ }}", "{% if %}"])
def test_a_broken_template_of_the_office_s_hinders_no_document_and_the_preparer_is_told(
    world: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    usual = papers.prepare(world, "supervision_order", NOW, tasks=[task])
    assert usual.warnings == ()
    (tmp_path / "form.docx").write_bytes(with_tag(tag) if tag else b"no Word file at all")
    monkeypatch.setenv("XIAOHAO_DOCUMENT_TEMPLATES_DIR", str(tmp_path))
    with fresh_settings():
        made = papers.prepare(world, "supervision_order", NOW, tasks=[task])
    assert [reason.code for reason in made.warnings] == ["template_broken"]
    kept = {row.id: row.docx_template for row in world.rows(tables.document)}
    assert kept[made.id] == kept[usual.id]
    assert papers.content(world, made.id, "docx").startswith(b"PK")
