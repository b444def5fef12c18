"""A forgotten look-back is urged again and again, once a moment, and says which one it is."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from config.i18n import LANGUAGES
from models import tables
from notifications.render import render_notice
from tests.world import World, at
from workflow.commands import closure
from workflow.sweep import tick

CLOSED = "2026-03-02 10:00"


def forgotten(world: World, until: str) -> None:
    """A weighty issue is closed, and nobody looks back while the weeks go by."""
    case = world.verified(CLOSED, major=True)
    world.do(closure.approve, "director", CLOSED, issue=case.issue, opinion="同意销号")
    now = at("2026-04-01 09:00")
    while now <= at(until):
        tick(world.db, now)
        now += timedelta(days=1)


def test_its_day_is_told_once_and_only_its_end_is_repeated(world: World) -> None:
    forgotten(world, "2026-05-20 18:00")
    first, _second = world.rows(tables.lookback)
    occasions = {n.occasion for n in world.notices("inspector")}
    told = sorted(o.removeprefix("limit:") for o in occasions if ":lookback" in o)
    assert told[:2] == [f"lookback:{first.id}", f"lookback_late:{first.id}"]
    assert len(told) > 5
    assert all(o.startswith(f"lookback_late:{first.id}#") for o in told[2:])


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_open_ones_are_told_apart_wherever_they_meet(world: World, language: str) -> None:
    forgotten(world, "2026-07-01 18:00")
    for username in ("inspector", "chief"):
        notices = [n for n in world.notices(username) if n.facts.get("todo") == "lookback"]
        assert {n.facts["lookback_day"] for n in notices} == {30, 90}
        subjects = Counter(
            (n.created_at, render_notice(n.kind, language, n.facts).subject) for n in notices
        )
        assert set(subjects.values()) == {1}
    days = {n.facts["lookback_day"]: render_notice("todo", language, n.facts) for n in notices}
    assert all(str(day) in told.subject and str(day) in told.text for day, told in days.items())
