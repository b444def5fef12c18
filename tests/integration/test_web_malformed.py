"""What a broken program or a curious person sends: refused politely, and nothing breaks."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from config.settings import settings
from tests.acceptance.matrix_pages import POSTS
from tests.live import served
from tests.portal import Browser, Portal
from tests.wire import WireClient
from web.call import COOKIE
from web.server import create_app

pytestmark = pytest.mark.one_database

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
    client = WireClient(portal.app, raising=False)
    client.cookies.update(browser.client.cookies)
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


def test_the_language_of_a_garbled_cookie_is_the_usual_one(edge: Portal) -> None:
    client = TestClient(edge.app)
    for value in ("xx", "<script>", "zh_CN;x", "%00", "../../etc", "e" * 4000):
        answer = client.get("/signin", headers={"cookie": f"xiaohao_lang={value}"})
        assert answer.status_code == 200
        assert (
            '<html lang="zh-CN">' in answer.text and "<script>" not in answer.text.split("<body")[1]
        )
