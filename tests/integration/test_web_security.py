"""The edge: what another site or a stranger sends does no harm."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.acceptance.matrix_pages import POSTS
from tests.portal import PASSWORD, Page, Portal
from web.templating import STATIC

USERS = {
    "sysadmin": "sysadmin", "secadmin": "secadmin", "auditor": "auditor",
    "triage_officer": "triage", "office_chief": "chief",
}  # fmt: skip
"""Somebody with a role; whoever else a page is for, the head of a unit is."""

EVIL = (
    "//evil.example", "///evil.example", "https://evil.example", "https:evil.example",
    "/\\evil.example", "\\\\evil.example", "/%09/evil.example", "/\t/evil.example",
    "javascript:alert(1)", "/\r\nLocation: https://evil.example", "/%0d%0aSet-Cookie:x=1",
    " //evil.example", "/%5cevil.example", "http:///evil.example", "data:text/html,x", "evil",
    "%2f%2fevil.example", "/.//evil.example", "\x00//evil.example", "//evil.example/%2e%2e",
)  # fmt: skip


# ------------------------------------------------------------------ another site's forms


def test_no_form_is_taken_without_the_sessions_own_token(edge: Portal) -> None:
    other = edge.sign_in("zjj_liaison").csrf
    for template, page in POSTS.items():
        role = next((r for r in USERS if r in page.roles), "")
        browser = edge.sign_in(USERS.get(role, "zjj_head"))
        before = edge.world.dump()
        for token in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": other}, {"csrf": "密钥"}):
            answer = browser.post(page.path, {"next": "/", "lang": "en", **token})
            assert answer.status in (403, 404), (template, token, answer.status)
            assert answer.status == 403 or "supervision" in template
        assert edge.world.dump() == before, template


def test_a_token_in_the_address_is_not_enough(edge: Portal) -> None:
    browser = edge.sign_in("zjj_head")
    assert browser.post(f"/signout?csrf={browser.csrf}").status == 403
    assert browser.page("/account").status == 200


def test_another_site_can_neither_sign_in_nor_switch_the_language(edge: Portal) -> None:
    edge.sign_in("zjj_head")
    stranger = edge.anonymous()
    given = {"username": "zjj_head", "password": PASSWORD, "next": "/"}
    for header in (
        {"origin": "https://evil.example"}, {"origin": "null"},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    ):  # fmt: skip
        found = stranger.client.post("/signin", data=given, headers=header)
        assert found.status_code == 403 and "set-cookie" not in found.headers, header
        found = stranger.client.post("/language", data={"lang": "en"}, headers=header)
        assert "set-cookie" not in found.headers, header
    same = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert stranger.client.post("/signin", data=given, headers=same).status_code == 303


# ------------------------------------------------------------------ redirects


@pytest.mark.parametrize("target", EVIL)
def test_nobody_is_sent_to_another_site(edge: Portal, target: str) -> None:
    edge.sign_in("zjj_head")
    browser = edge.anonymous()
    shown = browser.page(f"/signin?next={quote(target)}")
    answers = [
        browser.post("/signin", {"username": "zjj_head", "password": PASSWORD, "next": target}),
        browser.post("/signin", {
            "username": "zjj_head", "password": PASSWORD,
            "next": shown.form("/signin").first("next"),
        }),
        browser.post("/language", {"lang": "en", "next": target}),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status == 303
        assert local(answer.location), answer.location
        assert "evil" not in answer.response.headers.get("set-cookie", "")
        assert "x" not in answer.response.cookies


def local(location: str) -> bool:
    """Whether a browser that reads an address stays here."""
    bare = location.strip().replace("\\", "/").replace("\t", "").replace("\n", "")
    return bare.startswith("/") and not bare.startswith("//") and ":" not in bare.split("/")[0]


def test_a_part_of_a_page_that_needs_signing_in_leads_back_here(edge: Portal) -> None:
    stranger = edge.anonymous()
    for current in ("https://evil.example//evil.example/x", "//evil", "evil\u00e9", "x" * 3000):
        found = stranger.client.get(
            "/issues", headers={b"hx-request": b"true", b"hx-current-url": current.encode()}
        )
        assert found.status_code == 401
        assert found.headers["hx-redirect"].startswith("/signin?next=/")
        shown = Page(stranger.get(found.headers["hx-redirect"])).form("/signin").first("next")
        assert local(shown)


# ------------------------------------------------------------------ headers and errors


def test_every_answer_carries_the_headers_that_browsers_enforce(edge: Portal) -> None:
    case = edge.world.acknowledged("2026-09-28 08:30")
    browser = edge.sign_in("zjj_head")
    script = next(p for p in STATIC.rglob("*.js"))
    paths = {
        "/": 200, f"/issues/{case.issue}": 200, "/issues/none": 404, "/none": 404,
        "/admin": 403, "/issues?due_from=x": 422, f"/static/{script.relative_to(STATIC)}": 200,
        "/static/none.js": 404, "/api/v1/issues": 200, "/api/v1/issues/none": 404,
        "/api/v1/docs": 200, "/api/v1/openapi.json": 200, "/signin": 200, "/readyz": 200,
        "/feeds/none.ics": 404, "/issues/export.csv": 200, "/metrics": 403,
    }  # fmt: skip
    found = {path: browser.get(path) for path in paths}
    assert {path: answer.status_code for path, answer in found.items()} == paths
    found["redirect"] = edge.anonymous().get("/")
    found["method"] = browser.client.delete("/issues")
    found["too large"] = browser.client.post("/signin", headers={"content-length": "9" * 12})
    for name, answer in found.items():
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, name
        assert answer.headers["x-content-type-options"] == "nosniff", name
        assert answer.headers["x-frame-options"] == "DENY", name
        assert "server" not in answer.headers and "x-powered-by" not in answer.headers
        kept = answer.headers["cache-control"]
        assert ("immutable" if name.endswith(".js") and "none" not in name else "no-store") in kept


def test_a_fault_of_ours_reveals_nothing(edge: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = edge.sign_in("zjj_head")
    secret = "SELECT geheim FROM /srv/office/xiaohao.db"

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(secret)

    for module in ("web.pages.ledger", "web.pages.notices", "web.api.issues"):
        monkeypatch.setattr(f"{module}.reading", fail)
    client = TestClient(edge.app, raise_server_exceptions=False, cookies=browser.client.cookies)
    for path in ("/issues", "/notices", "/api/v1/issues"):
        answer = client.get(path)
        assert answer.status_code == 500, path
        for word in ("geheim", "SELECT", "Traceback", "RuntimeError", ".py", "/srv"):
            assert word not in answer.text, (path, word)
        assert answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert client.get("/api/v1/issues").headers["content-type"] == "application/problem+json"


def test_other_methods_are_refused_and_say_nothing(edge: Portal) -> None:
    browser = edge.sign_in("zjj_head")
    for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "X" * 200):
        for path in ("/", "/issues", "/signin", "/api/v1/issues", "/static/css/app.css"):
            answer = browser.client.request(method, path, headers={"x-echo": "geheim"})
            assert answer.status_code in (200, 405), (method, path, answer.status_code)
            assert "geheim" not in answer.text
            assert "access-control-allow-origin" not in answer.headers
    answer = browser.client.options(
        "/api/v1/issues",
        headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
    )
    assert "access-control-allow-origin" not in answer.headers


def test_head_is_answered_as_get_is_without_the_content(edge: Portal) -> None:
    stranger = TestClient(edge.app, follow_redirects=False)
    browser = edge.sign_in("zjj_head").client
    for client, path, status in (
        (stranger, "/healthz", 200), (stranger, "/readyz", 200), (stranger, "/signin", 200),
        (stranger, "/issues", 303), (stranger, "/api/v1/issues", 401), (browser, "/issues", 200),
        (browser, "/issues/NOPE", 404), (browser, "/issues/export.csv", 200),
        (browser, "/static/css/app.css", 200), (browser, "/signout", 405),
    ):  # fmt: skip
        told, asked = client.get(path), client.head(path)
        assert (asked.status_code, told.status_code, asked.content) == (status, status, b""), path
        for name in ("content-type", "content-security-policy", "location", "www-authenticate"):
            assert asked.headers.get(name) == told.headers.get(name), (path, name)


def test_a_forged_host_leads_nowhere(edge: Portal) -> None:
    edge.sign_in("zjj_head")
    given = {"username": "zjj_head", "password": PASSWORD, "next": "/issues"}
    client = TestClient(edge.app, follow_redirects=False)
    for headers in (
        {"host": "evil.example"},
        {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
        {"forwarded": "host=evil.example"},
    ):
        answers = [client.get("/issues", headers=headers), client.get("/signin", headers=headers)]
        answers.append(client.post("/signin", data=given, headers=headers))
        answers.append(client.get("/issues/", headers=headers))
        for answer in answers:
            assert "evil" not in answer.text, headers
            assert "evil" not in answer.headers.get("location", ""), headers
