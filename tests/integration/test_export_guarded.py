"""What an exported ledger may write when it comes back: only what was seen, and nothing stale."""

from __future__ import annotations

import csv
import io
import sqlite3
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from models import tables
from tests.integration.test_export_returns import changed, exported, ledger, sent
from tests.integration.test_web_import import ROW, apply, counts, upload
from tests.integration.test_web_import import ledger as bureau
from tests.portal import Portal
from tests.world import World, at
from workflow.commands import amending, discovery
from workflow.ledgers import comparing, importer, repeats
from workflow.ledgers.uploaded import EXPORTED

__all__ = ["ledger"]  # a fixture

MARCH, NOW = "2026-03-02 10:00", "2026-09-28 09:00"
EXAMPLE = EXPORTED[1]
"""The mapping of an export in English."""


def rewritten(content: bytes, **cells: str) -> bytes:
    """A CSV with the named column of every line changed."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    for column, text in cells.items():
        place = rows[0].index(column.replace("_", " "))
        for row in rows[1:]:
            row[place] = text
    return written(rows)


def without(content: bytes, column: str) -> bytes:
    """A CSV without a column, as an older version wrote it."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    place = rows[0].index(column)
    return written([row[:place] + row[place + 1 :] for row in rows])


def written(rows: list[list[str]]) -> bytes:
    """The rows as a CSV."""
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


def amend(world: World, task: str, text: str) -> None:
    """Another officer changes a planned task's measures."""
    world.do(amending.amend_task, "triage2", NOW, task=task, changes={"measures": text})


# ---------------------------------------------------------------- only what was seen


def test_what_changed_after_the_preview_is_shown_anew_and_not_written(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    one, two = (f"{ledger['planned']}-0{n}" for n in (1, 2))
    content = changed(exported(triage, "csv", "en"), two, "Measures", "恢复人行道")
    shown = sent(triage, "csv", content)
    amend(world, one, "改走地下")
    before = world.rows(tables.task)
    answer = apply(triage, shown, update="1")
    assert answer.status == 409 and 'role="alert"' in answer.text
    assert world.rows(tables.task) == before
    assert "<del>改走地下</del>" in answer.text
    assert answer.form("apply").values["update"] == ["1"]
    assert counts(answer) == {"changed": 1, "refused": 1, "unchanged": 5}
    done = apply(triage, answer, partial="1")  # update is still ticked
    assert counts(done) == {"updated": 1, "refused": 1, "unchanged": 5}
    assert [world.task(number).measures for number in (one, two)] == ["改走地下", "恢复人行道"]


def test_a_change_in_the_last_moment_before_the_writing_is_noticed(
    portal: Portal, world: World, ledger: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is faster by a moment: after the upload is found, before the rows are compared."""
    triage = portal.at(NOW).sign_in("triage")
    number = f"{ledger['planned']}-02"
    content = changed(exported(triage, "csv", "en"), number, "Measures", "恢复人行道")
    shown = sent(triage, "csv", content)
    genuine = repeats.ids_of

    def faster(*args: Any) -> Any:
        monkeypatch.setattr(importer, "ids_of", genuine)
        amend(world, number, "改走地下")
        return genuine(*args)

    monkeypatch.setattr(importer, "ids_of", faster)
    assert apply(triage, shown, update="1").status == 409
    assert world.task(number).measures == "改走地下"


def test_what_was_compared_is_locked_until_it_is_written(
    portal: Portal, world: World, ledger: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = changed(exported(triage, "csv", "en"), ledger["reported"], "Title", "围墙")
    shown = sent(triage, "csv", content)
    held: list[bool] = []
    genuine = comparing.refuse_unseen

    def watched(*args: Any) -> None:
        genuine(*args)
        held.append(_locked(world, ledger["planned"]))

    monkeypatch.setattr(comparing, "refuse_unseen", watched)
    assert counts(apply(triage, shown, update="1"))["updated"] == 1
    assert held == [True] and not _locked(world, ledger["planned"])


def _locked(world: World, number: str) -> bool:
    """Whether somebody else holds an issue, as one finds out who does not wait for it."""
    issue = tables.issue.c
    try:
        with world.db.write_unless_busy() as s:
            s.execute(select(issue.id).where(issue.number == number).with_for_update()).all()
    except (OperationalError, sqlite3.OperationalError):
        return True
    return False


def test_without_the_previews_digest_nothing_is_written(portal: Portal, world: World) -> None:
    triage = portal.sign_in("triage")
    apply(triage, upload(triage, bureau(ROW)))
    shown = upload(triage, bureau(ROW | {"问题描述": "另有电缆"}))
    given = shown.form("apply").values
    before = world.rows(tables.issue)
    for expect in ("", "0" * 64, "\0"):
        answer = triage.post("/issues/import/apply", {**given, "update": "1", "expect": expect})
        assert (answer.status, counts(answer)) == (409, {"changed": 1})
    assert world.rows(tables.issue) == before
    assert counts(apply(triage, answer)) == {"updated": 1}


def test_a_second_officer_does_not_write_over_what_the_first_has_imported(
    portal: Portal, world: World
) -> None:
    first, second = portal.sign_in("triage"), portal.sign_in("triage2")
    apply(first, upload(first, bureau(ROW)))
    mine = upload(first, bureau(ROW | {"问题描述": "甲"}))
    yours = upload(second, bureau(ROW | {"问题描述": "乙"}))
    assert counts(apply(first, mine, update="1")) == {"updated": 1}
    answer = apply(second, yours, update="1")
    assert answer.status == 409 and "<del>甲</del>" in answer.text
    assert world.row(tables.issue).description == "甲"


# ---------------------------------------------------------------- nothing stale


def test_a_stale_line_is_refused_by_field_and_the_others_are_taken(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    one, two = (f"{ledger['planned']}-0{n}" for n in (1, 2))
    content = changed(exported(triage, "csv", "en"), two, "Measures", "恢复人行道")
    content = changed(content, one, "Deadline", "2026-12-08 12:00")
    amend(world, one, "改走地下")
    shown = sent(triage, "csv", content)
    assert counts(shown) == {"changed": 1, "refused": 1, "unchanged": 5}
    refusals = shown.text.split('data-part="refused"')[1].split("</section>")[0]
    assert refusals.count("<tr>") == 2 and one in refusals  # the heading and one field
    assert ">Measures<" in refusals and ">Deadline<" not in refusals
    assert "Export the ledger again" in refusals
    due = world.task(one).fixed_due_at
    assert counts(apply(triage, shown, partial="1", update="1"))["updated"] == 1
    assert world.task(one).measures == "改走地下" and world.task(one).fixed_due_at == due
    fresh = changed(exported(triage, "csv", "en"), one, "Deadline", "2026-12-08 12:00")
    assert counts(apply(triage, sent(triage, "csv", fresh), update="1"))["updated"] == 1
    assert world.task(one).fixed_due_at == at("2026-12-08 12:00")


def test_a_stale_line_that_says_what_stands_there_now_is_no_fault(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    number = f"{ledger['planned']}-01"
    content = changed(exported(triage, "csv", "en"), number, "Measures", "改走地下")
    amend(world, number, "改走地下")
    assert counts(sent(triage, "csv", content)) == {"unchanged": 7}


@pytest.mark.parametrize("spoken", ["zh_CN", "en"])
def test_a_title_that_somebody_corrected_since_stays(
    portal: Portal, world: World, ledger: dict[str, str], spoken: str
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = exported(triage, "xlsx", spoken)
    world.do(discovery.edit, "triage2", NOW, issue=ledger["reported"], title="围墙")
    shown = sent(triage, "xlsx", content)
    assert counts(shown) == {"refused": 1, "unchanged": 6}
    assert not [form for form in shown.forms if "apply" in form.action]


@pytest.mark.parametrize("code", ["", "x", "0" * 40, "X" + "g" * 40])
def test_a_damaged_check_code_lets_no_change_in(
    portal: Portal, world: World, ledger: dict[str, str], code: str
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = rewritten(exported(triage, "csv", "en"), Export_check_code=code)
    assert counts(sent(triage, "csv", content)) == {"unchanged": 7}
    content = changed(content, ledger["reported"], "Title", "围墙")
    assert counts(sent(triage, "csv", content)) == {"refused": 1, "unchanged": 6}


def test_a_code_in_capitals_is_the_same_code(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = changed(exported(triage, "csv", "en"), ledger["reported"], "Title", "围墙")
    rows = [line.split(",") for line in content.decode("utf-8-sig").splitlines()]
    code = next(row[-1] for row in rows if row[1:2] == [ledger["reported"]])
    content = content.replace(code.encode(), code.upper().encode())
    assert counts(sent(triage, "csv", content)) == {"changed": 1, "unchanged": 6}


def test_an_older_export_comes_back_with_a_word_of_warning(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = exported(triage, "csv", "en")
    assert 'role="note"' not in sent(triage, "csv", content).text
    older = changed(without(content, "Export check code"), ledger["reported"], "Title", "围墙")
    shown = sent(triage, "csv", older)
    assert counts(shown) == {"changed": 1, "unchanged": 6}
    assert 'role="note"' in shown.text and "check codes" in shown.words
    assert counts(apply(triage, shown, update="1"))["updated"] == 1
    assert world.issue(ledger["reported"]).title == "围墙"
