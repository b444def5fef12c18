"""The ledger's filter as an address: what is written is read back as the very same filter."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import insert, update
from starlette.datastructures import QueryParams

from models import tables
from models.queries.ledger import LedgerFilter
from models.queries.waiting import KINDS
from tests.platforms import CODE, registered
from tests.world import World, at
from web.ledger_query import merged, narrowed, read, write
from web.templating import url
from workflow.context import find_actor
from workflow.errors import Malformed

MOMENT = at("2026-09-28 10:07:03")


def samples(world: World) -> dict[str, Any]:
    """A value for every field of the filter that narrows something."""
    named = {
        "phases": ("closure", "discovery"), "states": ("closed",), "lights": ("red", "grey"),
        "boards": (0, world.units["lucheng"]), "categories": ("杆线迁移", "用地"),
        "projects": (0, 1), "levels": (0, 3), "level_from": 2, "coordination_levels": (1,),
        "sources": (CODE,), "text": "杆线 & 100%", "waiting": "dispatch",
    }  # fmt: skip
    found: dict[str, Any] = {}
    for field in fields(LedgerFilter):
        if field.name in named:
            found[field.name] = named[field.name]
        elif "units" in field.name:
            found[field.name] = (world.units["zjj"], world.units["gdgs"])
        elif field.type == "bool":
            found[field.name] = True
        else:
            found[field.name] = MOMENT
    return found


def again(world: World, wanted: LedgerFilter) -> LedgerFilter:
    """Write a filter as an address and read that."""
    with world.db.read() as s:
        return read(
            s,
            find_actor(s, "chief"),
            QueryParams(url("/issues", **write(s, wanted)).partition("?")[2]),
        )


def test_every_field_survives_the_address_alone_and_together(world: World) -> None:
    with world.db.write() as s:
        s.execute(insert(tables.project), [{"name": "万洋众创城"}])
    registered(world)
    given = samples(world)
    assert given.keys() == {field.name for field in fields(LedgerFilter)}
    for name, value in given.items():
        wanted = LedgerFilter(**{name: value})
        assert again(world, wanted) == wanted, name
        assert narrowed(wanted), name
    assert again(world, LedgerFilter(**given)) == LedgerFilter(**given)
    assert not narrowed(again(world, LedgerFilter()))


def test_every_kind_of_to_do_has_an_address(world: World) -> None:
    for kind in KINDS:
        assert again(world, LedgerFilter(waiting=kind)).waiting == kind


@pytest.mark.parametrize("day", ["2026-09-28", "20260928", "2026-W40-1"])
def test_a_date_means_its_whole_day_in_the_policys_zone(world: World, day: str) -> None:
    with world.db.read() as s:
        words = f"due_from={day}&due_until={day}"
        found = read(s, find_actor(s, "chief"), QueryParams(words))
    assert found.due_from == at("2026-09-28 00:00")
    assert found.due_until == at("2026-09-29 00:00")


def test_every_fault_is_named_at_once(world: World) -> None:
    with world.db.read() as s, pytest.raises(Malformed) as refusal:
        words = "unit=nobody&level=high&due_from=soon&project=none&waiting=nothing"
        read(s, find_actor(s, "chief"), QueryParams(words))
    assert {reason.field for reason in refusal.value.reasons} == {
        "unit", "level", "due_from", "project", "waiting",
    }  # fmt: skip
    assert all(reason.remedy for reason in refusal.value.reasons)


WRONG = {
    "phase": ("thinking", "discovery"), "state": ("lost", "triaging"), "light": ("purple", "grey"),
    "category": ("天气", "杆线迁移"), "source": ("nobody", CODE), "level": ("55", "6"),
    "level_from": ("7", "6"), "coordination": ("5", "4"), "waiting": ("nothing", "verify"),
    "listed": ("maybe", "1"), "overdue": ("yes please", "0"), "open": ("2", "1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_value_outside_its_words_is_refused_and_the_words_are_told(
    world: World, name: str
) -> None:
    registered(world)
    wrong, right = WRONG[name]
    with world.db.read() as s, pytest.raises(Malformed) as refusal:
        read(s, find_actor(s, "chief"), QueryParams({name: wrong}))
    (reason,) = refusal.value.reasons
    assert (reason.code, reason.field) == (f"{name}_malformed", name)
    assert name in reason.message and wrong in reason.message
    assert right in re.split(r"[ ,.、。：]+", reason.remedy)
    with world.db.read() as s:
        read(s, find_actor(s, "chief"), QueryParams({name: right}))


def test_what_an_issue_bears_is_a_value_although_no_rule_names_it(world: World) -> None:
    number = world.reported("2026-03-02 10:00")
    with world.db.write() as s:
        bears = {"source_system": "old-ledger", "category": "旧类"}
        s.execute(update(tables.issue).where(tables.issue.c.number == number).values(bears))
    with world.db.read() as s:
        found = read(s, find_actor(s, "chief"), QueryParams("source=old-ledger&category=旧类"))
    assert (found.sources, found.categories) == (("old-ledger",), ("旧类",))


def test_what_only_issues_of_others_bear_is_no_value(world: World) -> None:
    world.reported("2026-03-02 10:00")
    with world.db.write() as s:
        s.execute(update(tables.issue).values(source_system="old-ledger", category="旧类"))
    for query in ("source=old-ledger", "category=旧类"):
        with world.db.read() as s, pytest.raises(Malformed):
            read(s, find_actor(s, "henglin_reporter"), QueryParams(query))
        with world.db.read() as s:
            read(s, find_actor(s, "lucheng_reporter"), QueryParams(query))


def test_a_link_keeps_the_rest_of_the_query() -> None:
    query = {"light": ["red"], "q": ["x"]}
    assert merged(query, q="y", sort="level") == {"light": ["red"], "q": ["y"], "sort": ["level"]}
    assert merged(query, q=None) == {"light": ["red"]}
