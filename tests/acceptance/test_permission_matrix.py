"""Who may do what and open what: every rule and every page, for every role in every unit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.db import Database
from tests.acceptance.matrix_cast import Member, founded
from tests.acceptance.matrix_pages import (
    ACTS,
    DOCUMENTS,
    ENTRANCES,
    PAGES,
    POSTS,
    Page,
    of_portal,
    routes,
)
from tests.acceptance.matrix_rules import expected, facts_of, may, of_people, sees, stated
from tests.acceptance.matrix_stage import NEVER_SEEN, Played, Theatre, staged
from tests.databases import sqlite_url
from tests.world import Case, World
from workflow import sources
from workflow.accounts import feeds
from workflow.context import find_actor

RULES = [rule.tag for rule in of_people()]


@pytest.fixture(scope="module")
def founding(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A database with the cast and no issue, to be copied."""
    path = tmp_path_factory.mktemp("matrix") / "founded.db"
    shutil.copyfile(sqlite_template, path)
    db = Database(sqlite_url(path))
    world = founded(db)
    db.close()
    return path, world


@pytest.fixture
def theatre(founding: tuple[Path, World], tmp_path: Path) -> Iterator[Theatre]:
    """A fresh copy with the portal over it."""
    template, world = founding
    path = tmp_path / "matrix.db"
    shutil.copyfile(template, path)
    with staged(sqlite_url(path), tmp_path / "var", lambda _db: world) as found:
        yield found


@pytest.mark.parametrize("tag", RULES)
def test_a_rule_is_for_whom_the_definition_names_and_hidden_from_outsiders(
    theatre: Theatre, tag: str
) -> None:
    played = theatre.case(tag)
    before = theatre.world.dump()
    wrong = []
    for member in theatre.members:
        wanted = expected(member, stated()[tag], played.facts)
        found = statuses(played, member, wanted)
        if found != TOLD[wanted]:
            wrong.append((str(member), wanted, found))
    assert not wrong
    assert theatre.world.dump() == before
    for member in [m for m in theatre.members if may(m, stated()[tag], played.facts)]:
        do(theatre, tag, member)


TOLD = {200: (200, 409, 412), 403: (403, 403, 403), 404: (404, 404, 404)}
"""Form, what it sends, and the API's endpoint. Whoever may do it has seen another version."""


def statuses(played: Played, member: Member, wanted: int) -> tuple[int, int, int]:
    """What the form, its sending and the API answer."""
    version = NEVER_SEEN if wanted == 200 else played.version()
    shown = played.open(member)
    sent = played.send(member, version, shown if wanted == 200 else None)
    return shown.status, sent.status, played.call(member, version).status


RANKED = {
    ("task.decide_prepared", "deputy_director"),  # a step of level 3 is the chief's
    ("task.rule_extension", "deputy_director"),  # the first extension is the chief's
}
"""Whom the definition lets fire a rule, but a guard on rank stops in the case that is played."""


def stopped(tag: str, member: Member) -> bool:
    """By rank, or because the lead unit has asked and takes its request back alone."""
    other_side = tag == "task.withdraw_request" and member.place != "lead"
    return other_side or (tag, member.role) in RANKED


def do(theatre: Theatre, tag: str, member: Member) -> None:
    """Once by the form and once by the API, each on a case of its own."""
    for by_api in (False, True):
        played = theatre.case(tag)
        version, events = played.version(), len(theatre.world.events(played.case.issue, tag))
        if by_api:
            answer = played.call(member, version)
        else:
            answer = played.send(member, version, played.open(member))
        done = theatre.world.events(played.case.issue, tag)[events:]
        if stopped(tag, member):
            assert (answer.status, done) == (409, []), (str(member), by_api)
        else:
            assert answer.status == (
                303 if not by_api else 201 if "/evidence" in played.endpoint else 200
            ), (str(member), by_api, answer.text)
            assert done[-1].actor_id == theatre.world.people[member.username]


# ------------------------------------------------------------------ pages


@pytest.fixture
def shown(theatre: Theatre) -> dict[str, str]:
    """A running case with a file of evidence, a platform, and a calendar feed."""
    case = theatre.case("task.add_evidence")
    leader = next(m for m in theatre.members if (m.place, m.role) == ("lead", "unit_leader"))
    kept = case.call(leader, case.version())
    with theatre.world.db.write() as s:
        secret = feeds.create(s, actor=find_actor(s, "zjj_head"), now=theatre.portal.now)
        admin = find_actor(s, "sysadmin")
        platform = {"code": "12345", "name": "热线", "person": "jfj_reporter"}
        sources.register(
            s, actor=admin, now=theatre.portal.now, callback_url="", secret_name="", **platform
        )
    evidence = json.loads(kept.text)["evidence_id"]
    return {"issue": case.case.issue, "evidence": str(evidence), "feed": secret}


def test_every_address_is_declared(theatre: Theatre) -> None:
    app = theatre.portal.app
    assert of_portal(app, "GET") - ACTS - DOCUMENTS == PAGES.keys()
    assert of_portal(app, "POST") - ACTS - DOCUMENTS - ENTRANCES == POSTS.keys()
    assert {method for method, _path in routes(app.routes)} == {"GET", "POST"}


def test_a_page_opens_for_its_roles_only(theatre: Theatre, shown: dict[str, str]) -> None:
    facts = facts_of(theatre.world, shown["issue"])
    wrong = []
    for template, page in PAGES.items():
        path = page.path.format(**shown)
        for member in theatre.members:
            if not page.of_case and member.place != "unrelated":
                continue
            answer = theatre.client.get(path, member.secret)
            if answer.status not in wanted(page, member, sees(member, facts)):
                wrong.append((template, str(member), answer.status))
    assert not wrong


def wanted(page: Page, member: Member, seen: bool) -> frozenset[int]:
    """The status that a page owes a person."""
    if page.public:
        return page.statuses
    if page.of_case:
        return frozenset({200 if seen else 404})
    if member.role in page.elsewhere:
        return frozenset({303})
    return frozenset({200 if member.role in page.roles else 403})


def test_nobody_opens_a_page_without_signing_in(theatre: Theatre, shown: dict[str, str]) -> None:
    for page in PAGES.values():
        answer = theatre.client.get(page.path.format(**shown))
        if page.public:
            assert answer.status in page.statuses, page
        else:
            assert answer.status == 303, page
            assert answer.headers["location"].startswith("/signin?next="), page
    for page in POSTS.values():
        answer = theatre.client.form(page.path, "", {})
        assert (answer.status, answer.headers["location"][:13]) == (303, "/signin?next="), page


def test_a_form_of_a_page_is_taken_from_its_roles_only(
    theatre: Theatre, shown: dict[str, str]
) -> None:
    wrong = []
    for template, page in POSTS.items():
        refusal = 404 if template == "/supervision/{prepared_id}/issue" else 403
        before = theatre.world.dump()
        for member in [m for m in theatre.members if m.place == "unrelated"]:
            if member.role in page.roles:
                continue
            answer = theatre.client.form(page.path, member.secret, {"role": "reporter"})
            if answer.status != refusal:
                wrong.append((template, str(member), answer.status))
        assert theatre.world.dump() == before, template
    assert not wrong


def test_a_form_of_a_page_is_taken_from_its_roles(theatre: Theatre, shown: dict[str, str]) -> None:
    people = {m.role: m for m in theatre.members if m.place == "unrelated"}
    for template, page in POSTS.items():
        for role in page.roles:
            answer = theatre.client.form(page.path, people[role].secret, {})
            assert answer.status in (200, 303, 404, 409, 422), (template, role, answer.status)


def test_the_outsider_is_answered_as_if_the_number_did_not_exist(theatre: Theatre) -> None:
    case = theatre.case("task.progress").case
    outsiders = [m for m in theatre.members if m.place in ("unrelated", "parent")]
    outsiders = [m for m in outsiders if m.role == "unit_leader" or m.role == "sysadmin"]
    theatre.client.get("/issues/unknown", outsiders[0].secret)
    for member in outsiders:
        for path in ADDRESSES:
            real, none = (
                path.format(*case_numbers(case)),
                path.format("WT-2026-999999", "WT-2026-999999-01"),
            )
            for ask in (
                theatre.client.get,
                lambda p, s: theatre.client.form(p, s, {"version": "1"}),
            ):
                found, unknown = ask(real, member.secret), ask(none, member.secret)
                assert found.status in (404, 405), (path, str(member))
                assert same(found.text, case) == same(unknown.text, None), path
                assert found.status == unknown.status
                assert found.headers.keys() == unknown.headers.keys()


ADDRESSES = (
    "/issues/{0}", "/issues/{0}/history", "/issues/{0}/do/park", "/tasks/{1}/do/progress",
    "/tasks/{1}/evidence", "/issues/{1}", "/tasks/{1}/do/decide?prepared=1",
    "/api/v1/issues/{0}", "/api/v1/issues/{0}/timeline", "/api/v1/issues/{0}/offers",
    "/api/v1/tasks/{1}",
)  # fmt: skip


def case_numbers(case: Case) -> tuple[str, str]:
    """Number of the issue and of its first task."""
    return case.issue, case.task


def same(text: str, case: Case | None) -> str:
    """An answer without the numbers asked for."""
    task, issue = (case.task, case.issue) if case else ("WT-2026-999999-01", "WT-2026-999999")
    return text.replace(task, "TASK").replace(issue, "ISSUE")


def test_what_only_the_engine_does_has_no_address(theatre: Theatre) -> None:
    case = theatre.case("task.progress").case
    system = [rule for rule in stated().values() if "system" in rule.roles]
    assert {rule.tag for rule in system} >= {"issue.start", "task.reopen"}
    for rule in system:
        number = case.issue if rule.kind == "issue" else case.task
        name = rule.name.replace("_", "-")
        for member in [m for m in theatre.members if m.place == "lead"]:
            path = f"/{rule.kind}s/{number}/do/{name}"
            assert theatre.client.get(path, member.secret).status == 404
            assert theatre.client.form(path, member.secret, {"version": "1"}).status == 404
            api = f"/api/v1/{rule.kind}s/{number}/{name}"
            assert theatre.client.json(api, member.secret, {}).status == 404


# ------------------------------------------------------------------ the other database


@pytest.mark.parametrize("tag", ["task.submit", "issue.edit", "task.co_input", "issue.approve"])
def test_the_rights_are_the_same_on_postgresql(
    postgresql_db_url: str, tmp_path: Path, tag: str
) -> None:
    with staged(postgresql_db_url, tmp_path / "var", founded) as theatre:
        played = theatre.case(tag)
        for member in theatre.members:
            wanted = expected(member, stated()[tag], played.facts)
            assert statuses(played, member, wanted) == TOLD[wanted], str(member)
