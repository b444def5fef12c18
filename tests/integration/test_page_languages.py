"""Pages speak one language: nothing of the program's own is left in the other one."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import update

from config.i18n import language
from config.policy import shipped_policy
from models import tables
from models.queries.people import bump_organisation
from tests.integration.test_web_import import READY, apply, ledger, upload
from tests.portal import Portal
from workflow import policy_words
from workflow.context import context
from workflow.policy_note_words import NOTES
from workflow.policy_notes import policy_notes
from workflow.system_history import facts
from workflow.system_words import FACTS, TAGS

pytestmark = pytest.mark.one_database

NOW = "2026-09-28 09:00"
TOKEN: dict[str, str | list[str]] = {"name": "导入", "days": "30", "scopes": ["read", "write"]}


def english_names(portal: Portal) -> None:
    """Units get English names, as the demonstration's have."""
    with portal.world.db.write() as s:
        for code, name in (("zjj", "Construction Bureau"), ("lucheng", "Lucheng Street"),
                           ("jfj", "Economic Bureau"), ("gdgs", "Power Supply")):  # fmt: skip
            s.execute(update(tables.unit).where(tables.unit.c.code == code).values(name_en=name))
        bump_organisation(s)


def test_an_english_page_names_units_in_english_and_a_chinese_one_does_not(portal: Portal) -> None:
    case = portal.world.acknowledged(NOW)
    english_names(portal)
    head = portal.at(NOW).sign_in("zjj_head")
    paths = (f"/issues/{case.issue}", f"/issues/{case.issue}/history", "/issues", "/account")
    for path in paths:
        head.client.cookies.set("xiaohao_lang", "en")
        shown = head.page(path).words
        assert "Construction Bureau" in shown, path
        left = [shown[max(0, m.start() - 40) : m.end() + 20] for m in re.finditer("建设局", shown)]
        assert not left, (path, left)
        head.client.cookies.set("xiaohao_lang", "zh_CN")
        assert "Construction Bureau" not in head.page(path).words, path


def test_a_unit_is_found_by_its_english_name_and_nothing_by_none(portal: Portal) -> None:
    english_names(portal)
    with portal.world.db.read() as s:
        people = context(s).directory
    found = people.find_unit("Construction Bureau")
    assert found is not None and found.code == "zjj"
    assert people.find_unit("") is None


def test_every_comment_of_the_shipped_policy_is_marked_for_translation() -> None:
    told = set(policy_notes(shipped_policy()).values())
    assert told == set(NOTES), told ^ set(NOTES)


def test_the_policy_page_shows_comments_in_the_pages_language(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    chief = portal.sign_in("chief")
    note = "Quanzhou: after a ruling no further objection"
    chief.client.cookies.set("xiaohao_lang", "en")
    assert note in chief.page("/admin/policy").words
    monkeypatch.setattr(policy_words, "_", lambda text: f"译{text}" if text == note else text)
    assert f"译{note}" in chief.page("/admin/policy").words


def test_every_fact_of_the_systems_history_has_a_word(portal: Portal) -> None:
    portal.at(NOW)
    sysadmin, triage = portal.sign_in("sysadmin"), portal.sign_in("triage")
    head = portal.sign_in("zjj_head")
    apply(triage, upload(triage, ledger(READY)))
    unit = {"name": "建设局", "name_en": "Construction", "kind": "department"}
    for path, values in (
        ("/admin/units/zjj", unit),
        ("/admin/people/zjj_head", {"name": "孙国", "unit": "zjj", "post": "head", "phone": "1"}),
        ("/admin/sources", {"code": "12345", "name": "热线", "person": "jfj_reporter"}),
        ("/admin/calendar/apply", {
            "what": "day", "day": "2026-08-03", "kind": "holiday", "name": "台风", "unit": "",
        }),
        ("/admin/people/zgj_head/account", {}),
    ):  # fmt: skip
        assert sysadmin.send(path, values).status == 303, path
    assert head.send("/account/tokens", TOKEN).status == 303
    rows = portal.world.rows(tables.event, stream="system")
    assert len({row.tag for row in rows}) >= 8
    assert {row.tag for row in rows} <= set(TAGS)
    assert {key for row in rows for key in keys(row.data)} <= set(FACTS)
    shown = portal.sign_in("auditor").page("/admin/audit")
    cells = re.findall(r'<td data-label="[^"]*" class="small pre">(.*?)</td>', shown.text, re.S)
    assert cells and not re.search(r"\b(None|True|False)\b", html.unescape("\n".join(cells)))


def keys(data: dict[str, object]) -> set[str]:
    """Every key of a fact, those inside among them."""
    inner = (keys(value) for value in data.values() if isinstance(value, dict))
    return set(data).union(*inner)


def test_codes_in_facts_are_told_in_words(portal: Portal) -> None:
    with portal.world.db.read() as s, language("zh_CN"):
        people = context(s).directory
        told = facts(
            {"scopes": ["read", "write"], "kind": "department", "active": True,
             "new": {"parent_id": portal.world.units["jfj"], "deputy_id": None}},
            people,
        )  # fmt: skip
    text = "\n".join(told)
    assert "经济发展局" in text and "查阅" in text and "是" in text
    assert not re.search(r"read|department|True|None", text)


def test_token_scopes_are_told_in_words(portal: Portal) -> None:
    head = portal.sign_in("zjj_head")
    head.send("/account/tokens", TOKEN)
    for browser, path in ((head, "/account"), (portal.sign_in("secadmin"), "/admin/tokens")):
        text = browser.page(path).text
        assert '<span class="tag">查阅</span>' in text and "read write" not in text
