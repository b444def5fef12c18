"""Sessions at the edge: secrets stay secret, end when they should, and locks tell nothing."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from config.settings import settings
from models import tables
from tests.api import program
from tests.portal import PASSWORD, Portal
from web.call import COOKIE
from web.server import create_app
from workflow import person_changes
from workflow.accounts import sessions
from workflow.context import find_actor


def test_a_planted_cookie_never_becomes_a_session(edge: Portal) -> None:
    edge.sign_in("zjj_head")
    planted = "p" * 43
    browser = edge.anonymous()
    browser.client.cookies.set(COOKIE, planted)
    browser.post("/signin", {"username": "zjj_head", "password": PASSWORD, "next": "/"})
    secrets = [c.value for c in browser.client.cookies.jar if c.name == COOKIE]
    stranger = edge.anonymous()
    stranger.client.cookies.set(COOKIE, planted)
    assert planted not in secrets[1:] and len(secrets) >= 1
    assert stranger.page("/account", 303).location.startswith("/signin")


def test_signing_in_again_makes_a_new_secret_and_ends_the_former_session(edge: Portal) -> None:
    browser = edge.sign_in("zjj_head")
    former = browser.client.cookies[COOKIE]
    browser.post("/signin", {"username": "zjj_head", "password": PASSWORD, "next": "/"})
    assert browser.client.cookies[COOKIE] != former
    old = edge.anonymous()
    old.client.cookies.set(COOKIE, former)
    old.page("/account", 303)
    browser.page("/account")


def test_the_secret_is_in_the_cookie_only(edge: Portal) -> None:
    browser = edge.sign_in("zjj_head")
    secret = browser.client.cookies[COOKIE]
    assert secret not in browser.page("/account").text
    stored = str(edge.world.rows(tables.login_session))
    assert secret not in stored and browser.csrf not in stored
    assert secret not in browser.csrf


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_kept_from_scripts_and_other_sites(edge: Portal, scheme: str) -> None:
    edge.sign_in("zjj_head")
    config = settings().model_copy(update={"base_url": f"{scheme}://office.example"})
    client = TestClient(
        create_app(edge.world.db, config, with_worker=False), follow_redirects=False
    )
    given = {"username": "zjj_head", "password": PASSWORD, "next": "/"}
    cookies = [client.post("/signin", data=given).headers["set-cookie"]]
    cookies.append(client.post("/language", data={"lang": "en"}).headers["set-cookie"])
    for cookie in cookies:
        flags = {part.strip().lower() for part in cookie.split(";")}
        assert {"httponly", "samesite=lax", "path=/"} <= flags
        assert ("secure" in flags) == (scheme == "https")
        assert not any(flag.startswith("domain") for flag in flags)
    answer = client.get("/signin")
    assert ("strict-transport-security" in answer.headers) == (scheme == "https")


def test_a_session_ends_when_it_is_idle_and_in_any_case_after_its_hours(
    edge: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings().model_copy(update={"session_idle_minutes": 30, "session_hours": 2})
    monkeypatch.setattr(sessions, "settings", lambda: config)
    browser = edge.at("2026-09-28 09:00").sign_in("zjj_head")
    for minute in (25, 50):
        edge.at(f"2026-09-28 09:{minute}")
        browser.page("/account")
    edge.at("2026-09-28 10:21").sign_in("zjj_liaison")
    browser.page("/account", 303)
    other = edge.browsers["zjj_liaison"]
    for time in ("10:45", "11:10", "11:35", "12:00", "12:20"):
        edge.at(f"2026-09-28 {time}")
        other.page("/account")
    edge.at("2026-09-28 12:22")
    other.page("/account", 303)


def test_a_revoked_session_stops_at_once(edge: Portal) -> None:
    here, there = edge.sign_in("zjj_head"), edge.sign_in("zjj_head", again=True)
    with edge.world.db.write() as s:
        secadmin = find_actor(s, "secadmin")
        sessions.end_every(s, username="zjj_head", actor=secadmin, now=edge.now)
    for browser in (here, there):
        browser.page("/issues", 303)
        assert browser.send("/account/language", {"lang": "en"}).status == 303
        assert browser.get("/api/v1/issues").status_code == 401


def test_a_deactivated_persons_session_and_token_stop_at_once(portal: Portal) -> None:
    browser, caller = portal.sign_in("zgj_handler"), program(portal, "zgj_handler")
    browser.page("/issues")
    caller.get("/issues")
    with portal.world.db.write() as s:
        person_changes.set_person_active(
            s, username="zgj_handler", active=False, actor=find_actor(s, "sysadmin"),
            now=portal.now,
        )  # fmt: skip
    browser.page("/issues", 303)
    caller.get("/issues", 401)
    answer = portal.anonymous().post(
        "/signin", {"username": "zgj_handler", "password": PASSWORD, "next": "/"}
    )
    assert answer.status == 401


def test_wrong_passwords_lock_the_account_without_telling_who_exists(edge: Portal) -> None:
    edge.sign_in("zjj_head")
    told = {}
    for username in ("zjj_head", "nobody_at_all"):
        tries = [
            edge.anonymous().post(
                "/signin", {"username": username, "password": f"Wrong-{n}", "next": "/"}
            )
            for n in range(7)
        ]
        told[username] = [(t.status, t.words.replace(username, "X")) for t in tries]
    assert told["zjj_head"] == told["nobody_at_all"]
    right = {"username": "zjj_head", "password": PASSWORD, "next": "/"}
    assert edge.anonymous().post("/signin", right).status == 401
    edge.at("2026-09-28 09:16")
    assert edge.anonymous().post("/signin", right).status == 303


def test_many_failures_from_one_address_are_put_off(edge: Portal) -> None:
    edge.sign_in("zjj_head")
    found = [
        edge.anonymous().post(
            "/signin", {"username": f"guess{n}", "password": "Wrong-1", "next": "/"}
        )
        for n in range(55)
    ]
    assert found[0].status == 401 and found[-1].status == 429
    assert PASSWORD not in found[-1].text and "Wrong-1" not in found[-1].text
