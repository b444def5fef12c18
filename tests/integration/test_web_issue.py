"""The page of an issue."""

from __future__ import annotations

from tests.portal import Portal


def test_an_issue_opens_for_its_unit_and_not_for_others(portal: Portal) -> None:
    case = portal.world.dispatched("2026-09-28 10:00")
    portal.at("2026-09-28 11:00")
    assert case.issue in portal.sign_in("zjj_head").page(f"/issues/{case.issue}").text
    portal.sign_in("sthj_head").page(f"/issues/{case.issue}", 404)
