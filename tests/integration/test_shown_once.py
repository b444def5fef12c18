"""New secrets are shown once, after a redirect: loading the page again makes no second one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from models import tables
from tests.integration.test_web_admin import tags
from tests.portal import Browser, Page, Portal

pytestmark = pytest.mark.one_database

SECRET = re.compile(r'<code class="secret">([^<]+)</code>')
TOKEN = {"name": "Import", "days": "30", "scopes": ["read"]}
FORMS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "token": ("zjj_head", "/account/tokens", TOKEN, "/account"),
    "feed": ("zjj_head", "/account/feed", {}, "/account"),
    "password": ("sysadmin", "/admin/people/zgj_head/account", {}, "/admin/people/zgj_head"),
}


def sent(portal: Portal, form: str) -> tuple[Browser, Page]:
    """Who sends the form, and its answer."""
    username, path, values, _shown = FORMS[form]
    browser = portal.sign_in(username)
    return browser, browser.send(path, values)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_shown_on_the_page_that_follows_and_never_again(
    portal: Portal, form: str
) -> None:
    browser, answer = sent(portal, form)
    assert (answer.status, answer.location) == (303, FORMS[form][3])
    first = browser.follow(answer)
    (secret,) = SECRET.findall(first.text)
    before = portal.world.dump()
    again = browser.page(answer.location)
    assert not SECRET.search(again.text) and secret not in again.text
    assert portal.world.dump() == before, "loading the page again makes nothing"
    assert secret not in answer.location and secret not in str(before)


@pytest.mark.parametrize("form", FORMS)
def test_the_cookie_is_for_this_page_and_no_script(portal: Portal, form: str) -> None:
    _browser, answer = sent(portal, form)
    (cookie,) = [c for c in answer.response.headers.get_list("set-cookie") if "xiaohao_once" in c]
    told = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", f"path={FORMS[form][3]}", "max-age=120"} <= told


def test_a_chinese_username_gets_its_password_once_too(portal: Portal) -> None:
    sysadmin = portal.sign_in("sysadmin")
    person = {"username": "王 五", "name": "王五", "unit": "zjj", "post": "staff"}
    assert sysadmin.send("/admin/people", person).status == 303
    path = "/admin/people/%E7%8E%8B%20%E4%BA%94"
    answer = sysadmin.send(f"{path}/account", {})
    assert (answer.status, answer.location) == (303, path)
    assert SECRET.search(sysadmin.follow(answer).text)
    assert not SECRET.search(sysadmin.page(path).text)


def test_nobody_else_puts_words_onto_the_page(portal: Portal) -> None:
    browser, answer = sent(portal, "token")
    stolen = browser.client.cookies.get("xiaohao_once", path="/account")
    assert stolen
    other = portal.sign_in("zgj_head")
    for value in (stolen, stolen.replace(".", "."[::-1] + "0"), "x", "x.y", ".", "é.é"):
        sent_along = f"{cookies(other)}; xiaohao_once={value}".encode()
        got = other.client.get("/account", headers={b"cookie": sent_along})
        assert got.status_code == 200 and not SECRET.search(got.text)
    assert SECRET.search(browser.follow(answer).text)


def cookies(browser: Browser) -> str:
    """The cookies of a browser, as a header has them."""
    return "; ".join(f"{c.name}={c.value}" for c in browser.client.cookies.jar)


def test_a_refused_form_shows_no_secret(portal: Portal) -> None:
    head = portal.sign_in("zjj_head")
    answer = head.send("/account/tokens", TOKEN | {"days": "0"})
    assert answer.status == 422 and not SECRET.search(answer.text)
    assert portal.world.rows(tables.api_token) == []
    assert tags(portal) == []
