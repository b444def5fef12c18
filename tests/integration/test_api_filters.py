"""The names that narrow lists and figures: each alone, and cursors that nobody was given."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.api import program
from tests.platforms import CODE, registered
from tests.portal import Portal
from web.ledger_query import NAMES, OF_ISSUES

MORNING = "2026-09-28 09:00"
VALUES = {
    "board": "lucheng", "unit": "zjj", "co_unit": "zjj", "reporter_unit": "lucheng",
    "level": "0", "level_from": "1", "coordination": "1", "project": "0", "waiting": "triage",
    "light": "green", "state": "in_progress", "phase": "assignment", "category": "杆线迁移",
    "source": CODE, "q": "杆线",
}  # fmt: skip


def value_of(name: str) -> str:
    dated = name.endswith(("_from", "_until", "_at"))
    return VALUES.get(name) or ("2026-09-01" if dated else "1")


def documented(portal: Portal) -> set[str]:
    told = program(portal, "chief").get("/openapi.json")["paths"]["/api/v1/statistics"]["get"]
    return {p["name"] for p in told["parameters"] if p["in"] == "query"} - {"period", "periods"}


def test_figures_take_every_filter_that_they_document(portal: Portal) -> None:
    portal.world.acknowledged(MORNING)
    registered(portal.world)
    assert documented(portal) == set(OF_ISSUES)
    caller = program(portal, "chief")
    for name in OF_ISSUES:
        asked = {name: value_of(name)}
        found = caller.get("/statistics", params=asked | {"periods": "2"})
        assert found["total"]["count"] == caller.get("/issues", params=asked)["total"], name
        assert len(found["trend"]) == 2


def test_figures_name_every_filter_that_they_do_not_take(portal: Portal) -> None:
    caller = program(portal, "chief")
    others = [name for name in NAMES if name not in OF_ISSUES]
    assert len(others) > 10
    for name in others:
        for periods in ("0", "2"):
            asked = {name: value_of(name), "periods": periods}
            (reason,) = caller.get("/statistics", 422, params=asked)["reasons"]
            assert (reason["code"], reason["field"]) == (f"{name}_not_here", name)
            assert name in reason["remedy"]
    both = caller.get("/statistics?overdue=1&unit=zjj&light=red", 422)["reasons"]
    assert {reason["field"] for reason in both} == {"overdue", "unit"}
    caller.get("/statistics?overdue=0&unit=")


UNKNOWN = {
    "/issues?light=purple": ("light", "red"), "/issues?phase=later": ("phase", "closure"),
    "/issues?state=lost": ("state", "triaging"), "/issues?level=77": ("level", "6"),
    "/issues?sort=beauty": ("sort", "deadline"), "/issues?listed=perhaps": ("listed", "1"),
    "/issues?coordination=9": ("coordination", "4"), "/statistics?light=purple": ("light", "grey"),
    "/statistics?period=day": ("period", "week"), "/tasks?light=purple": ("light", "green"),
    "/tasks?state=lost": ("state", "submitted"),
}  # fmt: skip


@pytest.mark.parametrize("path", UNKNOWN)
def test_a_word_that_means_nothing_is_refused_with_the_words_there_are(
    portal: Portal, path: str
) -> None:
    field, right = UNKNOWN[path]
    caller = program(portal, "chief")
    assert len(caller.codes("GET", path, 422)) == 1
    told = caller.get(path, 422)
    (reason,) = told["reasons"]
    assert reason["field"] == field and field in reason["message"]
    assert right in reason["remedy"].replace(",", " ").replace(".", " ").split()


def test_the_portal_names_the_field_and_the_words_too(portal: Portal) -> None:
    chief = portal.sign_in("chief")
    shown = chief.page("/issues?light=purple&state=lost", 422).words
    assert "light" in shown and "purple" in shown and "yellow" in shown
    assert "lost" in shown and "triaging" in shown
    assert chief.get("/issues/export.csv?light=purple").status_code == 422


def forged(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


FORGED: dict[str, list[tuple[Any, ...]]] = {
    "newest": [(0, 0, 2**31), (0, 0, 2**63 - 1), (0, 1, -(2**63)), (0, 0, 10**80)],
    "updated": [(0, 0, "0001-01-01T00:00:00+14:00", 1), (0, 1, "9999-12-31T23:59:59-23:59", 1),
                (0, 0, "2026-09-28T00:00:00+00:00", 2**40)],
    "deadline": [(0, 0, "0001-01-01T00:00:00+00:00", 1), (0, 0, "9999-12-31T00:00:00-01:00", 1),
                 (1, 0, 2**33)],
    "level": [(0, 0, 2**40, 1), (0, 0, 1, 2**62)],
}  # fmt: skip


@pytest.mark.parametrize("sort", FORGED)
def test_a_forged_cursor_is_refused(portal: Portal, sort: str) -> None:
    portal.world.acknowledged(MORNING)
    caller, chief = program(portal, "chief"), portal.sign_in("chief")
    for values in FORGED[sort]:
        cursor = forged(sort, *values)
        path = f"/issues?sort={sort}&cursor={cursor}"
        assert caller.codes("GET", path, 422) == ["cursor_malformed"], values
        assert chief.get(path).status_code == 422, values
        if sort == "deadline":
            assert caller.codes("GET", f"/requests?cursor={cursor}", 422) == ["cursor_malformed"]


def test_the_largest_numbers_of_a_column_are_still_places(portal: Portal) -> None:
    number = portal.world.reported(MORNING)
    found = program(portal, "chief").get(f"/issues?cursor={forged('newest', 0, 0, 2**31 - 1)}")
    assert [item["number"] for item in found["items"]] == [number]
