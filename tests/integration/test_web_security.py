"""The edge: what another site, a stranger, or a broken program sends does no harm."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from config.settings import settings
from models import tables
from models.db import Database
from tests.acceptance.matrix_pages import POSTS
from tests.api import program
from tests.databases import sqlite_url
from tests.live import served
from tests.portal import PASSWORD, Browser, Page, Portal, opened
from tests.world import World, found_zone
from web.call import COOKIE
from web.server import create_app
from web.templating import FOLDER, STATIC
from workflow import organisation_changes
from workflow.accounts import sessions
from workflow.context import find_actor

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


@pytest.fixture
def edge(sqlite_template: Path, tmp_path: Path) -> Iterator[Portal]:
    """The portal over one SQLite database: what is tried here does not reach the database."""
    path = tmp_path / "edge.db"
    shutil.copyfile(sqlite_template, path)
    db = Database(sqlite_url(path))
    with db.write() as s:
        world = found_zone(s)
    with opened(World(db, world.units, world.people), tmp_path / "var") as portal:
        yield portal
    db.close()


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


# ------------------------------------------------------------------ sessions


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
        organisation_changes.set_person_active(
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
            "/issues", headers={"hx-request": "true", "hx-current-url": current.encode()}
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


# ------------------------------------------------------------------ what is malformed


WALKS = (
    "/static/../server.py", "/static/..%2fserver.py", "/static/%2e%2e/server.py",
    "/static/..%5cserver.py", "/static//etc/passwd", "/static/%00", "/static/css/%00app.css",
    "/static/....//server.py", "/evidence/..%2f..%2fetc%2fpasswd", "/evidence/-1", "/evidence/0",
    "/evidence/99999999999999999999", "/evidence/1%00", "/feeds/..%2f..%2fetc%2fpasswd.ics",
    "/feeds/%00.ics", "/feeds/.ics", "/issues/export.../../etc/passwd", "/issues/export.exe",
    "/api/v1/evidence/..%2f1", "/api/v1/evidence/99999999999999999999",
    "/static/" + "a" * 5000, "/issues/" + "%2e" * 2000,
)  # fmt: skip


def test_no_path_leads_out_of_its_folder(edge: Portal) -> None:
    browser = edge.sign_in("chief")
    with served(edge.app) as wire:
        for path in WALKS:
            told = wire.send(request("GET", path, browser))
            status = int(told.split(b" ")[1])
            assert 400 <= status < 500, (path, status)
            assert b"root:" not in told and b"def create_app" not in told, path


HUGE = "9" * 40
ADDRESSES = (
    "/issues/%00",
    "/issues/%ff%fe",
    "/issues/%ed%a0%80",
    "/issues/%",
    "/issues/%zz",
    "/issues/WT%00-1/history",
    "/tasks/%00/do/urge",
    "/tasks/%00/evidence",
    "/admin/people/%00",
    "/admin/units/%00",
    "/admin/sources/%00",
    "/issues?q=%00",
    "/issues?q=%ff",
    "/issues?q=%ed%a0%80",
    "/issues?q=" + "a" * 5000,
    f"/issues?level={HUGE}",
    "/issues?state=%00",
    "/issues?unit=%00",
    "/issues?project=%00",
    "/issues?cursor=%00",
    "/issues?cursor=" + HUGE,
    "/issues?due_from=%00",
    "/issues?due_from=99999-01-01",
    "/issues?due_from=0001-01-01",
    "/issues?opened_until=9999-12-31T23:59:59-23:59",
    "/issues?sort=%00",
    "/issues?sort=colour",
    f"/notices?before={HUGE}",
    "/notices?before=-1",
    f"/notices/delivery?freed={HUGE}",
    f"/issues/WT-2026-1/history?before={HUGE}",
    "/report/similar?project=%00&category=%00",
    f"/supervision?done={HUGE}",
    "/supervision?done=x",
    f"/tasks/WT-2026-1-1/do/decide?prepared={HUGE}",
    "/admin/calendar?year=" + HUGE,
    "/admin/calendar?year=0",
    "/admin/calendar?unit=%00",
    "/admin/calendar?day=%00",
    f"/admin/policy?version={HUGE}",
    "/admin/policy?version=999999999999999",
    "/admin/audit?before=999999999999999",
    "/admin/audit?area=%00",
    "/admin/audit?who=%00",
    "/admin/audit?since=x",
    "/admin/people?q=%00",
    "/admin/people?page=999999999999999",
    "/admin/policy/simulate?dispatched=%00",
    "/?board=%00",
    "/?lang=%00",
    "/issues?lang=%ff",
    "/signin?next=%00",
    "/api/v1/issues?q=%00",
    "/api/v1/notices?cursor=%00",
    "/api/v1/people?cursor=" + HUGE,
    "/issues/export.csv?q=%00",
    "/issues/export.xlsx?q=%ed%a0%80",
    "/admin/people/%F0%9F%98%80",
    "/issues/" + "x" * 3000,
)


@pytest.mark.parametrize("username", ["chief", "sysadmin", "auditor", "secadmin"])
def test_no_address_breaks_a_page(portal: Portal, username: str) -> None:
    browser = portal.sign_in(username)
    with served(portal.app) as wire:
        found = {path: wire.status(request("GET", path, browser)) for path in ADDRESSES}
    assert {path: status for path, status in found.items() if not 200 <= status < 500} == {}


NUMBERS = ("", "x", "-1", "0", "0001-01-01", "9999-12-31T23:59", HUGE, "\x00", "\ud7ff", "1e9", "١")


@pytest.mark.parametrize("username", ["chief", "sysadmin", "auditor", "secadmin", "triage"])
def test_no_entry_breaks_a_form(portal: Portal, username: str) -> None:
    case = portal.world.acknowledged("2026-09-28 08:30")
    browser = portal.sign_in(username)
    fields = (
        "session", "token", "id", "days", "year", "day", "code", "name", "username", "unit", "role",
        "what", "query", "scopes", "since", "until", "deputy", "lang", "title", "description",
        "category", "project", "board", "found_on", "key", "once", "filename", "content", "person",
        "source", "next", "version", "reason", "text", "level", "kind", "status", "old_password",
        "new_password", "repeated", "callback_url", "secret_name", "phone", "email", "post",
    )  # fmt: skip
    paths = [page.path for template, page in POSTS.items() if template != "/signout"]
    paths += [f"/tasks/{case.task}/do/urge", f"/issues/{case.issue}/do/coordinate"]
    paths += [f"/issues/views/{HUGE}/delete", f"/supervision/{HUGE}/issue"]
    client = TestClient(
        portal.app, raise_server_exceptions=False, follow_redirects=False,
        cookies=browser.client.cookies,
    )  # fmt: skip
    wrong = []
    for path in paths:
        for value in NUMBERS:
            sent = {"csrf": browser.csrf, **dict.fromkeys(fields, value)}
            answer = client.post(path, data=sent)
            if not 200 <= answer.status_code < 500:
                wrong.append((path, value[:5], answer.status_code))
    assert not wrong


BODIES = {
    "multipart without a boundary": (b"multipart/form-data", b"x"),
    "multipart that ends early": (b"multipart/form-data; boundary=b", b"--b\r\nContent-Disp"),
    "multipart without names": (
        b"multipart/form-data; boundary=b",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
    ),
    "multipart in an unknown charset": (
        b"multipart/form-data; boundary=b; charset=nonsense",
        b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\xfe\r\n--b--\r\n',
    ),
    "multipart in a charset that is a trap": (
        b"multipart/form-data; boundary=b; charset=idna",
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n..\xff.\r\n--b--\r\n',
    ),
    "form with broken escapes": (b"application/x-www-form-urlencoded", b"csrf=%zz&%ff=%&&&=;"),
    "form of bytes": (b"application/x-www-form-urlencoded", bytes(range(256))),
    "no form at all": (b"application/json", b"{"),
    "too many fields": (
        b"application/x-www-form-urlencoded",
        b"&".join(b"f%d=1" % n for n in range(2000)),
    ),
    "too many parts": (
        b"multipart/form-data; boundary=b",
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % n
            for n in range(1500)
        )
        + b"--b--\r\n",
    ),
    "too many files": (
        b"multipart/form-data; boundary=b",
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="e"; filename="%d"\r\n\r\n1\r\n' % n
            for n in range(60)
        )
        + b"--b--\r\n",
    ),
    "a field that is too long": (
        b"multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="t"\r\n\r\n'
        + b"x" * 3_000_000
        + b"\r\n--b--\r\n",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_malformed_body_is_refused_politely(edge: Portal, name: str) -> None:
    browser, (kind, body) = edge.sign_in("zjj_head"), BODIES[name]
    before = edge.world.dump()
    with served(edge.app) as wire:
        for path in ("/signin", "/report", "/account/language", "/api/v1/issues"):
            sent = request("POST", path, browser, kind, body, csrf=path.startswith("/api/"))
            assert 400 <= wire.status(sent) < 500, path
    after = edge.world.dump()
    assert all(after[name] == before[name] for name in ("issue", "login_session", "person"))


HEADERS = (
    b"Cookie: \xff\xfe=\x80",
    b"Cookie: xiaohao_session=",
    b"Cookie: ;;;=;;",
    b"Cookie: a" * 500,
    b"Cookie: xiaohao_lang=%00; xiaohao_lang=<script>",
    b'Cookie: xiaohao_lang="\\',
    b"Cookie: $Version=1; [",
    b"Accept-Language: \xff",
    b"Accept-Language: zh;q=x,,,;",
    b"HX-Request: true\r\nHX-Current-URL: \xff\r\nX-CSRF: \xff",
    b"Authorization: Bearer \xff",
    b"Authorization: Basic x",
    b"Authorization: Bearer",
    b"If-Match: \xff",
    b"Origin: \xff",
    b"Content-Length: -1",
    b"Content-Length: x",
    b"Transfer-Encoding: nonsense",
    b"User-Agent: " + b"x" * 9000,
    b"Range: bytes=9-1,x",
    b"If-None-Match: \xff",
)


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_a_malformed_header_breaks_nothing(edge: Portal, header: bytes) -> None:
    with served(edge.app) as wire:
        for path in (b"/signin", b"/issues", b"/api/v1/issues", b"/static/css/app.css"):
            start = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            status = wire.status(start + header + b"\r\n\r\n")
            assert 200 <= status < 500, (path, status)


def test_a_body_that_is_too_large_is_not_taken(edge: Portal) -> None:
    config = settings().model_copy(update={"max_body_mb": 1})
    browser = edge.sign_in("zjj_head")
    app = create_app(edge.world.db, config, with_worker=False)
    kind = b"application/x-www-form-urlencoded"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with served(app) as wire:
        for path in ("/signin", "/report", "/api/v1/issues"):
            head = request("POST", path, browser, kind, csrf=True)
            declared = head.replace(b"Content-Length: 0", b"Content-Length: 1048577")
            assert wire.status(declared) == 413, path
            chunked = head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
            assert wire.status(chunked, *[chunk] * 17) == 413, path


def test_a_body_that_comes_too_slowly_is_cut(edge: Portal) -> None:
    config = settings().model_copy(update={"body_seconds": 0.2})
    browser = edge.sign_in("zjj_head")
    app = create_app(edge.world.db, config, with_worker=False)
    with served(app) as wire:
        for path in ("/signin", "/report", "/api/v1/issues"):
            head = request("POST", path, browser, b"application/x-www-form-urlencoded", csrf=True)
            head = head.replace(b"Content-Length: 0", b"Content-Length: 100")
            assert wire.status(head, b"slow") == 408, path


def request(
    method: str,
    path: str,
    browser: Browser,
    kind: bytes = b"",
    body: bytes = b"",
    *,
    csrf: bool = False,
) -> bytes:
    """The bytes of a request of a signed-in browser."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: testserver", b"Connection: close"]
    lines.append(f"Cookie: {COOKIE}={browser.client.cookies[COOKIE]}".encode())
    lines += [b"Content-Type: " + kind] if kind else []
    lines += [f"X-CSRF: {browser.csrf}".encode()] if csrf else []
    lines += [b"Content-Length: %d" % len(body)] if method == "POST" else []
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


# ------------------------------------------------------------------ templates and files


def test_no_template_has_script_style_or_events_of_its_own() -> None:
    for path in FOLDER.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"\son[a-z]+\s*=", text), path
        assert not re.search(r"\shx-on", text) and not re.search(r"\sstyle\s*=", text), path
        assert "<style" not in text and "javascript:" not in text, path
        for tag in re.findall(r"<script\b[^>]*>", text):
            assert " src=" in tag or 'type="application/json"' in tag, (path, tag)
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", text), path


def test_nothing_comes_from_another_host() -> None:
    for path in (*FOLDER.rglob("*.html"), *STATIC.rglob("*.css"), *STATIC.rglob("*.svg")):
        text = path.read_text("utf-8")
        found = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"'<>)]*", text))
        assert found <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, path
    for path in (p for p in STATIC.rglob("*.js") if "vendor" not in p.parts):
        assert "://" not in path.read_text("utf-8"), path


def test_the_language_of_a_garbled_cookie_is_the_usual_one(edge: Portal) -> None:
    client = TestClient(edge.app)
    for value in ("xx", "<script>", "zh_CN;x", "%00", "../../etc", "e" * 4000):
        answer = client.get("/signin", headers={"cookie": f"xiaohao_lang={value}"})
        assert answer.status_code == 200
        assert (
            '<html lang="zh-CN">' in answer.text and "<script>" not in answer.text.split("<body")[1]
        )
