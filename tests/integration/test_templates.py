"""Texts of notices as administrators keep them: versions, publishing, and what happens when one
breaks after all."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from config.i18n import language
from models import tables
from models.db import Database
from notifications import outbox
from notifications.channels.base import Outgoing, Rate
from notifications.examples import TASK
from notifications.intent import Intent
from notifications.kinds import KINDS
from notifications.published import Own, in_force, noted
from notifications.render import render_notice
from notifications.template_faults import Key
from tests.world import World, at
from workflow import template_versions, templates
from workflow.audit import verify
from workflow.broken_templates import tell_office
from workflow.context import context
from workflow.errors import Malformed, NotAllowed, NotVisible, StaleVersion
from workflow.scheduler import deliver
from workflow.template_preview import real
from workflow.watchdog import examine

NOW = "2026-09-28 10:00"
KEY: Key = ("urge", "body", "zh_CN")
GOOD = "请办理{{ task_number }}，时限{{ deadline|zh_moment or '未设定' }}。\n{{ link }}\n"
FRAGILE = GOOD + "{{ problem.nope if problem == '坏' else '' }}"
"""Passes every check and breaks on a notice that nobody has seen yet."""


@pytest.fixture(autouse=True)
def _english() -> Any:
    with language("en"):
        yield


def publish(world: World, text: str = GOOD, who: str = "sysadmin", **more: Any) -> int:
    key = more.pop("key", KEY)
    version: int = world.do(templates.publish, who, NOW, key=key, text=text, **more)
    return version


def told(world: World, **changes: Any) -> str:
    """The text of an urging notice as it would go out now."""
    with world.db.read() as s:
        return render_notice("urge", "zh_CN", {**TASK, **changes}, in_force(s)).text


def system(world: World) -> list[tuple[str, Any]]:
    """Events of templates in the system's history."""
    rows = world.rows(tables.event, stream="system")
    return [(row.tag, row.data) for row in rows if row.tag.startswith("template.")]


# ---------------------------------------------------------------- publishing


def test_what_is_published_is_what_goes_out(world: World) -> None:
    shipped = told(world)
    assert publish(world) == 1
    assert told(world) == f"请办理JFJ-2026-0012-01，时限2026年10月23日17:30。\n{TASK['link']}\n"
    assert publish(world, GOOD.replace("请办理", "请速办理")) == 2
    assert told(world).startswith("请速办理")
    assert world.do(templates.revert, "chief", NOW, key=KEY, to=1) == 3
    assert told(world).startswith("请办理")
    assert world.do(templates.revert, "chief", NOW, key=KEY, to=template_versions.SHIPPED) == 0
    assert told(world) == shipped


def test_the_history_says_who_and_when(world: World) -> None:
    publish(world)
    world.do(templates.save_draft, "chief", "2026-09-29 10:00", key=KEY, text=GOOD + "附：")
    world.do(templates.publish, "chief", "2026-09-30 10:00", key=KEY, text=GOOD + "附：")
    with world.db.read() as s:
        second, first = template_versions.history(s, KEY)
    assert (second.version, second.state, first.version, first.state) == (
        2, "in_force", 1, "retired",
    )  # fmt: skip
    assert second.author_id == second.published_by_id == first.retired_by_id
    assert second.author_id == world.people["chief"]
    assert first.author_id == world.people["sysadmin"]
    assert second.published_at == first.retired_at == at("2026-09-30 10:00")
    assert second.created_at == at("2026-09-29 10:00")


def test_every_change_of_what_is_in_force_enters_the_systems_history(world: World) -> None:
    publish(world)
    publish(world)  # the same again changes nothing
    world.do(templates.save_draft, "chief", NOW, key=KEY, text=GOOD + "附：")
    world.do(templates.revert, "chief", NOW, key=KEY, to=0)
    world.do(templates.revert, "chief", NOW, key=KEY, to=0)
    name = "urge/body.zh_CN.j2"
    assert system(world) == [
        ("template.published", {"template": name, "version": 1, "before": 0}),
        ("template.withdrawn", {"template": name, "version": 0, "before": 1}),
    ]
    with world.db.read() as s:
        assert verify(s).ok


def test_a_draft_changes_nothing_that_goes_out(world: World) -> None:
    before = told(world)
    world.do(templates.save_draft, "sysadmin", NOW, key=KEY, text="{{ broken")
    assert told(world) == before
    with world.db.read() as s:
        [entry] = [e for e in template_versions.overview(s) if e.key == KEY]
    assert (entry.version, entry.drafts) == (0, 1)


@pytest.mark.parametrize("who", ["triage", "zjj_head", "secadmin", "auditor", "director"])
def test_nobody_else_writes_templates(world: World, who: str) -> None:
    publish(world)
    for command, more in (
        (templates.publish, {"text": GOOD + "x"}),
        (templates.save_draft, {"text": "x"}),
        (templates.revert, {"to": 0}),
    ):
        assert world.refused(NotAllowed, command, who, NOW, key=KEY, **more) == ["not_allowed"]


@pytest.mark.parametrize(
    "key", [("gossip", "body", "zh_CN"), ("urge", "header", "zh_CN"), ("urge", "body", "fr")]
)
def test_an_unknown_text_is_not_found(world: World, key: Key) -> None:
    for command, more in ((templates.publish, {"text": GOOD}), (templates.revert, {"to": 0})):
        world.refused(NotVisible, command, "sysadmin", NOW, key=key, **more)
    world.refused(NotVisible, templates.revert, "sysadmin", NOW, key=KEY, to=7)


def test_whoever_comes_second_is_told(world: World) -> None:
    publish(world, expected=0)
    codes = world.refused(
        StaleVersion, templates.publish, "chief", NOW, key=KEY, text=GOOD + "x", expected=0
    )
    assert codes == ["template_stale"]
    publish(world, GOOD + "x", expected=1)


# ---------------------------------------------------------------- the check


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (GOOD + "{{ dedline }}", "urge/body.zh_CN.j2, line 3: dedline is no known fact"),
        ("一\n{% if %}", "urge/body.zh_CN.j2, line 2"),
        ("{{ link }}", "the deadline is missing"),
        ("{{ deadline|zh_moment }}", "the link is missing"),
        ("{{ '' }}", "renders to nothing"),
        (GOOD + "{{ ''.__class__ }}", "line 3: access to attribute '__class__'"),
        (GOOD + "{{ 'a' * 10**9 }}", "line 3: the template makes too"),
        (GOOD + "{{ range(10**9) }}", "line 3: a range has at most"),
        (GOOD + "{{ derivation.n + 1 }}", "urge/body.zh_CN.j2, line 3"),  # open-ended: none
    ],
)
def test_a_broken_text_is_not_published(world: World, source: str, words: str) -> None:
    with pytest.raises(Malformed) as refusal:
        publish(world, source)
    assert words in str(refusal.value)
    assert {reason.field for reason in refusal.value.reasons} == {"text"}
    assert system(world) == []
    assert world.rows(tables.notice_template) == []


def test_a_text_is_tried_on_what_was_really_sent(world: World) -> None:
    case = world.acknowledged(NOW)
    assert case.task
    sent = {**TASK, "problem": "坏"}
    chief = context_person(world, "chief")
    intent = Intent("task:1", "urge", "urge", chief, sent, 1, 1, 1, False, at(NOW))
    with world.db.write() as s:
        outbox.enqueue(s, [intent], at(NOW), ("inapp",))
    with pytest.raises(Malformed, match=r"urge/body\.zh_CN\.j2, line 3"):
        publish(world, FRAGILE)


def test_what_the_shipped_text_cannot_say_either_is_no_fault_of_a_new_one(world: World) -> None:
    chief = context_person(world, "chief")
    old = {"issue_number": "X"}  # the facts of a version long ago
    intent = Intent("task:1", "urge", "urge", chief, old, 1, 1, 1, False, at(NOW))
    with world.db.write() as s:
        outbox.enqueue(s, [intent], at(NOW), ("inapp",))
    assert publish(world) == 1


def context_person(world: World, username: str) -> Any:
    with world.db.read() as s:
        return context(s).directory.by_username[username]


# ---------------------------------------------------------------- what is held in memory


def test_another_process_reads_a_new_text_at_once(world: World) -> None:
    other = Database(world.db.engine.url.render_as_string(hide_password=False))
    try:
        with other.read() as s:
            assert in_force(s).own == {}
        publish(world)
        with other.read() as s:
            assert in_force(s).own[KEY].text == GOOD
            assert in_force(s) is in_force(s)
    finally:
        other.close()


def test_what_is_rolled_back_was_never_in_force(world: World) -> None:
    class Regret(Exception):
        pass

    with pytest.raises(Regret), world.db.write() as s:
        actor = context(s).directory.by_username["sysadmin"]
        templates.publish(s, KEY, GOOD, actor=actor, now=at(NOW))
        assert in_force(s).own[KEY].text == GOOD
        raise Regret
    with world.db.read() as s:
        assert in_force(s).own == {}


# ---------------------------------------------------------------- what breaks after all


class Post:
    """A channel that keeps what it was given."""

    name = "folder"
    rates: tuple[Rate, ...] = ()
    takes_html = True

    def __init__(self) -> None:
        self.taken: list[Outgoing] = []

    def address_of(self, person: Any) -> str | None:
        return str(person.username)

    def send(self, message: Outgoing) -> None:
        self.taken.append(message)


def break_it(world: World) -> None:
    """A notice goes out on which the published text breaks."""
    publish(world, FRAGILE)
    liaison = context_person(world, "zjj_liaison")
    for number, problem in enumerate(("坏", "好", "坏"), start=1):
        facts = {**TASK, "problem": problem}
        intent = Intent(
            f"task:{number}", "urge", "urge", liaison, facts, None, None, 1, True, at(NOW)
        )
        with world.db.write() as s:
            outbox.enqueue(s, [intent], at(NOW), ("folder",))


def test_a_broken_text_holds_nothing_up_and_the_office_is_told_once(world: World) -> None:
    break_it(world)
    post = Post()
    for _again in range(2):
        report = deliver(world.db, {"folder": post}, at(NOW), "w1")
        assert report.failed == 0
    [message] = [m for m in post.taken if m.address == "zjj_liaison"]
    assert message.text.count("现予催办") == 2  # the shipped text, where the office's own breaks
    assert message.text.count("请办理JFJ-2026-0012-01") == 1
    assert "现予催办" in message.html
    faults = [row for row in world.rows(tables.notice) if row.kind == "fault"]
    assert {row.facts["fault"] for row in faults} == {"template"}
    told_people = [row.recipient_id for row in faults if row.channel == "inapp"]
    assert len(told_people) == len(set(told_people))
    assert {world.people["chief"], world.people["sysadmin"]} <= set(told_people)
    assert "urge/body.zh_CN v1" in faults[0].facts["detail"]
    assert faults[0].facts["link"].endswith("/admin/templates/urge/body/zh_CN")


def test_a_new_version_that_breaks_is_told_anew(world: World) -> None:
    break_it(world)
    deliver(world.db, {"folder": Post()}, at(NOW), "w1")
    with world.db.write() as s:  # a text that the check would refuse now, as another broke once
        s.execute(update(tables.notice_template).values(retired_at=at(NOW), failed_at=at(NOW)))
        s.execute(
            insert(tables.notice_template).values(
                kind="urge", part="body", language="zh_CN", version=2, text="{{ nope }}",
                created_at=at(NOW), published_at=at(NOW), failure="",
            )
        )  # fmt: skip
        head = tables.engine_head
        s.execute(update(head).values(template_edition=head.c.template_edition + 1))
    assert told(world).startswith("下列任务")
    assert tell_office(world.db, at(NOW)) == 1
    assert tell_office(world.db, at(NOW)) == 0
    faults = {row.facts["detail"] for row in world.rows(tables.notice) if row.kind == "fault"}
    assert len(faults) == 2


def test_the_failure_is_on_record_and_the_watchdog_sees_it(world: World) -> None:
    break_it(world)
    deliver(world.db, {"folder": Post()}, at(NOW), "w1")
    with world.db.read() as s:
        [version] = template_versions.history(s, KEY)
    assert version.failed_at == at(NOW)
    assert "line 3" in version.failure
    found = [f for f in examine(world.db, at(NOW)) if f.kind == "template_broken"]
    assert [f.subject for f in found] == ["urge/body.zh_CN v1"]
    world.do(templates.revert, "chief", NOW, key=KEY, to=0)
    assert not [f for f in examine(world.db, at(NOW)) if f.kind == "template_broken"]


def test_a_page_that_finds_the_database_busy_leaves_the_news_for_later(world: World) -> None:
    publish(world, FRAGILE)
    told(world, problem="坏")
    assert noted(world.db.engine).waiting
    with world.db.write() as s:
        s.execute(select(tables.engine_head.c.id).with_for_update())
        s.execute(update(tables.notice_template).values(failure=""))
        assert tell_office(world.db, at(NOW), hurry=True) == 0
    assert tell_office(world.db, at(NOW)) == 1


def test_no_command_waits_for_a_template(world: World) -> None:
    case = world.dispatched(NOW)
    with world.db.write() as s:
        for kind in ("dispatch", "todo", "closed"):
            s.execute(
                insert(tables.notice_template).values(
                    kind=kind, part="body", language="zh_CN", version=1, text="{{ nope }}{% if",
                    created_at=at(NOW), published_at=at(NOW), failure="",
                )
            )  # fmt: skip
        s.execute(update(tables.engine_head).values(template_edition=99))
    world.acknowledge(case.task, NOW)
    report = deliver(world.db, {"folder": Post()}, datetime(2026, 9, 29, 9, tzinfo=UTC), "w1")
    assert report.failed == 0


# ---------------------------------------------------------------- trying one on a real case


def test_a_preview_takes_the_real_facts_and_only_what_the_reader_may_see(world: World) -> None:
    case = world.acknowledged(NOW, title="苗圃地块电力迁改")
    later = at("2026-10-12 10:00")
    with world.db.read() as s:
        people = context(s).directory.by_username
        for number in (case.task, case.issue):
            facts = real(s, "urge", number, 0, people["chief"], later)
            assert facts["issue_title"] == "苗圃地块电力迁改"
            assert facts["task_number"] == case.task
            assert facts["deadline"]
        for outsider in ("sysadmin", "auditor", "czj_head"):
            for number in (case.task, case.issue):
                with pytest.raises(NotVisible):
                    real(s, "urge", number, 0, people[outsider], later)
        with pytest.raises(NotVisible):
            real(s, "urge", "WT-2026-999999", 0, people["chief"], later)


def test_every_kind_can_be_tried_on_a_real_task(world: World) -> None:
    case = world.acknowledged(NOW)
    with world.db.read() as s:
        chief = context(s).directory.by_username["chief"]
        for kind in KINDS:
            facts = real(s, kind, case.task, 0, chief, at(NOW))
            for lang in ("zh_CN", "en"):
                assert case.issue in render_notice(kind, lang, facts).text or kind == "document"


def test_an_author_of_the_office_is_told_once(world: World) -> None:
    """Author and office may be the same person: one notice each."""
    publish(world, FRAGILE, who="chief")
    told(world, problem="坏")
    tell_office(world.db, at(NOW))
    rows = [row for row in world.rows(tables.notice) if row.kind == "fault"]
    keys = [(row.recipient_id, row.channel) for row in rows]
    assert len(keys) == len(set(keys))
    assert world.people["chief"] in {row.recipient_id for row in rows}


# ------------------------------------------------------------------ two writers


def test_what_was_vetted_is_not_tried_again_until_something_else_is_in_force(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.db.read() as s:
        vetted = templates.vet(s, KEY, GOOD)
    tries: list[str] = []

    def checked(own: Own, *_more: Any) -> list[Any]:
        tries.append(own.text)
        return []

    monkeypatch.setattr("workflow.templates.check_candidate", checked)
    assert publish(world, vetted=vetted) == 1
    assert tries == []
    assert publish(world, GOOD + "附：", vetted=vetted) == 2  # of another text it says nothing
    assert tries == [GOOD + "附：\n"]
    assert publish(world, vetted=vetted) == 3  # nor once others are in force
    assert len(tries) == 2


def test_a_fault_that_was_found_beforehand_is_refused(world: World) -> None:
    with world.db.read() as s:
        vetted = templates.vet(s, KEY, "{{ broken")
    codes = world.refused(
        Malformed, templates.publish, "chief", NOW, key=KEY, text="{{ broken", vetted=vetted
    )
    assert set(codes) == {"template_fault"}


def test_who_publishes_while_another_does_is_told_so(world: World, db_url: str) -> None:
    answers: list[Any] = []

    def second() -> None:
        db = Database(db_url)
        try:
            with db.write() as s:
                actor = context(s).directory.people[world.people["chief"]]
                templates.publish(s, KEY, GOOD + "乙", actor=actor, now=at(NOW), expected=0)
        except Exception as refusal:
            answers.append(refusal)
        db.close()

    thread = threading.Thread(target=second)
    with world.db.write() as s:
        actor = context(s).directory.people[world.people["sysadmin"]]
        templates.publish(s, KEY, GOOD, actor=actor, now=at(NOW), expected=0)
        thread.start()
    thread.join(60)
    (answer,) = answers
    assert isinstance(answer, StaleVersion)


def test_drafts_of_two_at_once_are_both_kept(world: World, db_url: str) -> None:
    ready = threading.Barrier(2)

    def draft(text: str) -> None:
        db = Database(db_url)
        ready.wait(60)
        with db.write() as s:
            actor = context(s).directory.people[world.people["chief"]]
            templates.save_draft(s, KEY, text, actor=actor, now=at(NOW))
        db.close()

    threads = [threading.Thread(target=draft, args=(f"{GOOD}{k}",)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with world.db.read() as s:
        assert [one.version for one in template_versions.history(s, KEY)] == [2, 1]
