"""Signing in: who gets in, who is refused and how, locks, throttling, passwords, administrators."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import update

from config.i18n import language
from models import tables
from models.db import Database
from models.queries.people import bump_organisation
from tests.integration.accounts_kit import MONDAY, OTHER, PASSWORD, Office
from tests.terminal import fresh_settings
from tests.world import at
from workflow.accounts import passwords, signin
from workflow.accounts.signin import THROTTLED, WRONG, Refused, SignedIn
from workflow.errors import WorkflowError


def set_person(office: Office, username: str, **values: Any) -> None:
    """Change a person's row as the organisation's pages will."""
    with office.world.db.write() as s:
        chosen = tables.person.c.username == username
        s.execute(update(tables.person).where(chosen).values(**values))
        bump_organisation(s)


def codes(refusal: pytest.ExceptionInfo[WorkflowError]) -> list[str]:
    """Codes of a refusal."""
    return [reason.code for reason in refusal.value.reasons]


# ------------------------------------------------------------ the door


def test_the_right_password_opens_a_session(office: Office) -> None:
    found = office.signed_in("zjj_head")
    assert (found.person.username, found.must_change) == ("zjj_head", False)
    info = office.session(found.secret, "2026-03-02 09:10")
    assert info is not None
    assert (info.person.username, info.address, info.agent) == ("zjj_head", "10.0.0.7", "Firefox")
    assert office.account("zjj_head").last_signed_in_at == at(MONDAY)
    assert office.tags()[-1] == "account.signed_in"


def test_unknown_wrong_inactive_locked_and_without_account_read_the_same(office: Office) -> None:
    set_person(office, "zjj_liaison", active=False)
    for _n in range(5):
        office.enter("chief", "wrong")
    answers = [
        office.enter("nobody"),
        office.enter("zjj_head", "wrong"),
        office.enter("zjj_liaison"),
        office.enter("chief"),
        office.enter("czj_head"),  # there is such a person, without an account
        office.enter("zjj_head\x00", "\ud800"),
    ]
    with language("en"):
        assert {str(a.reason) for a in answers if isinstance(a, Refused)} == {
            "The username or the password is wrong, or the account is locked. "
            "After 5 failed tries an account is locked for 15 minutes."
        }
    assert answers == [Refused(WRONG)] * 6


def test_an_unknown_name_costs_a_verification_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    honest = passwords.verify

    def noted(hashed: str | None, given: str) -> bool:
        asked.append(hashed)
        return honest(hashed, given)

    monkeypatch.setattr(passwords, "verify", noted)
    for username in ("nobody", "czj_head", "zjj_head"):
        office.enter(username, "wrong")
    assert asked == [None, None, office.account("zjj_head").password_hash]


def test_what_was_typed_as_an_unknown_name_is_not_kept(office: Office) -> None:
    office.enter("My-Secret-Passw0rd", "x")
    event = office.world.rows(tables.event, tag="account.sign_in_failed")[-1]
    assert event.data == {"address": "10.0.0.7"}


def test_no_secret_reaches_the_database(office: Office) -> None:
    found = office.signed_in("zjj_head")
    office.enter("zjj_head", "Wrong-guess-77")
    everything = str(office.world.dump())
    assert [t for t in (found.secret, PASSWORD, "Wrong-guess-77") if t in everything] == []


def test_what_a_browser_says_of_itself_is_cut_and_cleaned(office: Office) -> None:
    found = signin.sign_in(
        office.world.db, username="chief", password=PASSWORD, address="1\x00" * 90,
        agent="x\x00\ud800" * 300, now=at(MONDAY),
    )  # fmt: skip
    assert isinstance(found, SignedIn)
    row = office.world.row(tables.login_session)
    assert (row.address, row.agent) == ("1" * 60, "x" * 200)


def test_hashes_follow_the_parameters_at_the_next_sign_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = office.account("chief")
    monkeypatch.setenv("XIAOHAO_PASSWORD_TIME_COST", "2")
    with fresh_settings():
        office.signed_in("chief")
        office.signed_in("chief")
    after = office.account("chief")
    assert "t=2" in after.password_hash and "t=1" in before.password_hash
    assert after.changed_at == before.changed_at


# ------------------------------------------------------------ locks


def test_five_failures_lock_for_fifteen_minutes_and_success_forgets_them(office: Office) -> None:
    for _n in range(4):
        office.enter("chief", "wrong")
    assert office.account("chief").failed_count == 4
    office.signed_in("chief")
    assert office.account("chief").failed_count == 0
    for _n in range(5):
        office.enter("chief", "wrong")
    assert office.enter("chief", when="2026-03-02 09:14:59") == Refused(WRONG)
    office.signed_in("chief", "2026-03-02 09:15")
    assert office.tags().count("account.locked") == 1


def test_who_keeps_trying_does_not_keep_the_owner_out(office: Office) -> None:
    for _n in range(5):
        office.enter("chief", "wrong")
    for minute in range(15):
        office.enter("chief", "wrong", when=f"2026-03-02 09:{minute:02}")
    office.signed_in("chief", "2026-03-02 09:15")


def at_once(office: Office, guesses: list[str]) -> list[SignedIn | Refused]:
    """Everybody guesses at the same moment, each over a connection of their own."""
    answers: list[SignedIn | Refused] = []
    ready = Barrier(len(guesses))

    def guess(number: int, password: str) -> None:
        db = Database(office.world.db.engine.url.render_as_string(hide_password=False))
        ready.wait()
        answers.append(
            signin.sign_in(
                db, username="chief", password=password, address=f"10.0.0.{number}",
                agent="", now=at(MONDAY),
            )
        )  # fmt: skip
        db.close()

    threads = [Thread(target=guess, args=each) for each in enumerate(guesses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_parallel_guesses_get_no_more_tries_than_the_limit(office: Office) -> None:
    answers = at_once(office, [f"Wrong-guess-{n}" for n in range(12)])
    assert answers == [Refused(WRONG)] * 12
    account = office.account("chief")
    assert (account.failed_count, account.locked_until) == (0, at("2026-03-02 09:15"))
    assert office.tags().count("account.locked") == 1
    assert office.tags().count("account.sign_in_failed") == 12


def test_a_right_guess_verified_before_the_lock_is_refused_after_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = passwords.verify

    def slowly(hashed: str | None, given: str) -> bool:
        right = honest(hashed, given)
        if right:  # meanwhile others use up every try
            for _n in range(5):
                office.enter("chief", "wrong", address="10.0.0.9")
        return right

    monkeypatch.setattr(passwords, "verify", slowly)
    assert office.enter("chief") == Refused(WRONG)
    assert office.world.rows(tables.login_session) == []


def test_a_password_that_is_changed_while_it_is_verified_does_not_open(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = passwords.verify

    def slowly(hashed: str | None, given: str) -> bool:
        right = honest(hashed, given)
        if right:
            monkeypatch.setattr(passwords, "verify", honest)
            office.reset("chief", OTHER, "sysadmin", "2026-03-02 08:59")
        return right

    monkeypatch.setattr(passwords, "verify", slowly)
    assert office.enter("chief") == Refused(WRONG)


def test_one_address_gets_fifty_failures_a_window_whoever_is_named(office: Office) -> None:
    for n in range(50):
        assert office.enter(f"guess{n}", "wrong") == Refused(WRONG)
    refused = office.enter("zjj_head", when="2026-03-02 09:05")
    assert refused == Refused(THROTTLED, 10)
    assert isinstance(refused, Refused)
    with language("en"):
        assert str(refused.reason) == (
            "There were too many failed tries from your address. Try again in 10 minutes."
        )
    office.signed_in("zjj_head", address="10.0.0.8")
    office.signed_in("zjj_head", when="2026-03-02 09:15")
    assert office.tags().count("account.address_throttled") == 1


def test_spraying_in_parallel_does_not_get_past_the_address_either(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = passwords.verify

    def slowly(hashed: str | None, given: str) -> bool:
        monkeypatch.setattr(passwords, "verify", honest)
        for n in range(50):
            office.enter(f"guess{n}", "wrong")
        return honest(hashed, given)

    monkeypatch.setattr(passwords, "verify", slowly)
    assert office.enter("zjj_head") == Refused(THROTTLED, 15)
