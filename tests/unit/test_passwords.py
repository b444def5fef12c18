"""Passwords: the rules of a new one, argon2id, the work done in vain for nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from config.i18n import language
from tests.terminal import fresh_settings
from tests.world import at
from workflow.accounts import passwords
from workflow.errors import Malformed

GOOD = "Correct-horse-7"

pytestmark = pytest.mark.usefixtures("cheap_hashes")


def broken(password: str, **more: Any) -> list[str]:
    """Codes of the rules that a password breaks."""
    who = {"username": "zjj_head", "name": "孙建国"} | more
    return [reason.code for reason in passwords.faults(password, **who)]


def test_a_long_password_of_three_classes_is_good() -> None:
    assert broken(GOOD) == broken("建设局abcDEF2026局") == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Short-7ab", "password_length"),
        ("Aa-7" * 33, "password_length"),
        ("onlysmallletters", "password_simple"),
        ("smalland12345678", "password_simple"),
        ("My-ZJJ_Head-2026", "password_personal"),
        ("Abc-2026-孙建国", "password_personal"),
        ("Ｚｊｊ_head-Abc-2026", "password_personal"),
        ("Good-pass\x00word7", "password_unprintable"),
    ],
)
def test_each_rule_has_a_code(password: str, code: str) -> None:
    assert broken(password) == [code]


def test_every_broken_rule_is_told_at_once_naming_the_field() -> None:
    with language("en"), pytest.raises(Malformed) as refusal:
        passwords.require_good("head", username="head", name="王", earlier=())
    reasons = refusal.value.reasons
    assert [r.code for r in reasons] == ["password_length", "password_simple", "password_personal"]
    assert {r.field for r in reasons} == {"new_password"}
    assert reasons[0].message == "A password has 10 to 128 characters."


def test_one_of_the_earlier_passwords_is_refused() -> None:
    earlier = [passwords.hash_password(p) for p in ("Another-one-1", GOOD)]
    with pytest.raises(Malformed) as refusal:
        passwords.require_good(GOOD, username="x", name="王", earlier=earlier)
    assert [r.code for r in refusal.value.reasons] == ["password_used"]
    passwords.require_good("Different-3", username="x", name="王", earlier=earlier)


def test_only_the_right_password_fits_and_salts_differ() -> None:
    first, second = passwords.hash_password(GOOD), passwords.hash_password(GOOD)
    assert first != second and GOOD not in first
    assert first.startswith("$argon2id$")
    assert passwords.verify(first, GOOD) and passwords.verify(second, GOOD)
    assert not passwords.verify(first, GOOD + " ")
    assert not passwords.verify("no hash at all", GOOD)


def test_the_same_characters_fit_however_a_keyboard_writes_them() -> None:
    assert passwords.verify(passwords.hash_password("Cafe\u0301-2026-x"), "Caf\u00e9-2026-x")


def test_an_overlong_guess_is_wrong_without_being_hashed_whole() -> None:
    long = "Aa1-" * 40
    assert not passwords.verify(passwords.hash_password(long), long)


def test_nobodys_password_costs_the_same_work_and_never_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []
    honest = PasswordHasher.verify

    def counted(self: PasswordHasher, hashed: str, password: bytes) -> bool:
        calls.append(hashed)
        return honest(self, hashed, password)

    known = passwords.hash_password(GOOD)
    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not passwords.verify(None, GOOD)
    assert passwords.verify(known, GOOD)
    nobody, somebody = calls
    assert nobody.split("$")[1:4] == somebody.split("$")[1:4]  # kind, version, parameters


def test_a_hash_of_other_parameters_is_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    before = passwords.hash_password(GOOD)
    assert not passwords.outdated(before)
    monkeypatch.setenv("XIAOHAO_PASSWORD_TIME_COST", "2")
    with fresh_settings():
        assert passwords.outdated(before)
        assert passwords.verify(before, GOOD)
        assert not passwords.outdated(passwords.hash_password(GOOD))


def test_the_shipped_parameters_are_those_that_owasp_asks_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("XIAOHAO_PASSWORD_TIME_COST")
    monkeypatch.delenv("XIAOHAO_PASSWORD_MEMORY_KIB")
    with fresh_settings():
        assert "m=19456,t=2,p=1" in passwords.hash_password(GOOD)


def test_a_password_expires_after_ninety_days_unless_told_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = at("2026-03-02 09:00")
    assert not passwords.expired(changed, changed + timedelta(days=90, seconds=-1))
    assert passwords.expired(changed, changed + timedelta(days=90))
    monkeypatch.setenv("XIAOHAO_PASSWORD_DAYS", "0")
    with fresh_settings():
        assert not passwords.expired(changed, changed + timedelta(days=9000))


def test_generated_passwords_keep_the_rules_and_differ() -> None:
    made = {passwords.generate() for _n in range(50)}
    assert len(made) == 50
    assert [p for p in made if broken(p)] == []
