"""A session that asks too much is told when to come back; others go on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from config.settings import settings
from tests.portal import Portal
from tests.world import World
from web.limits import Buckets
from web.server import create_app

pytestmark = pytest.mark.one_database

FORM = "/notices/read"
WORDS = {"zh_CN": ("过于频繁", "秒"), "en": ("Too many requests", "seconds")}


@dataclass
class Clock:
    """A clock that stands still until the test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def limited(portal: Portal, most: int) -> Clock:
    """Let every session have so many calls a minute, on a clock of ours."""
    clock = Clock()
    fresh = Buckets(most, clock=clock)
    buckets = portal.app.state.portal_limit
    for name in ("_most", "_clock", "_rate", "_levels"):
        setattr(buckets, name, getattr(fresh, name))
    return clock


@pytest.mark.parametrize("language", WORDS)
def test_forms_beyond_the_limit_are_refused_in_words_until_the_bucket_fills(
    portal: Portal, language: str
) -> None:
    head, other = portal.sign_in("zjj_head"), portal.sign_in("zgj_head")
    head.client.cookies.set("xiaohao_lang", language)
    clock = limited(portal, 3)
    for _n in range(3):
        assert head.post(FORM, {}).status == 403, "counted before the form's token is looked at"
    refused = head.post(FORM, {})
    assert refused.status == 429
    assert refused.response.headers["retry-after"] == "20"
    assert all(word in refused.words for word in WORDS[language]), refused.words
    assert head.page("/").status == 200, "reading goes on"
    assert other.post(FORM, {}).status == 403, "so do others"
    clock.now += 20
    assert head.post(FORM, {}).status == 403


def test_an_export_counts_as_many_forms(portal: Portal) -> None:
    chief = portal.sign_in("chief")
    clock = limited(portal, 45)
    assert chief.get("/issues/export.csv").status_code == 200
    assert chief.get("/issues/export.xlsx").status_code == 200
    refused = chief.get("/issues/export.csv")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
    assert chief.get("/issues").status_code == 200
    clock.now += 20
    assert chief.get("/issues/export.csv").status_code == 200


def test_a_small_limit_still_lets_one_export_through(portal: Portal) -> None:
    chief = portal.sign_in("chief")
    limited(portal, 5)
    assert chief.get("/issues/export.csv").status_code == 200
    assert chief.get("/issues/export.csv").status_code == 429


def test_strangers_and_odd_cookies_fill_no_bucket(portal: Portal) -> None:
    limited(portal, 1)
    nobody = portal.anonymous()
    for _n in range(3):
        assert nobody.post(FORM, {}).status == 303
    for cookie in ('a"b', "xiaohao_session", "=;;="):
        got = nobody.client.post(FORM, headers={"cookie": cookie})
        assert got.status_code == 303
    assert portal.app.state.portal_limit._levels == {}


@pytest.mark.parametrize("odd", ["a[]=1", "a b", '{"a":1}', "="])
def test_an_odd_cookie_beside_the_sessions_opens_no_way_around_the_limit(
    portal: Portal, odd: str
) -> None:
    head = portal.sign_in("zjj_head")
    limited(portal, 1)
    cookies = {"cookie": f"{odd}; xiaohao_session={head.client.cookies['xiaohao_session']}"}
    assert head.client.post(FORM, headers=cookies).status_code == 403
    assert head.client.post(FORM, headers=cookies).status_code == 429


def test_no_secret_is_held_in_memory(portal: Portal) -> None:
    head = portal.sign_in("zjj_head")
    head.post(FORM, {})
    secret = head.client.cookies.get("xiaohao_session")
    assert secret and secret not in str(dict(portal.app.state.portal_limit._levels))


def test_the_limit_is_the_settings_and_the_api_has_its_own(world: World) -> None:
    config = settings().model_copy(update={"portal_per_minute": 7})
    app = create_app(world.db, config, with_worker=False)
    assert app.state.portal_limit.take("x").limit == 7
    client = TestClient(app)
    client.cookies.set("xiaohao_session", "x")
    for _n in range(9):
        assert client.post("/api/v1/issues").status_code == 401
