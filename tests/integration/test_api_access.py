"""Who may call the API: tokens and their scopes, the portal's session, limits, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from config.settings import settings
from models import tables
from models.queries.people import bump_organisation
from tests.api import Program, program, token_of
from tests.portal import Portal, opened
from tests.wire import WireClient
from tests.world import World
from web.limits import Buckets
from web.server import create_app
from workflow.accounts import tokens
from workflow.context import find_actor

pytestmark = pytest.mark.one_database


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path) as found:
        yield found


def test_without_a_token_there_is_only_a_challenge(portal: Portal) -> None:
    answer = program(portal).call("GET", "/issues")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "sign_in_needed"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("Bearer xh_nonsense", "invalid_token"),
        ("Basic Y2hpZWY6eA==", "invalid_request"),
        ("Bearer", "invalid_request"),
    ],
)
def test_a_token_that_is_none_is_refused_by_name(portal: Portal, given: str, error: str) -> None:
    answer = program(portal).call("GET", "/issues", headers={"authorization": given})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer error="{error}"'


def test_a_stranger_learns_nothing_from_how_a_body_is_refused(portal: Portal) -> None:
    for content in (b"{", b"[]", b'{"title": 5}'):
        answer = program(portal).call(
            "POST", "/issues", content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 401


def test_an_expired_or_revoked_token_is_out(portal: Portal) -> None:
    chief = program(portal, "chief")
    chief.get("/issues")
    portal.at("2026-12-01 09:00")
    assert chief.codes("GET", "/issues", 401) == ["invalid_token"]
    portal.at("2026-09-28 09:00")
    with portal.world.db.write() as s:
        token = s.execute(tables.api_token.select()).one()
        tokens.revoke(s, token_id=token.id, actor=find_actor(s, "chief"), now=portal.now)
    assert chief.codes("GET", "/issues", 401) == ["invalid_token"]


def test_a_deactivated_person_is_out_at_once(portal: Portal) -> None:
    chief = program(portal, "chief")
    chief.get("/issues")
    with portal.world.db.write() as s:
        people = tables.person
        s.execute(update(people).where(people.c.username == "chief").values(active=False))
        bump_organisation(s)
    assert chief.codes("GET", "/issues", 401) == ["invalid_token"]


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("write", "intake"), "GET", "/issues"),
        (("read", "intake"), "POST", "/issues"),
        (("read", "write"), "POST", "/intake"),
        (("read", "intake"), "POST", "/issues/WT-2026-000001/approve"),
        (("read", "intake"), "POST", "/prepared/1/decide"),
    ],
)
def test_a_token_reaches_no_further_than_its_scopes(
    portal: Portal, scopes: tuple[str, ...], method: str, path: str
) -> None:
    weak = program(portal, "chief", scopes)
    assert weak.codes(method, path, 403, json={}) == ["insufficient_scope"]
    assert "insufficient_scope" in weak.call(method, path, json={}).headers["www-authenticate"]


def test_reading_is_enough_to_count_a_deadline(portal: Portal) -> None:
    weak = program(portal, "zjj_head", ("read",))
    found = weak.post("/calendar/deadline", {"start": "2026-09-28T10:00", "limit": "ordinary"})
    assert found["due_at"] and found["derivation"]["skipped"]


def test_a_token_notes_when_it_was_used(portal: Portal) -> None:
    chief = program(portal, "chief")
    chief.get("/units")
    first = portal.world.row(tables.api_token).last_used_at
    assert first == portal.now
    portal.at("2026-09-28 09:00:30")
    chief.get("/units")
    assert portal.world.row(tables.api_token).last_used_at == first
    portal.at("2026-09-28 09:02")
    chief.get("/units")
    assert portal.world.row(tables.api_token).last_used_at == portal.now


def test_the_portals_own_scripts_read_by_cookie_and_write_with_the_sessions_token(
    portal: Portal,
) -> None:
    browser = portal.sign_in("lucheng_reporter")
    assert browser.get("/api/v1/units").status_code == 200
    body = {"title": "杆线", "description": "影响施工", "category": "杆线迁移",
            "no_project_reason": "共性"}  # fmt: skip
    for header in ({}, {"x-csrf": "guessed"}):
        answer = browser.client.post("/api/v1/issues", json=body, headers=header)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    answer = browser.client.post("/api/v1/issues", json=body, headers={"x-csrf": browser.csrf})
    assert answer.status_code == 201


def test_a_bad_token_is_not_mended_by_a_cookie(portal: Portal) -> None:
    browser = portal.sign_in("chief")
    answer = browser.client.get("/api/v1/units", headers={"authorization": "Bearer xh_no"})
    assert answer.status_code == 401


# ------------------------------------------------------------------ refusals of every kind


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("DELETE", "/issues", 405),
        ("GET", "/issues?limit=0", 422),
        ("GET", "/issues?sort=beauty", 422),
        ("GET", "/issues?light=%00", 422),
        ("GET", "/issues?unit=nowhere", 422),
        ("GET", "/issues?due_from=tomorrow", 422),
        ("GET", "/issues?cursor=abc", 422),
        ("GET", "/issues/WT%00", 422),
        ("GET", "/evidence/99999999999999999999", 422),
        ("GET", "/evidence/1", 404),
        ("GET", "/tasks?cursor=x_y", 422),
        ("GET", "/tasks?cursor=nan_1", 422),
        ("GET", "/calendar?year=3000", 422),
        ("GET", "/people?unit=nowhere", 422),
    ],
)
def test_every_refusal_is_problem_details(
    portal: Portal, method: str, path: str, status: int
) -> None:
    program(portal, "chief").codes(method, path, status)


def test_a_fault_of_ours_shows_nothing_of_itself(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("web.api.organisation._unit", broken)
    chief = program(portal, "chief")
    quiet = Program(WireClient(portal.app, raising=False), chief.headers)
    answer = quiet.call("GET", "/units")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text and "Traceback" not in answer.text


class _Locked(Exception):
    """What a driver says of a lock that was waited for too long."""

    sqlstate = "55P03"


def test_a_busy_database_asks_to_come_back(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_args: object) -> None:
        raise OperationalError("SELECT", {}, _Locked("canceling statement due to lock timeout"))

    monkeypatch.setattr("web.api.organisation._unit", busy)
    answer = program(portal, "chief").call("GET", "/units")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
    assert int(answer.headers["retry-after"]) > 0


def test_refusals_speak_the_callers_language(portal: Portal) -> None:
    caller = program(portal)
    english = caller.call("GET", "/issues").json()["title"]
    chinese = caller.call("GET", "/issues", headers={"accept-language": "zh-CN"}).json()["title"]
    assert english == "Sign in first." and chinese != english


@pytest.mark.parametrize(
    ("accepted", "found"),
    [
        ("fr, en;q=0.8, zh;q=0.5", "en"), ("en;q=0.2, zh-CN;q=0.9", "zh_CN"), ("de", "zh_CN"),
        ("zh;q=0, en;q=0.1", "en"), ("en-GB,en;q=0.9,zh;q=0.8", "en"), ("en;q=x, zh", "zh_CN"),
        ("*;q=0.1, en", "en"), ("", "zh_CN"), (";;q=,,", "zh_CN"),
    ],
)  # fmt: skip
def test_the_language_wanted_most_is_spoken(portal: Portal, accepted: str, found: str) -> None:
    answer = program(portal).call("GET", "/issues", headers={"accept-language": accepted})
    spoken = "en" if answer.json()["title"] == "Sign in first." else "zh_CN"
    assert spoken == found


# ------------------------------------------------------------------ limits


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_up_again() -> None:
    clock = Clock()
    buckets = Buckets(3, clock=clock)
    assert [buckets.take("a").allowed for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b").remaining == 2
    refused = buckets.take("a")
    assert (refused.retry_after, refused.reset, refused.remaining) == (20, 60, 0)
    clock.now += 19.9
    assert not buckets.take("a").allowed
    clock.now += 0.2
    assert buckets.take("a").allowed and not buckets.take("a").allowed
    clock.now += 1e6
    assert buckets.take("a").remaining == 2


def test_too_many_calls_are_told_when_to_come_back(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    portal.app.state.api_limits.calls = Buckets(2, clock=clock)
    chief, other = program(portal, "chief"), program(portal, "director")
    first = chief.call("GET", "/units")
    assert first.headers["ratelimit-limit"] == "2" and first.headers["ratelimit-remaining"] == "1"
    assert chief.call("GET", "/issues/WT-1").headers["ratelimit-remaining"] == "0"
    refused = chief.call("GET", "/units")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "30"
    other.get("/units")
    clock.now += 30
    chief.get("/units")


def test_who_guesses_tokens_is_shut_out_by_address(portal: Portal) -> None:
    portal.app.state.api_limits.failures = Buckets(3, clock=Clock())
    good = program(portal, "chief")
    for n in range(3):
        guess = {"authorization": f"Bearer xh_{n}"}
        assert program(portal).call("GET", "/units", headers=guess).status_code == 401
    assert program(portal).call("GET", "/units").status_code == 429
    assert good.call("GET", "/units").status_code == 200


def test_the_limit_is_the_settings(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    config = settings().model_copy(update={"api_per_minute": 7})
    app = create_app(world.db, config, with_worker=False)
    assert app.state.api_limits.calls.take("x").limit == 7


def test_a_token_is_never_shown_again(portal: Portal) -> None:
    text = token_of(portal, "chief")
    caller = program(portal, "sysadmin")
    shown = caller.call("GET", "/people").text + caller.call("GET", "/units").text
    assert text not in shown and "xh_" not in shown
