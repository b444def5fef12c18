"""Dates at the ends of the calendar, wherever one can be typed: refused by field, never a fault."""

from __future__ import annotations

import pytest

from models import tables
from tests.api import program
from tests.portal import Portal
from web.ledger_query import MOMENTS

pytestmark = pytest.mark.one_database

FAR = (
    "0001-01-01", "9999-12-31", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-23:59",
)  # fmt: skip


def test_the_ledger_its_file_and_the_api_name_the_filter(portal: Portal) -> None:
    portal.world.acknowledged("2026-09-28 08:30")
    chief, caller = portal.sign_in("chief"), program(portal, "chief")
    for name in MOMENTS:
        for far in FAR:
            assert chief.get(f"/issues?{name}={far}").status_code == 422, (name, far)
            assert chief.get(f"/issues/export.csv?{name}={far}").status_code == 422, (name, far)
            (reason,) = caller.get(f"/issues?{name}={far}", 422)["reasons"]
            assert (reason["code"], reason["field"]) == ("date_far", name)
        assert caller.get(f"/issues?{name}=1970-01-01")["total"] in (0, 1)


@pytest.mark.parametrize("name", ["since", "until"])
def test_the_auditors_page_says_so(portal: Portal, name: str) -> None:
    auditor = portal.sign_in("auditor")
    for far in ("0001-01-01", "9999-12-31"):
        assert f'value="{far}"' in auditor.page(f"/admin/audit?{name}={far}", 422).text
    auditor.page(f"/admin/audit?{name}=2026-09-28")


@pytest.mark.parametrize("name", ["dispatched", "due"])
def test_the_simulator_says_so(portal: Portal, name: str) -> None:
    chief = portal.sign_in("sysadmin")
    given = "/admin/policy/simulate?category=%E6%9D%86%E7%BA%BF%E8%BF%81%E7%A7%BB"
    chief.page(f"{given}&dispatched=2026-09-28T10:00")
    for far in (*FAR, "1905-01-01", "2199-01-01"):
        asked = {"dispatched": "2026-09-28T10:00", name: far}
        chief.page(given + "".join(f"&{k}={v}" for k, v in asked.items()), 422)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_nobody_is_absent_so_far_away(portal: Portal, year: str) -> None:
    head = portal.sign_in("zjj_head")
    for name in ("since", "until"):
        given = {"since": "2026-09-29T00:00", "until": "2026-10-09T00:00", "deputy": ""}
        answer = head.send("/account/away", given | {name: f"{year}-06-01T00:00"})
        assert answer.status == 422, answer.words[:500]
    person = portal.world.row(tables.person, username="zjj_head")
    assert (person.away_from, person.away_until) == (None, None)


def test_an_order_that_is_none_is_refused_and_the_first_page_shown(portal: Portal) -> None:
    number = portal.world.reported("2026-09-28 08:30")
    chief = portal.sign_in("chief")
    assert number in chief.page("/issues?sort=colour", 422).text
    assert chief.get("/issues/export.csv?sort=colour").status_code == 422
    assert chief.get("/issues/export.csv?sort=").status_code == 200
    codes = program(portal, "chief").codes("GET", "/issues?sort=colour", 422)
    assert len(codes) == 1
