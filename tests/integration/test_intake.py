"""Issues that other platforms hand in: once each, by the platform's own account, never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import insert

from config.i18n import language
from config.policy import parse_policy, shipped_policy
from models import tables
from models.db import Database
from tests.platforms import ACCOUNT, CODE, form, handed_in, registered
from tests.terminal import Terminal
from tests.world import LINES, World, at
from workflow import sources
from workflow.audit import verify
from workflow.checks_policy import policy_faults
from workflow.checks_report import Report
from workflow.commands import discovery
from workflow.context import find_actor
from workflow.definitions import activate
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible, WorkflowError
from workflow.intake import Contact, IntakeOutcome, intake

NOW = at("2026-03-02 10:00")


@pytest.fixture
def hotline(world: World) -> World:
    registered(world)
    return world


def refusal(world: World, error: type[WorkflowError], username: str = ACCOUNT, **given: Any) -> Any:
    source = given.pop("source", CODE)
    return world.refused(error, intake, username, NOW, source=source, form=form(**given))


def test_what_a_platform_hands_in_is_reported_with_its_origin(hotline: World) -> None:
    outcome = handed_in(hotline, found_on=date(2026, 2, 27), urgent=True)
    assert outcome.created
    issue = hotline.issue(outcome.number)
    assert (issue.state, issue.source_system, issue.source_id) == ("reported", CODE, "A-1")
    assert (issue.urgent, issue.found_on) == (True, date(2026, 2, 27))
    assert hotline.code(issue.board_id) == "lucheng"
    assert issue.reporter_id == hotline.people[ACCOUNT]
    assert [n.kind for n in hotline.notices("triage")] == ["todo"]


def test_a_repeat_is_answered_with_the_same_number(hotline: World) -> None:
    first = handed_in(hotline)
    before = hotline.dump()
    assert handed_in(hotline, "2026-03-03 09:00") == IntakeOutcome(first.number, created=False)
    assert hotline.dump() == before
    other = handed_in(hotline, source_id="A-2")
    assert other.created
    assert other.number != first.number


def test_a_repeat_that_says_something_else_changes_nothing_and_is_told_where(
    hotline: World,
) -> None:
    first = handed_in(hotline)
    before = hotline.dump()
    again = handed_in(
        hotline, title="另一标题", board="henglin", urgent=True, contact=Contact(phone="0519-1")
    )
    assert again.number == first.number
    assert again.differing == ("title", "description", "board", "urgent")
    assert handed_in(hotline, category="不存在").differing == ("category",)
    assert hotline.dump() == before


def test_a_repeat_is_compared_with_what_was_handed_in_not_with_what_the_office_made_of_it(
    hotline: World,
) -> None:
    number = handed_in(hotline).number
    for title in ("一次更正", "二次更正"):
        hotline.do(discovery.edit, "triage", NOW, issue=number, title=title)
    assert hotline.issue(number).title == "二次更正"
    assert handed_in(hotline).differing == ()
    assert handed_in(hotline, title="二次更正").differing == ("title",)


def test_eight_at_once_make_one_issue_and_all_hear_its_number(hotline: World) -> None:
    answers = at_once(
        hotline.db.url,
        lambda s, actor: intake(s, source=CODE, actor=actor, form=form(), now=NOW),
    )
    assert all(isinstance(answer, IntakeOutcome) for answer in answers), answers
    assert [a.created for a in answers].count(True) == 1
    assert len({a.number for a in answers}) == 1
    assert len(hotline.rows(tables.issue)) == 1
    with hotline.db.read() as s:
        assert verify(s).ok


def test_whoever_got_in_between_is_found_though_it_was_not_seen(
    hotline: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before misses it, as it does when the other has not committed yet."""
    first = handed_in(hotline)
    before = hotline.dump()
    looks: list[Any] = [lambda *_: None]
    from workflow import intake as module

    look = module._filed
    monkeypatch.setattr(module, "_filed", lambda *args: (looks.pop() if looks else look)(*args))
    assert handed_in(hotline) == IntakeOutcome(first.number, created=False)
    assert looks == []
    assert hotline.dump() == before


def at_once(url: str, act: Callable[..., Any], people: int = 8) -> list[Any]:
    """Everybody at the same moment, each over a connection of its own."""
    answers: list[Any] = []
    ready = Barrier(people)

    def press() -> None:
        db = Database(url)
        ready.wait(30)
        try:
            with db.write() as s:
                answers.append(act(s, find_actor(s, ACCOUNT)))
        except Exception as error:
            answers.append(error)
        db.close()

    threads = [Thread(target=press) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.parametrize("username", ["spj_head", "lucheng_reporter", "chief", "sysadmin"])
def test_nobody_files_with_another_ones_platform_nor_learns_of_it(
    hotline: World, username: str
) -> None:
    handed_in(hotline)
    assert refusal(hotline, NotVisible, username) == ["source_unknown"]
    assert refusal(hotline, NotVisible, username, source="nobody") == ["source_unknown"]


def test_a_platform_that_was_deactivated_hands_in_nothing_new(hotline: World) -> None:
    known = handed_in(hotline)
    hotline.do(sources.deactivate, "sysadmin", NOW, code=CODE)
    assert refusal(hotline, NotAllowed, source_id="A-2") == ["source_inactive"]
    assert handed_in(hotline).number == known.number
    hotline.do(sources.update_source, "sysadmin", NOW, code=CODE, active=True)
    assert handed_in(hotline, source_id="A-2").created


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"source_id": " "}, Malformed, "source_id"),
        ({"title": ""}, Malformed, "title"),
        ({"description": ""}, GuardFailed, "description"),
        ({"category": "不存在"}, Malformed, "category"),
        ({"board": "不存在"}, Malformed, "board"),
        ({"project": "不存在"}, Malformed, "project"),
        ({"no_project_reason": ""}, GuardFailed, "project"),
        ({"contact": Contact(phone="0519\x00")}, Malformed, "contact.phone"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(
    hotline: World, changes: dict[str, Any], error: type[WorkflowError], field: str
) -> None:
    with pytest.raises(error) as refused:
        handed_in(hotline, **({"source_id": "A-1"} | changes))
    assert [reason.field for reason in refused.value.reasons] == [field]
    assert hotline.rows(tables.issue) == []


def test_an_unknown_category_is_answered_with_the_known_ones(hotline: World) -> None:
    with language("en"), pytest.raises(Malformed) as refused:
        handed_in(hotline, category="供电")
    remedy = refused.value.reasons[0].remedy
    assert all(name in remedy for name in parse_policy(shipped_policy()).categories)
    for name in ("emergency", "Emergency", " 紧急事项 "):
        number = handed_in(hotline, source_id=name, category=name).number
        assert hotline.issue(number).category == "紧急事项"


def test_the_policy_translates_what_a_platform_calls_a_category(hotline: World) -> None:
    source = shipped_policy() + f'\n[intake.{CODE}]\n"供电" = "{LINES}"\n'
    given = {"what": "policy", "source": source, "file": "policy.toml"}
    hotline.do(activate, "chief", NOW, **given)
    number = handed_in(hotline, category="供电").number
    assert hotline.issue(number).category == LINES
    report = Report("policy.toml")
    policy_faults(parse_policy(source.replace(f'= "{LINES}"', '= "无此类"')), report, None)
    assert [fault.key for fault in report.faults] == [f"intake.{CODE}.供电"]


def test_a_project_is_named_by_its_code_or_its_name(hotline: World) -> None:
    with hotline.db.write() as s:
        project = {"name": "某某项目", "code": "2403-320412-04-01-123456", "board_id": None}
        s.execute(insert(tables.project).values(**project))
    for named in ("某某项目", "2403-320412-04-01-123456"):
        number = handed_in(hotline, source_id=named, project=named).number
        assert hotline.issue(number).project_id == 1


def test_the_contact_stands_below_the_description_under_labels(hotline: World) -> None:
    contact = Contact("某某公司", "张三", "0519-12345678")
    number = handed_in(hotline, contact=contact).number
    assert hotline.issue(number).description == (
        "地块北侧10千伏杆线需迁移\n\n【来源联系信息】\n"
        "企业：某某公司\n联系人：张三\n电话：0519-12345678"
    )
    assert handed_in(hotline, contact=contact).differing == ()


# ---------------------------------------------------------------- administration


@pytest.mark.parametrize("username", ["secadmin", "auditor", "chief", "principal", ACCOUNT])
def test_only_the_system_administrator_keeps_the_platforms(hotline: World, username: str) -> None:
    new = {"code": "yqqy", "name": "一企来", "person": ACCOUNT}
    assert hotline.refused(NotAllowed, sources.register, username, NOW, **new) == ["not_allowed"]
    for command in (sources.update_source, sources.deactivate):
        assert hotline.refused(NotAllowed, command, username, NOW, code=CODE) == ["not_allowed"]
    with hotline.db.write() as s, pytest.raises(NotAllowed):
        sources.list_sources(s, actor=find_actor(s, username))


def test_every_change_is_in_the_systems_history_without_a_secret(
    hotline: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_SECRET_HOTLINE", "hush")
    change = {"callback_url": "https://example.org/hook", "secret_name": "hotline"}
    hotline.do(sources.update_source, "sysadmin", NOW, code=CODE, **change)
    hotline.do(sources.update_source, "sysadmin", NOW, code=CODE, **change)  # changes nothing
    hotline.do(sources.deactivate, "sysadmin", NOW, code=CODE)
    events = [e for e in hotline.rows(tables.event, stream="system") if "source" in e.tag]
    assert [e.tag for e in events] == ["source.registered", "source.changed", "source.changed"]
    assert events[1].data["new"] == change
    assert events[2].data["old"] == {"active": True}
    assert all(e.actor_id == hotline.people["sysadmin"] for e in events)
    assert "hush" not in str(hotline.dump())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "../x"}, "code_malformed"),
        ({"person": "secadmin"}, "account_administrates"),
        ({"callback_url": "https://example.org/"}, "secret_name_missing"),
        ({"secret_name": "../../etc/passwd"}, "secret_name_malformed"),
        ({"callback_url": "ftp://example.org/", "secret_name": "x"}, "callback_url_refused"),
        ({"callback_url": "https://a:b@example.org/", "secret_name": "x"}, "callback_url_refused"),
        ({"callback_url": "https://127.0.0.1/", "secret_name": "x"}, "callback_url_refused"),
        ({"callback_url": "https://[::1]/", "secret_name": "x"}, "callback_url_refused"),
        ({"callback_url": "http://93.184.216.34/", "secret_name": "x"}, "callback_url_refused"),
    ],
)
def test_what_cannot_be_a_platform_is_refused(
    world: World, changes: dict[str, Any], code: str
) -> None:
    given = {"code": CODE, "name": "12345热线", "person": ACCOUNT} | changes
    assert world.refused(Malformed, sources.register, "sysadmin", NOW, **given) == [code]


def test_a_code_is_given_once_and_an_unknown_one_is_not_found(hotline: World) -> None:
    given = {"code": CODE, "name": "热线", "person": ACCOUNT}
    assert hotline.refused(GuardFailed, sources.register, "sysadmin", NOW, **given) == [
        "source_exists"
    ]
    assert hotline.refused(NotVisible, sources.deactivate, "sysadmin", NOW, code="none") == [
        "source_unknown"
    ]


def test_platforms_are_kept_by_command_line(world: World, terminal: Terminal) -> None:
    add = f"source add {CODE} --name 热线 --person {ACCOUNT}"
    assert terminal.refused(3, add, by="chief")
    assert terminal.data(add, by="sysadmin")["code"] == CODE
    url = "https://example.org/hook"
    terminal.ok(f"source set {CODE} --callback-url {url} --secret-name hotline", by="sysadmin")
    terminal.ok(f"source set {CODE} --inactive", by="sysadmin")
    assert terminal.data("source list", by="sysadmin") == [
        {
            "code": CODE,
            "name": "热线",
            "person": ACCOUNT,
            "callback_url": url,
            "secret_name": "hotline",
            "active": False,
        }
    ]
