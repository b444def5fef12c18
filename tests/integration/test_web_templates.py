"""The pages of notice templates: listed, written, tried, published and put back, by whom it is."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from models import tables
from tests.portal import Browser, Portal
from workflow import template_versions

pytestmark = pytest.mark.one_database

PATH = "/admin/templates/urge/body/zh_CN"
KEY = ("urge", "body", "zh_CN")
GOOD = "请办理{{ task_number }}，时限{{ deadline|zh_moment or '未设定' }}。\n{{ link }}\n"
HTMX = {"hx-request": "true"}


def english(portal: Portal, username: str) -> Browser:
    browser = portal.sign_in(username)
    browser.client.cookies.set("xiaohao_lang", "en")
    return browser


def test_the_list_leads_to_every_text(portal: Portal) -> None:
    admin = english(portal, "sysadmin")
    links = [link for link in admin.page("/admin/templates").links if link.count("/") == 5]
    assert len(links) == len(set(links)) == 20 * 4
    assert PATH in links
    for link in links[:8]:
        admin.page(link)


def test_a_text_is_written_published_and_put_back(portal: Portal) -> None:
    admin = english(portal, "sysadmin")
    answer = admin.fill(PATH, {"text": GOOD}, form=PATH, button=("do", "draft"))
    assert "Saved." in admin.follow(answer).words
    answer = admin.post(
        PATH, {"csrf": admin.csrf, "seen": "0", "do": "publish", "text": GOOD.replace("\n", "\r\n")}
    )
    page = admin.follow(answer)
    assert "The template was published" in page.words
    assert "In force: version 1" in page.words
    with portal.world.db.read() as s:
        assert template_versions.source_of(s, KEY) == GOOD
    answer = admin.send(PATH + "/revert", {"to": "0", "seen": "1"})
    assert "In force: the shipped text" in admin.follow(answer).words
    old = admin.page(PATH + "?version=1")
    assert "Differences from the text in force" in old.words
    assert 'class="put-in"' in old.text
    assert "taken-out" in old.text


def test_a_broken_text_is_kept_in_the_form_and_every_fault_is_named(portal: Portal) -> None:
    admin = english(portal, "chief")
    answer = admin.send(PATH, {"do": "publish", "seen": "0", "text": "一\n{{ dedline }}"})
    assert answer.status == 422
    assert "urge/body.zh_CN.j2, line 2: dedline is no known fact" in answer.words
    assert "{{ dedline }}" in answer.text
    assert portal.world.rows(tables.notice_template) == []


def test_a_text_that_changed_meanwhile_is_not_overwritten(portal: Portal) -> None:
    chief, admin = english(portal, "chief"), english(portal, "sysadmin")
    sent = {"do": "publish", "seen": "0", "text": GOOD}
    assert chief.send(PATH, sent).status == 303
    answer = admin.send(PATH, sent | {"text": GOOD + "x"})
    assert answer.status == 409
    assert "version 1 is in force" in answer.words


def test_a_preview_without_script_is_the_page_with_script_a_part_of_it(portal: Portal) -> None:
    admin = english(portal, "sysadmin")
    whole = admin.send(PATH + "/preview", {"text": GOOD})
    assert whole.status == 200
    assert "请办理JFJ-2026-0012-01" in whole.words
    assert "<html" in whole.text
    data = {"csrf": admin.csrf, "text": "{{ nope }}"}
    part = admin.client.post(PATH + "/preview", data=data, headers=HTMX)
    assert "<html" not in part.text
    assert "nope is no known fact" in part.text
    assert portal.world.rows(tables.notice_template) == []


def test_a_preview_on_a_real_task_shows_only_what_the_reader_may_see(portal: Portal) -> None:
    case = portal.world.acknowledged("2026-09-21 10:00", title="苗圃地块电力迁改")
    source = "{{ issue_title }}\n" + GOOD
    chief = english(portal, "chief").send(PATH + "/preview", {"text": source, "number": case.task})
    assert f"请办理{case.task}" in chief.words
    assert "苗圃地块电力迁改" in chief.words
    for what in ("/preview", "/mail"):
        admin = english(portal, "sysadmin").send(PATH + what, {"text": source, "number": case.task})
        assert "苗圃" not in admin.words
        assert f"{case.task} was not found" in admin.words


@pytest.mark.parametrize("who", ["zjj_head", "triage", "auditor", "principal"])
def test_others_try_and_change_nothing(portal: Portal, who: str) -> None:
    browser = portal.sign_in(who)
    for what in ("", "/preview", "/mail", "/revert"):
        answer = browser.send(PATH + what, {"text": GOOD, "do": "publish", "to": "0", "seen": "0"})
        assert answer.status == 403, what
    assert portal.world.rows(tables.notice_template) == []


def test_a_form_of_another_site_is_refused(portal: Portal) -> None:
    admin = portal.sign_in("sysadmin")
    for what in ("", "/preview", "/mail", "/revert"):
        answer = admin.post(PATH + what, {"text": GOOD, "do": "publish", "to": "0", "seen": "0"})
        assert answer.status == 403, what
    assert portal.world.rows(tables.notice_template) == []


@pytest.mark.parametrize(
    "path",
    [
        "gossip/body/zh_CN",
        "urge/header/zh_CN",
        "urge/body/fr",
        "urge/..%2f..%2f/zh_CN",
        "_parts/link/en",
    ],
)
def test_an_unknown_text_is_not_found(portal: Portal, path: str) -> None:
    admin = portal.sign_in("sysadmin")
    assert admin.get("/admin/templates/" + path).status_code == 404
    for what in ("", "/preview", "/mail", "/revert"):
        assert admin.send(f"/admin/templates/{path}{what}", {"text": "x", "to": "0"}).status == 404


def test_an_unknown_version_is_not_found(portal: Portal) -> None:
    admin = portal.sign_in("sysadmin")
    assert admin.get(PATH + "?version=7").status_code == 404
    for to in ("7", "x", "", "-1"):
        assert admin.send(PATH + "/revert", {"to": to, "seen": "0"}).status == 404


def test_the_mail_stands_in_a_frame_where_nothing_runs(portal: Portal) -> None:
    admin = portal.sign_in("sysadmin")
    hostile = "<script>alert(1)</script>\n" + GOOD
    answer = admin.send(PATH + "/mail", {"text": hostile})
    headers = answer.response.headers
    assert "sandbox" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert "<script" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    refused = admin.send(PATH + "/mail", {"text": "{{ '<script>'.x }}"})
    assert "<script" not in refused.text
    page = admin.page(PATH).response.headers
    assert page["content-security-policy"].endswith("; frame-src 'self'")
    assert page["x-frame-options"] == "DENY"


def test_what_was_typed_is_shown_as_text_on_the_page(portal: Portal) -> None:
    admin = portal.sign_in("sysadmin")
    source = "</textarea><script>alert(1)</script>"
    page = admin.send(PATH + "/preview", {"text": source, "number": "<script>alert(2)</script>"})
    assert "<script>alert" not in page.text
    admin.send(PATH, {"do": "draft", "text": source, "seen": "0"})
    assert "<script>alert" not in admin.page(PATH + "?version=1").text


def test_a_text_that_broke_is_marked(portal: Portal) -> None:
    admin = english(portal, "sysadmin")
    admin.send(PATH, {"do": "publish", "seen": "0", "text": GOOD})
    with portal.world.db.write() as s:
        s.execute(update(tables.notice_template).values(failed_at=portal.now, failure="line 3: x"))
    assert "broken: the shipped text is sent" in admin.page("/admin/templates").words
    assert "line 3: x" in admin.page(PATH).words
