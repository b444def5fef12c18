"""The portal as its users drive it: named people sign in, read pages, and send their forms."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import Response

from config import clock
from config.settings import settings
from tests.forms import Form, read_forms
from tests.terminal import fresh_settings
from tests.wire import WireClient
from tests.world import Moment, World, moment
from web.call import COOKIE
from web.server import create_app
from workflow.accounts import passwords, store
from workflow.accounts.secret import csrf_token

PASSWORD = "Correct-horse-7"
MORNING = "2026-09-28 09:00"
CHEAP = {
    "XIAOHAO_PASSWORD_TIME_COST": "1",
    "XIAOHAO_PASSWORD_MEMORY_KIB": "8",
    "XIAOHAO_PASSWORD_DAYS": "0",  # tests jump over months
    "XIAOHAO_SESSION_IDLE_MINUTES": "5000000",
    "XIAOHAO_SESSION_HOURS": "80000",
    "XIAOHAO_API_PER_MINUTE": "100000",
    "XIAOHAO_PORTAL_PER_MINUTE": "100000",
}
"""What a test's process can afford, and sessions that outlast a jump in time."""

Upload = tuple[str, tuple[str, bytes, str]]
"""Field, and the file's name, content and declared type."""
Values = Mapping[str, str | Sequence[str]]


@dataclass(slots=True)
class Page:
    """An answer of the portal."""

    response: Response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def text(self) -> str:
        """The whole HTML."""
        return self.response.text

    @property
    def words(self) -> str:
        """What a reader sees: no tags, one space between words."""
        bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", self.text, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())

    @property
    def location(self) -> str:
        """Where it leads on, empty when it does not."""
        return str(self.response.headers.get("location", ""))

    @property
    def forms(self) -> list[Form]:
        """Every form, those of the frame among them."""
        return read_forms(self.text)

    def form(self, action: str = "") -> Form:
        """The one form of the content that posts (to an address that contains `action`)."""
        found = [
            form
            for form in self.forms
            if form.method == "post" and action in form.action
            and form.action not in ("/language", "/signout")
        ]  # fmt: skip
        assert len(found) == 1, [form.action for form in self.forms]
        return found[0]

    @property
    def links(self) -> list[str]:
        """The addresses of every link, in order."""
        return [
            html.unescape(found) for found in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', self.text)
        ]


@dataclass(slots=True)
class Browser:
    """A signed-in person's browser. Redirects are told, not followed."""

    client: WireClient
    username: str

    def get(self, path: str, **headers: str) -> Response:
        """The raw answer to a GET; header names with `_` for `-`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        found: Response = self.client.get(path, headers=given)
        return found

    def page(self, path: str, status: int = 200) -> Page:
        """A page, which must answer with that status."""
        found = Page(self.get(path))
        assert found.status == status, (path, found.status, found.words[:2000])
        return found

    @property
    def csrf(self) -> str:
        """The token that this session's forms carry."""
        return csrf_token(self.client.cookies.get(COOKIE) or "")

    def fill(
        self,
        path: str,
        values: Values | None = None,
        files: Sequence[Upload] | None = None,
        *,
        form: str = "",
        button: tuple[str, str] | None = None,
    ) -> Page:
        """Open a page, fill in its form and send it: everything untouched goes as it stands.

        `form` names the form by a part of its address where there are several. Names that the
        form does not have are a fault of the test.
        """
        shown = self.page(path).form(form)
        given = dict(values or {})
        uploads = {name for name, _file in files or ()}
        assert given.keys() | uploads <= shown.names, (given.keys() | uploads) - shown.names
        sent: dict[str, str | Sequence[str]] = {**shown.values, **given}
        if button is not None:
            sent[button[0]] = button[1]
        return self.post(shown.action or path, sent, files)

    def send(
        self, path: str, values: Values | None = None, files: Sequence[Upload] | None = None
    ) -> Page:
        """Post values straight to an address, with the session's token."""
        return self.post(path, {"csrf": self.csrf, **(values or {})}, files)

    def post(
        self, path: str, values: Values | None = None, files: Sequence[Upload] | None = None
    ) -> Page:
        """Post exactly these values, whatever is missing."""
        data = {k: v if isinstance(v, str) else list(v) for k, v in (values or {}).items()}
        return Page(self.client.post(path, data=data, files=list(files) if files else None))

    def follow(self, answer: Page) -> Page:
        """The page that a redirect leads to, which must be one."""
        assert answer.status == 303, (answer.status, answer.words[:2000])
        return self.page(answer.location)


@dataclass(slots=True)
class Portal:
    """The application over a world's database, at a moment that the test sets."""

    world: World
    app: FastAPI
    now: datetime
    folder: Path
    browsers: dict[str, Browser] = field(default_factory=dict)
    _hash: str = ""

    def at(self, when: Moment) -> Portal:
        """Set the clock of the edge."""
        self.now = moment(when)
        return self

    def anonymous(self) -> Browser:
        """A browser in which nobody has signed in."""
        return Browser(WireClient(self.app), "")

    def sign_in(self, username: str, *, again: bool = False) -> Browser:
        """Somebody's browser: an account is made and the form of the sign-in sent, once."""
        if username in self.browsers and not again:
            return self.browsers[username]
        self._account(username)
        browser = Browser(WireClient(self.app), username)
        answer = browser.post("/signin", {"username": username, "password": PASSWORD, "next": "/"})
        assert answer.status == 303, answer.words[:500]
        self.browsers[username] = browser
        return browser

    def _account(self, username: str) -> None:
        self._hash = self._hash or passwords.hash_password(PASSWORD)
        with self.world.db.write() as s:
            if store.account(s, self.world.people[username]) is None:
                person_id = self.world.people[username]
                store.put(s, person_id, self._hash, must_change=False, now=self.now)


@contextmanager
def opened(world: World, folder: Path, when: Moment = MORNING) -> Iterator[Portal]:
    """The portal over a world. Its files go below `folder`; its clock stands at `when`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**CHEAP, "XIAOHAO_VAR_DIR": str(folder)}.items():
            patch.setenv(name, value)
        with fresh_settings():
            app = create_app(world.db, settings(), with_worker=False)
            found = Portal(world, app, moment(when), folder)
            patch.setattr(clock, "now", lambda: found.now)
            yield found
