"""Who may do what and open what: every rule and every page, for every role in every unit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.matrix_cases import action_of
from tests.acceptance.matrix_cast import founded
from tests.acceptance.matrix_rules import expected, of_people, stated
from tests.acceptance.matrix_stage import NEVER_SEEN, Played, Theatre, staged
from tests.databases import sqlite_url
from models.db import Database
from tests.world import World

RULES = [rule.tag for rule in of_people()]


@pytest.fixture(scope="module")
def founding(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A database with the cast and no issue, to be copied."""
    path = tmp_path_factory.mktemp("matrix") / "founded.db"
    shutil.copyfile(sqlite_template, path)
    db = Database(sqlite_url(path))
    world = founded(db)
    db.close()
    return path, world


@pytest.fixture
def theatre(founding: tuple[Path, World], tmp_path: Path) -> Iterator[Theatre]:
    """A fresh copy with the portal over it."""
    template, world = founding
    path = tmp_path / "matrix.db"
    shutil.copyfile(template, path)
    with staged(sqlite_url(path), tmp_path / "var", lambda _db: world) as found:
        yield found


@pytest.mark.parametrize("tag", RULES)
def test_a_rule_is_for_whom_the_definition_names_and_hidden_from_outsiders(
    theatre: Theatre, tag: str
) -> None:
    played = theatre.case(tag)
    before = theatre.world.dump()
    told = {200: 409, 403: 403, 404: 404}
    called = {200: 412, 403: 403, 404: 404}
    wrong = []
    for member in theatre.members:
        wanted = expected(member, stated()[tag], played.facts)
        version = NEVER_SEEN if wanted == 200 else played.version()
        found = (
            played.open(member).status,
            played.send(member, version).status,
            played.call(member, version).status,
        )
        if found != (wanted, told[wanted], called[wanted]):
            wrong.append((str(member), wanted, found))
    assert not wrong
    assert theatre.world.dump() == before
