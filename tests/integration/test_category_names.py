"""A category is stored under its Chinese name and shown in the reader's language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.i18n import language
from config.policy import parse_policy, shipped_policy
from tests.terminal import Terminal
from tests.world import World
from workflow.wording import category_name

POLICY = parse_policy(shipped_policy())
DISPATCHED = "2026-03-02 10:00"


@pytest.mark.parametrize("name", POLICY.categories)
def test_every_shipped_category_has_an_english_name(name: str) -> None:
    with language("en"):
        assert category_name(POLICY, name).isascii()
    with language("zh_CN"):
        assert category_name(POLICY, name) == name


def test_a_category_that_a_policy_no_longer_has_keeps_its_name() -> None:
    with language("en"):
        assert category_name(POLICY, "修路") == "修路"


def test_a_list_shows_the_readers_name_and_is_searched_by_the_stored_one(
    terminal: Terminal, world: World
) -> None:
    world.dispatched(DISPATCHED)
    chinese = replace(terminal, lang="zh_CN")
    listing = "issue list --category 杆线迁移"
    english_table, chinese_table = (t.ok(listing, by="chief") for t in (terminal, chinese))
    assert "Utility line relocation" in english_table and "杆线迁移" not in english_table
    assert "杆线迁移" in chinese_table
    [item] = terminal.data(listing, by="chief")["issues"]
    assert (item["category"], item["category_name"]) == ("杆线迁移", "Utility line relocation")


def test_a_whole_issue_shows_it_too(terminal: Terminal, world: World) -> None:
    number = world.dispatched(DISPATCHED).issue
    assert "Utility line relocation" in terminal.ok(f"issue show {number}", by="chief")
    shown = terminal.data(f"issue show {number}", by="chief")
    assert (shown["category"], shown["category_name"]) == ("杆线迁移", "Utility line relocation")
