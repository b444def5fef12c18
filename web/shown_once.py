"""A new secret is shown once, on the page that the form leads to: a reload makes no second one.

Between the two answers it travels in a cookie of this page alone, which no script reads and the
showing removes; no database, log or address ever holds it. The mark, made with the session's own
secret, keeps anybody else from putting words onto the page.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from web.call import secret_of, settings_of

_NAME = "xiaohao_once"
_SECONDS = 120


def led_on(request: Request, path: str, kind: str, secret: str) -> Response:
    """Lead on to `path`, a page that shows the secret (a token, an address) by its kind."""
    answer = RedirectResponse(path, status_code=303)
    packed = urlsafe_b64encode(f"{kind}\n{secret}".encode()).decode().rstrip("=")
    answer.set_cookie(
        _NAME,
        f"{packed}.{_mark(request, packed)}",
        max_age=_SECONDS,
        path=_place(path),
        httponly=True,
        samesite="strict",
        secure=settings_of(request).base_url.startswith("https:"),
    )
    return answer


def waiting(request: Request, kind: str) -> str:
    """The secret of that kind which this page is to show, or an empty text."""
    packed, _dot, mark = request.cookies.get(_NAME, "").partition(".")
    given = mark.encode("utf-8", "surrogatepass")
    if not packed or not hmac.compare_digest(_mark(request, packed).encode(), given):
        return ""
    raw = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    named, _line, secret = raw.decode().partition("\n")
    return secret if named == kind else ""


def forget(request: Request, answer: Response) -> None:
    """The page has been made: the browser keeps nothing."""
    if _NAME in request.cookies:
        # as `led_on` was given it: a username may be Chinese, a header may not
        answer.delete_cookie(_NAME, path=quote(request.scope["path"]), httponly=True)


def _mark(request: Request, packed: str) -> str:
    key = secret_of(request).encode("utf-8", "surrogatepass")
    text = b"xiaohao shown once " + packed.encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _place(path: str) -> str:
    return path.partition("?")[0]
