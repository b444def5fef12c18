"""The database itself keeps what an official document says, whoever writes behind the engine."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DatabaseError

from models import tables
from tests import papers
from tests.world import World, at
from workflow import audit
from workflow.documents import commands

NOW = "2026-09-28 10:00"
LATER = "2026-09-29 10:00"
DOCUMENT, ADDRESSEE = tables.document, tables.document_addressee


def refused(world: World, statement: Any) -> None:
    with pytest.raises(DatabaseError, match="keep what they say"), world.db.write() as s:
        s.execute(statement)


@pytest.fixture
def key(world: World) -> int:
    """An order that is issued."""
    task = world.acknowledged("2026-09-01 10:00").task
    return papers.issued(world, "supervision_order", NOW, tasks=[task]).id


@pytest.mark.parametrize(
    "values",
    [
        {"facts": {"sheet": {}}},
        {"title": "另一个标题"},
        {"kind": "bulletin"},
        {"issuer_unit_id": 1},
        {"fonts": {}},
        {"prepared_by_id": 1},
        {"number": "常经开经督〔2026〕2号"},
        {"number": None},
        {"n": 9},
        {"series": None},
        {"dated": None},
        {"signed_by_id": None},
        {"issued_at": None},
        {"state": "prepared"},
        {"state": "signed"},
        {"version": 9},
    ],
    ids=lambda values: "-".join(f"{k}" for k in values),
)
def test_no_word_number_or_step_of_a_document_is_changed(
    world: World, key: int, values: dict[str, Any]
) -> None:
    before = world.row(DOCUMENT, id=key)
    refused(world, update(DOCUMENT).where(DOCUMENT.c.id == key).values(**values))
    assert world.row(DOCUMENT, id=key) == before


def test_words_are_settled_as_soon_as_it_is_prepared(world: World) -> None:
    task = world.acknowledged("2026-09-01 10:00").task
    made = papers.prepare(world, "supervision_order", NOW, tasks=[task])
    changes: tuple[dict[str, Any], ...] = (
        {"facts": {}}, {"title": "改"}, {"number": "一号"}, {"state": "issued"},
    )  # fmt: skip
    for values in changes:
        refused(world, update(DOCUMENT).where(DOCUMENT.c.id == made.id).values(**values))
    world.do(commands.sign, "chief", LATER, document=made.id)


def test_a_void_document_stays_void(world: World, key: int) -> None:
    world.do(commands.void, "chief", LATER, document=key, reason="文号有误")
    of = update(DOCUMENT).where(DOCUMENT.c.id == key)
    changes: tuple[dict[str, Any], ...] = (
        {"state": "issued"}, {"voided_at": None}, {"voided_by_id": 1},
    )  # fmt: skip
    for values in changes:
        refused(world, of.values(**values))


def test_nothing_is_deleted_and_no_template_changes(world: World, key: int) -> None:
    for table in (
        DOCUMENT, ADDRESSEE, tables.document_subject, tables.document_template,
    ):  # fmt: skip
        refused(world, delete(table))
    refused(world, update(tables.document_template).values(content=b""))
    refused(world, update(tables.document_subject).values(task_id=None))


def test_a_receipt_is_given_once_and_the_addressees_of_a_signed_document_are_settled(
    world: World, key: int
) -> None:
    world.do(commands.receive, "zjj_liaison", LATER, document=key)
    for values in ({"received_at": at(NOW)}, {"received_by_id": None}, {"unit_id": 1}):
        refused(world, update(ADDRESSEE).values(**values))
    unit = world.units["czj"]
    refused(world, insert(ADDRESSEE).values(document_id=key, unit_id=unit, role="copy"))
    issue = world.rows(tables.issue)[0].id
    refused(world, insert(tables.document_subject).values(document_id=key, issue_id=issue))


def test_neither_replacing_nor_truncating_gets_round_it(world: World, key: int) -> None:
    if world.db.engine.dialect.name == "sqlite":
        again = (
            "INSERT OR REPLACE INTO document SELECT * FROM document WHERE id = " + str(key),
            "INSERT OR REPLACE INTO document_template (sha256, name, content, created_at) "
            "SELECT sha256, name, x'00', created_at FROM document_template LIMIT 1",
        )
    else:
        again = ("TRUNCATE document CASCADE", "TRUNCATE document_template CASCADE")
    for statement in again:
        refused(world, text(statement))


def test_the_audit_names_a_guard_that_was_taken_away_and_words_that_were_changed(
    world: World, key: int
) -> None:
    with world.db.read() as s:
        assert audit.verify(s).ok
    with world.db.write() as s:
        on = "" if s.dialect == "sqlite" else " ON document"
        s.execute(text(f"DROP TRIGGER document_guard{on}"))
        s.execute(update(DOCUMENT).values(facts={"sheet": {}}, number="常经开经督〔2026〕7号"))
    with world.db.read() as s:
        faults = {(f.issue_number, f.kind) for f in audit.verify(s).faults}
    assert {("document", "unprotected"), (str(key), "document")} <= faults
