"""Changing a password, and what administrators do with accounts."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from models import tables
from tests.integration.accounts_kit import EARLIER, MONDAY, OTHER, PASSWORD, Office
from tests.integration.test_accounts import codes, set_person
from tests.world import at
from workflow import audit
from workflow.accounts import admin, signin, tidy
from workflow.accounts.signin import WRONG, Refused
from workflow.errors import GuardFailed, Malformed, NotAllowed, NotVisible

# ------------------------------------------------------------ changing a password


def test_an_initial_password_must_be_changed(office: Office) -> None:
    admin.create(
        office.world.db, username="czj_head", password=PASSWORD, actor=office.person("sysadmin"),
        now=EARLIER,
    )  # fmt: skip
    found = office.signed_in("czj_head")
    assert found.must_change
    info = office.session(found.secret, MONDAY)
    assert info is not None and info.must_change
    office.change("czj_head", PASSWORD, OTHER, "2026-03-02 09:05", found.session_id)
    info = office.session(found.secret, "2026-03-02 09:06")
    assert info is not None and not info.must_change


def test_an_old_password_must_be_changed_after_ninety_days(office: Office) -> None:
    assert not office.signed_in("chief", EARLIER + timedelta(days=89)).must_change
    assert office.signed_in("chief", EARLIER + timedelta(days=90)).must_change


def test_a_change_ends_every_other_session(office: Office) -> None:
    here, there = office.signed_in("chief"), office.signed_in("chief")
    stranger = office.signed_in("zjj_head")
    office.change("chief", PASSWORD, OTHER, "2026-03-02 09:05", here.session_id)
    living = [office.session(s.secret, "2026-03-02 09:06") for s in (here, there, stranger)]
    assert [info is not None for info in living] == [True, False, True]
    assert office.enter("chief") == Refused(WRONG)
    office.signed_in("chief", password=OTHER)


def test_none_of_the_last_five_comes_back(office: Office) -> None:
    chain = [PASSWORD, *(f"Password-no-{n}" for n in range(5))]
    for n, (old, new) in enumerate(pairwise(chain)):
        office.change("chief", old, new, at(MONDAY) + timedelta(minutes=n))
    for used in chain[1:]:
        with pytest.raises(Malformed) as refusal:
            office.change("chief", chain[-1], used, "2026-03-02 10:00")
        assert codes(refusal) == ["password_used"]
    office.change("chief", chain[-1], PASSWORD, "2026-03-02 10:00")  # six ago
    history = office.world.rows(tables.password_history, person_id=office.world.people["chief"])
    assert len(history) == 5


def test_a_bad_new_password_changes_nothing_and_tells_every_reason(office: Office) -> None:
    before = office.world.dump()
    with pytest.raises(Malformed) as refusal:
        office.change("chief", PASSWORD, "chief", "2026-03-02 10:00")
    assert codes(refusal) == ["password_length", "password_simple", "password_personal"]
    assert office.world.dump() == before


def test_guessing_the_old_password_locks_and_then_tells_nothing(office: Office) -> None:
    for _n in range(5):
        with pytest.raises(Malformed) as refusal:
            office.change("chief", "wrong", OTHER, MONDAY)
        assert codes(refusal) == ["password_wrong"]
    for new in (OTHER, "bad"):
        with pytest.raises(Malformed) as refusal:
            office.change("chief", PASSWORD, new, "2026-03-02 09:10")
        assert codes(refusal) == ["password_wrong"]
    assert office.enter("chief", when="2026-03-02 09:10") == Refused(WRONG)
    assert Counter(office.tags())["account.password_refused"] == 5


# ------------------------------------------------------------ administrators


def test_a_reset_ends_lock_and_sessions_and_must_be_changed(office: Office) -> None:
    here = office.signed_in("chief")
    for _n in range(5):
        office.enter("chief", "wrong")
    office.reset("chief", OTHER, "sysadmin", "2026-03-02 09:05")
    assert office.session(here.secret, "2026-03-02 09:06") is None
    assert office.signed_in("chief", "2026-03-02 09:06", password=OTHER).must_change


def test_a_reset_cannot_bring_back_an_earlier_password(office: Office) -> None:
    with pytest.raises(Malformed) as refusal:
        office.reset("chief", PASSWORD, "sysadmin", MONDAY)
    assert codes(refusal) == ["password_used"]


@pytest.mark.parametrize(
    ("by", "whose"),
    [
        ("zjj_head", "chief"), ("zjj_head", "zjj_liaison"), ("chief", "zjj_head"),
        ("auditor", "chief"), ("secadmin", "chief"), ("sysadmin", "secadmin"),
        ("sysadmin", "auditor"),
    ],
)  # fmt: skip
def test_nobody_else_resets_a_password(office: Office, by: str, whose: str) -> None:
    before = office.world.dump()
    with pytest.raises(NotAllowed):
        office.reset(whose, OTHER, by, MONDAY)
    with pytest.raises(NotAllowed):  # nor learns whether it was used before
        office.reset(whose, PASSWORD, by, MONDAY)
    assert office.world.dump() == before


def test_whoever_watches_is_reset_by_the_security_administrator(office: Office) -> None:
    for username in ("auditor", "secadmin"):
        office.reset(username, OTHER, "secadmin", MONDAY)
        office.signed_in(username, password=OTHER)


def test_the_security_administrator_unlocks_and_others_do_not(office: Office) -> None:
    unlock = partial(admin.unlock, username="chief")
    for _n in range(5):
        office.enter("chief", "wrong")
    for by in ("sysadmin", "zjj_head", "chief"):
        codes_found = office.world.refused(NotAllowed, unlock, by, "2026-03-02 09:05")
        assert codes_found == ["not_allowed"]
    office.world.do(unlock, "secadmin", "2026-03-02 09:05")
    office.signed_in("chief", "2026-03-02 09:05")
    assert office.world.refused(GuardFailed, unlock, "secadmin", "2026-03-02 09:06") == [
        "account_not_locked"
    ]


def test_an_account_is_made_once_for_an_active_person_who_exists(office: Office) -> None:
    set_person(office, "czj_head", active=False)
    for username, error, code in (
        ("chief", GuardFailed, "account_exists"),
        ("czj_head", GuardFailed, "person_inactive"),
        ("nobody", NotVisible, "unknown_person"),
    ):
        with pytest.raises(error) as refusal:
            admin.create(
                office.world.db, username=username, password=OTHER,
                actor=office.person("sysadmin"), now=EARLIER,
            )  # fmt: skip
        assert codes(refusal) == [code]
    with pytest.raises(Malformed):  # nobody is named, and there are administrators
        admin.create(
            office.world.db, username="czj_deputy", password=OTHER, actor=None, now=EARLIER
        )


def test_the_overview_is_for_administrators_and_holds_no_hash(office: Office) -> None:
    for _n in range(5):
        office.enter("chief", "wrong")
    with office.world.db.read() as s:
        rows = admin.overview(s, actor=office.person("secadmin"), now=at(MONDAY))
        with pytest.raises(NotAllowed):
            admin.overview(s, actor=office.person("chief"), now=at(MONDAY))
    chief = next(row for row in rows if row["username"] == "chief")
    assert chief["locked_until"] == at("2026-03-02 09:15")
    assert "argon2" not in str(rows)


def test_everything_is_written_down_and_the_history_stays_whole(office: Office) -> None:
    here = office.signed_in("chief")
    info = office.session(here.secret, MONDAY)
    assert info is not None
    with office.world.db.write() as s:
        signin.sign_out(s, info, at("2026-03-02 09:30"))
    office.change("chief", PASSWORD, OTHER, "2026-03-02 09:40")
    assert office.tags()[-3:] == [
        "account.signed_in", "account.signed_out", "account.password_changed",
    ]  # fmt: skip
    with office.world.db.read() as s:
        assert audit.verify(s).ok


def test_tidying_forgets_addresses_and_sessions_of_long_ago(office: Office) -> None:
    office.signed_in("chief")
    office.enter("chief", "wrong")
    for when, gone in (("2026-03-02 09:15", 0), ("2026-03-02 09:16", 1), ("2026-09-30 09:00", 1)):
        with office.world.db.write() as s:
            assert tidy.tidy(s, at(when)) == gone
    assert office.world.rows(tables.login_session) == []
