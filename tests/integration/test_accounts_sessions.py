"""Sessions, API tokens and calendar feeds: found while they count, ended by whoever may."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from models import tables
from tests.integration.accounts_kit import MONDAY, Office
from tests.integration.test_accounts import set_person
from tests.terminal import fresh_settings
from tests.world import at
from workflow import rights
from workflow.accounts import feeds, secret, sessions, tokens
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible

START = at(MONDAY)


def minutes(n: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=n)


# ------------------------------------------------------------ sessions


def test_a_session_ends_after_half_an_hour_without_a_request(office: Office) -> None:
    cookie = office.signed_in("chief").secret
    assert office.session(cookie, START + minutes(29.9)) is not None
    assert office.session(cookie, START + minutes(30)) is None


def test_use_keeps_it_alive_until_twelve_hours_have_passed(office: Office) -> None:
    cookie = office.signed_in("chief").secret
    for step in range(1, 48):
        now = START + minutes(15 * step)
        info = office.session(cookie, now)
        assert info is not None, now
        with office.world.db.write() as s:
            assert sessions.touch(s, info, now)
    assert office.session(cookie, START + timedelta(hours=12) - minutes(1)) is not None
    assert office.session(cookie, START + timedelta(hours=12)) is None


def test_it_is_written_at_most_once_a_minute_and_never_back(office: Office) -> None:
    found = office.signed_in("chief")
    info = office.session(found.secret, START)
    assert info is not None
    with office.world.db.write() as s:
        assert not sessions.touch(s, info, START + minutes(0.9))
        assert sessions.touch(s, info, START + minutes(5))
        assert not sessions.touch(s, info, START + minutes(3))  # a slower request of before
    assert office.world.row(tables.login_session).seen_at == START + minutes(5)


def test_each_sign_in_has_a_secret_of_its_own_that_is_stored_hashed(office: Office) -> None:
    first, second = office.signed_in("chief"), office.signed_in("chief")
    assert first.secret != second.secret
    assert len(first.secret) >= 43
    stored = {row.token_hash for row in office.world.rows(tables.login_session)}
    assert stored == {secret.digest(first.secret), secret.digest(second.secret)}
    assert office.session("chosen by an attacker", START) is None
    assert office.session(next(iter(stored)), START) is None
    assert office.session("\ud800", START) is None


def test_rights_that_were_taken_count_at_once_and_so_does_inactivity(office: Office) -> None:
    cookie = office.signed_in("chief").secret
    office.world.do(
        partial(rights.revoke, username="chief"), "secadmin", MONDAY, role="office_chief"
    )
    info = office.session(cookie, START)
    assert info is not None and info.person.roles == frozenset()
    set_person(office, "chief", active=False)
    assert office.session(cookie, START) is None


def test_signing_in_elsewhere_may_end_the_former_session(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_SESSION_SINGLE", "true")
    with fresh_settings():
        first, second = office.signed_in("chief"), office.signed_in("chief")
        assert office.session(first.secret, START) is None
        assert office.session(second.secret, START) is not None


def test_people_see_and_end_their_own_sessions(office: Office) -> None:
    first, second = office.signed_in("chief"), office.signed_in("chief")
    office.signed_in("zjj_head")
    with office.world.db.read() as s:
        mine = sessions.own(s, office.person("chief"), START)
    assert [info.id for info in mine] == [second.session_id, first.session_id]
    office.world.do(sessions.end_one, "chief", MONDAY, session_id=first.session_id)
    assert office.session(first.secret, START) is None
    assert office.session(second.secret, START) is not None
    assert office.world.row(tables.login_session, id=first.session_id).end_reason == "owner"


def test_others_sessions_are_the_security_administrators_and_nobody_elses(office: Office) -> None:
    found = office.signed_in("chief")
    for by in ("zjj_head", "sysadmin", "auditor"):
        assert office.world.refused(
            NotVisible, sessions.end_one, by, MONDAY, session_id=found.session_id
        ) == office.world.refused(NotVisible, sessions.end_one, by, MONDAY, session_id=99_999)
        for command in (sessions.end_every, sessions.of_person):
            office.world.refused(NotAllowed, partial(command, username="chief"), by, MONDAY)
    assert office.session(found.secret, START) is not None
    end_every = partial(sessions.end_every, username="chief")
    assert office.world.do(end_every, "secadmin", MONDAY) == 1
    assert office.session(found.secret, START) is None
    assert office.tags()[-1] == "account.sessions_ended"


def test_a_form_token_belongs_to_one_session(office: Office) -> None:
    one, other = office.signed_in("chief").secret, office.signed_in("chief").secret
    token = secret.csrf_token(one)
    assert secret.csrf_matches(one, token)
    assert one not in token
    wrong = (secret.csrf_token(other), "", token[:-1], "伪造", "\ud800")
    assert not any(secret.csrf_matches(one, each) for each in wrong)


# ------------------------------------------------------------ tokens


def made(office: Office, username: str = "chief", **more: Any) -> tokens.NewToken:
    """A token that somebody makes for themselves."""
    given: dict[str, Any] = {"name": "报表", "scopes": ["read"], "days": 30} | more
    found: tokens.NewToken = office.world.do(
        tokens.create, username, MONDAY, person=office.person(username), **given
    )
    return found


def token(office: Office, text: str, when: Any = START) -> tokens.TokenInfo | None:
    """What a token stands for."""
    with office.world.db.read() as s:
        return tokens.find_token(s, text, when)


def test_a_token_acts_as_its_person_within_its_scopes_until_its_end(office: Office) -> None:
    new = made(office, scopes=["write", "read"])
    assert new.text.startswith("xh_")
    info = token(office, new.text)
    assert info is not None
    assert (info.person.username, sorted(info.scopes)) == ("chief", ["read", "write"])
    assert token(office, new.text, START + timedelta(days=30) - minutes(1)) is not None
    assert token(office, new.text, START + timedelta(days=30)) is None
    assert new.text not in str(office.world.dump())
    assert token(office, "xh_" + "A" * 43) is None


def test_a_revoked_token_and_an_inactive_persons_count_no_more(office: Office) -> None:
    first, second = made(office), made(office)
    office.world.do(tokens.revoke, "chief", MONDAY, token_id=first.id)
    assert token(office, first.text) is None
    assert office.world.refused(GuardFailed, tokens.revoke, "chief", MONDAY, token_id=first.id) == [
        "token_revoked"
    ]
    set_person(office, "chief", active=False)
    assert token(office, second.text) is None


def test_nobody_makes_a_token_for_somebody_else(office: Office) -> None:
    for by in ("secadmin", "sysadmin", "zjj_head"):
        assert office.world.refused(
            NotAllowed, tokens.create, by, MONDAY, person=office.person("chief"), name="x",
            scopes=["read"], days=1,
        ) == ["token_of_another"]  # fmt: skip


def test_the_security_administrator_revokes_and_outsiders_learn_nothing(office: Office) -> None:
    new = made(office)
    for by in ("zjj_head", "sysadmin"):
        assert office.world.refused(
            NotVisible, tokens.revoke, by, MONDAY, token_id=new.id
        ) == office.world.refused(NotVisible, tokens.revoke, by, MONDAY, token_id=99_999)
    with office.world.db.read() as s:
        with pytest.raises(NotAllowed):
            tokens.listed(s, username="chief", actor=office.person("zjj_head"))
        (row,) = tokens.listed(s, username="chief", actor=office.person("secadmin"))
    assert (row.name, row.scopes, "token_hash" in row._mapping) == ("报表", "read", False)
    office.world.do(tokens.revoke, "secadmin", MONDAY, token_id=new.id)
    assert token(office, new.text) is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"scopes": ["admin"]}, "scopes_unknown"), ({"scopes": []}, "scopes_unknown"),
        ({"days": 0}, "days_malformed"), ({"days": 367}, "days_malformed"),
        ({"name": " "}, "name_malformed"), ({"name": "x" * 81}, "name_malformed"),
    ],
)  # fmt: skip
def test_a_malformed_token_is_refused(office: Office, given: dict[str, Any], code: str) -> None:
    usual: dict[str, Any] = {"name": "x", "scopes": ["read"], "days": 1}
    assert office.world.refused(
        Malformed, tokens.create, "chief", MONDAY, person=office.person("chief"), **usual | given
    ) == [code]


def test_its_use_is_written_at_most_once_a_minute(office: Office) -> None:
    new, written = made(office), []
    for seconds in (0, 59, 60, 61):
        now = START + timedelta(seconds=seconds)
        info = token(office, new.text, now)
        assert info is not None
        with office.world.db.write() as s:
            written.append(tokens.touch(s, info, now))
    assert written == [True, False, True, False]


# ------------------------------------------------------------ feeds


def feed(office: Office, text: str) -> str | None:
    """Whose feed it is."""
    with office.world.db.read() as s:
        person = feeds.find(s, text)
    return person.username if person else None


def test_a_new_feed_revokes_the_former(office: Office) -> None:
    first, other = (office.world.do(feeds.create, who, MONDAY) for who in ("chief", "zjj_head"))
    second = office.world.do(feeds.create, "chief", MONDAY)
    assert [feed(office, text) for text in (first, second, other)] == [None, "chief", "zjj_head"]
    assert second not in str(office.world.dump())
    assert office.world.do(feeds.revoke, "chief", MONDAY)
    assert not office.world.do(feeds.revoke, "chief", MONDAY)
    assert feed(office, second) is None
    set_person(office, "zjj_head", active=False)
    assert feed(office, other) is None


def test_fetching_a_feed_is_written_at_most_once_an_hour(office: Office) -> None:
    office.world.do(feeds.create, "chief", MONDAY)
    chief = office.person("chief")
    with office.world.db.write() as s:
        written = [feeds.touch(s, chief, START + minutes(n)) for n in (0, 59, 60)]
        current = feeds.current(s, chief)
    assert written == [True, False, True]
    assert current is not None and current.last_used_at == START + minutes(60)
