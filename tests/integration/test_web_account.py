"""One's own account: password, absence, sessions, tokens. Nobody else's."""

from __future__ import annotations

from sqlalchemy import update

from models import tables
from tests.portal import PASSWORD, Browser, Portal
from tests.world import at
from workflow.accounts import tokens

NEW = "Battery-staple-8"


def english(portal: Portal, username: str) -> Browser:
    """A browser whose pages are in English."""
    browser = portal.sign_in(username)
    browser.client.cookies.set("xiaohao_lang", "en")
    return browser


def passwords(**more: str) -> dict[str, str]:
    """The form of a change that is right."""
    return {"old_password": PASSWORD, "new_password": NEW, "repeated": NEW} | more


def outdated(portal: Portal, username: str) -> None:
    """The person's password was set by an administrator."""
    account = tables.account
    with portal.world.db.write() as s:
        mine = account.c.person_id == portal.world.people[username]
        s.execute(update(account).where(mine).values(must_change=True))


def test_everybody_sees_who_they_are_in_words(portal: Portal) -> None:
    words = english(portal, "zjj_head").page("/account").words
    for text in ("孙建国", "zjj_head", "建设局", "unit leader"):
        assert text in words
    assert "system administrator" in english(portal, "sysadmin").page("/account").words


def test_an_initial_password_leads_to_its_change_and_nowhere_else(portal: Portal) -> None:
    head = english(portal, "zjj_head")
    outdated(portal, "zjj_head")
    for path in ("/", "/account", "/issues", "/notices", "/account/password/"):
        answer = head.get(path)
        assert answer.status_code in (303, 404, 307)
        if answer.status_code == 303:
            assert answer.headers["location"] == "/account/password"
    assert head.send("/account/language", {"lang": "en"}).location == "/account/password"
    assert head.send("/account/tokens", {"name": "x", "scopes": "read", "days": "9"}).status == 303
    assert portal.world.rows(tables.api_token) == []
    assert "Change it before anything else" in head.page("/account/password").words
    changed = head.fill("/account/password", passwords())
    assert "The password was changed" in head.follow(changed).words


def test_every_rule_that_a_new_password_breaks_stands_beside_it(portal: Portal) -> None:
    head = english(portal, "zjj_head")
    cases = {
        "Type it again": passwords(old_password="wrong"),
        "too simple": passwords(new_password="aaaaaaaaaaaa", repeated="aaaaaaaaaaaa"),
        "10 to 128": passwords(new_password="Ab1", repeated="Ab1"),
        "contains your username": passwords(new_password="Zjj_head-77x", repeated="Zjj_head-77x"),
        "two new passwords differ": passwords(repeated="Another-one-9"),
    }
    for text, values in cases.items():
        answer = head.fill("/account/password", values)
        assert answer.status == 422
        assert text in answer.words
        assert values["new_password"] not in answer.text
    assert head.page("/account").status == 200


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(portal: Portal) -> None:
    first = portal.sign_in("zjj_head")
    second = portal.sign_in("zjj_head", again=True)
    second.follow(second.fill("/account/password", passwords()))
    assert second.get("/account").status_code == 200
    assert first.get("/account").status_code == 303


def test_people_record_their_own_absence_and_deputy(portal: Portal) -> None:
    head = english(portal, "zjj_head")
    values = {"since": "2026-09-29T08:30", "until": "2026-10-09T17:30", "deputy": "zjj_deputy"}
    assert "deputy: 孙志强" in head.follow(head.fill("/account", values, form="away")).words
    row = portal.world.row(tables.person, username="zjj_head")
    assert (row.away_from, row.away_until) == (at("2026-09-29 08:30"), at("2026-10-09 17:30"))
    refused = head.fill("/account", {"until": "2026-09-01T08:00"}, form="away")
    assert refused.status == 422
    assert "ends before it begins" in refused.words
    assert refused.form("away").first("until") == "2026-09-01T08:00"
    head.follow(head.fill("/account", {"since": "", "until": ""}, form="away"))
    assert portal.world.row(tables.person, username="zjj_head").away_from is None


def test_the_language_is_that_of_pages_and_notices(portal: Portal) -> None:
    head = portal.sign_in("zjj_head")
    assert "我的账户" in head.page("/account").words
    answer = head.fill("/account", {"lang": "en"}, form="/account/language")
    assert "My account" in head.follow(answer).words
    assert portal.world.row(tables.person, username="zjj_head").language == "en"
    assert head.send("/account/language", {"lang": "xx"}).status == 422


def test_a_session_is_ended_by_its_owner_only(portal: Portal) -> None:
    first = portal.sign_in("zjj_head")
    second = portal.sign_in("zjj_head", again=True)
    other = portal.sign_in("zgj_head")
    mine = [r.id for r in portal.world.rows(tables.login_session)
            if r.person_id == portal.world.people["zjj_head"]]  # fmt: skip
    other.send("/account/sessions", {"session": str(mine[0])})
    assert first.get("/account").status_code == 200
    second.fill("/account", form="/account/sessions")
    assert first.get("/account").status_code == 303
    assert second.get("/account").status_code == 200


def test_a_token_is_shown_once_and_revoked_by_its_owner_or_the_security_administrator(
    portal: Portal,
) -> None:
    head = english(portal, "zjj_head")
    values = {"name": "Import", "days": "30", "scopes": ["read"]}
    shown = head.follow(head.send("/account/tokens", values))
    text = shown.text.split('<code class="secret">')[1].split("</code>")[0]
    with portal.world.db.read() as s:
        found = tokens.find_token(s, text, portal.now)
    assert found is not None and found.person.username == "zjj_head"
    assert text not in head.page("/account").text
    other = portal.sign_in("zgj_head").send("/account/tokens/revoke", {"token": str(found.id)})
    assert other.status == 404
    secadmin = english(portal, "secadmin")
    assert "Import" in secadmin.page("/admin/tokens").words
    secadmin.follow(secadmin.fill("/admin/tokens", form="/admin/tokens"))
    with portal.world.db.read() as s:
        assert tokens.find_token(s, text, portal.now) is None
    again = head.send("/account/tokens/revoke", {"token": str(found.id)})
    assert again.status == 409
    assert "was revoked before" in again.words


def test_a_token_without_scope_or_for_ever_is_refused(portal: Portal) -> None:
    head = english(portal, "zjj_head")
    values: dict[str, str | list[str]] = {"name": "Import", "days": "30", "scopes": ["read"]}
    wrongs: list[dict[str, str | list[str]]] = [
        {"scopes": []}, {"scopes": ["admin"]}, {"days": "9999"}, {"name": " "}
    ]  # fmt: skip
    for wrong in wrongs:
        answer = head.send("/account/tokens", values | wrong)
        assert answer.status == 422
    assert portal.world.rows(tables.api_token) == []


def test_nothing_is_changed_without_the_token_of_the_session(portal: Portal) -> None:
    head = portal.sign_in("zjj_head")
    before = portal.world.dump()
    for path, values in {
        "away": {"since": "2026-09-29T08:30"},
        "language": {"lang": "en"},
        "sessions": {"session": "1"},
        "tokens": {"name": "x", "days": "3", "scopes": "read"},
        "tokens/revoke": {"token": "1"},
        "feed": {},
        "feed/revoke": {},
        "password": passwords(),
    }.items():
        assert head.post(f"/account/{path}", values).status == 403, path
    assert portal.world.dump() == before
