"""A merged record in the portal: what it still holds is shown, and nothing new is filed on it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.integration.library_kit import added, row
from tests.integration.test_project_registers import handed_out, merged, planned, reported
from tests.portal import Portal

pytestmark = pytest.mark.one_database


def test_what_stays_with_a_merged_record_is_shown_with_the_kept_one(portal: Portal) -> None:
    world = portal.world
    one, two, three = (added(world, name) for name in ("甲", "乙", "丙"))
    for key in (one, two):
        planned(world, key)
        handed_out(world, key)
        reported(world, key, "2026-07", 12_300)
    merged(world, one, two)
    merged(world, one, three)
    chief = portal.sign_in("chief")
    page = chief.page(f"/projects/{one}")
    assert {f"/projects/{two}/plan", f"/projects/{two}/land"} <= set(page.links)
    assert page.text.count("1.23") >= 2
    assert f"/projects/{three}/plan" not in page.links  # it left nothing behind
    left = chief.page(f"/projects/{two}/plan")
    assert not [link for link in left.links if "/plan/" in link]  # nothing is to be done there
    assert not [link for link in chief.page(f"/projects/{two}/land").links if "/plan/" in link]
    assert portal.sign_in("henglin_head").get(f"/projects/{one}").status_code == 404


def test_a_merged_record_is_not_offered_for_a_new_issue(portal: Portal) -> None:
    world = portal.world
    one, two = added(world, "甲项目"), added(world, "乙项目")
    merged(world, one, two)
    gone = row(world, two).name
    reporter = portal.sign_in("lucheng_reporter")
    page = reporter.page("/report")
    assert "甲项目" in page.text
    assert gone not in page.text
    form = page.form("/report").values | {
        "title": "管线未迁移", "description": "影响桩基施工", "category": "杆线迁移",
        "project": gone, "found_on": date(2026, 9, 28).isoformat(),
    }  # fmt: skip
    answer = reporter.post("/report", form)
    assert answer.status == 422
    assert gone in answer.text
