"""Lines of one issue agree on its title, and a digest stands for what a dry run has shown."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from config.i18n import language
from models import tables
from tests.integration.test_export_guarded import EXAMPLE, MARCH, NOW, written
from tests.integration.test_export_returns import changed, exported, ledger, sent
from tests.integration.test_web_import import apply, counts
from tests.portal import Portal
from tests.terminal import Terminal
from tests.world import World, at
from workflow.commands import discovery
from workflow.commands.breakdown import Plan
from workflow.errors import StaleVersion
from workflow.ledgers import importer
from workflow.ledgers.exporter import export_ledger
from workflow.ledgers.faults import ImportReport
from workflow.ledgers.importer import import_ledger
from workflow.ledgers.mapping import load_mapping

__all__ = ["ledger"]  # a fixture


def test_lines_of_one_issue_that_disagree_are_not_both_taken(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = changed(exported(triage, "csv", "en"), f"{ledger['planned']}-01", "Title", "电杆挡路")
    shown = sent(triage, "csv", content)
    assert counts(shown) == {"changed": 1, "refused": 1, "unchanged": 5}
    assert "says otherwise" in shown.words and "电杆挡路" in shown.words
    apply(triage, shown, partial="1", update="1")
    assert world.issue(ledger["planned"]).title == "电杆挡路"
    again = sent(triage, "csv", content)
    assert counts(again) == {"refused": 1, "unchanged": 6}
    assert world.issue(ledger["planned"]).title == "电杆挡路"


@pytest.fixture
def folder(tmp_path: Path, world: World) -> Path:
    """A folder with the ledger of one issue in three tasks, one line a batch."""
    plans = [Plan("甲"), Plan("乙"), Plan("丙")]
    world.planned(MARCH, plans=plans, title="旧名")
    out = tmp_path / "ledger.csv"
    export_ledger(world.db, "triage", out, "csv", now=at(NOW), language="en")
    return tmp_path


def run(world: World, folder: Path, **options: Any) -> ImportReport:
    """The import of that ledger by a triage officer."""
    with language("en"):
        return import_ledger(
            world.db, folder / "ledger.csv", load_mapping(EXAMPLE),
            actors={"report": "triage"}, now=at(NOW), **options,
        )  # fmt: skip


def retitle(folder: Path, *titles: str) -> None:
    """Write titles into the lines, from the first on."""
    file = folder / "ledger.csv"
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    place = rows[0].index("Title")
    for row, title in zip(rows[1:], titles, strict=False):
        row[place] = title
    file.write_bytes(written(rows))


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_disagreement_is_found_across_batches_and_names_the_other_row(
    world: World, folder: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", batch)
    (issue,) = world.rows(tables.issue)
    retitle(folder, "新名")
    for _again in range(2):
        report = run(world, folder, partial=True, update=True)
        assert [fault.row for fault in report.refused] == [3, 4]
        assert all("2" in fault.message and "新名" in fault.message for fault in report.refused)
        assert {fault.column for fault in report.refused} == {"Title"}
        assert world.issue(issue.number).title == "新名"
    retitle(folder, "旧名", "旧名", "新名")
    report = run(world, folder, update=True, dry_run=True)
    assert [fault.row for fault in report.refused if "otherwise" in fault.message] == [4]


@pytest.mark.parametrize("batch", [1, 500])
@pytest.mark.parametrize("expected", [True, False])
def test_lines_that_agree_correct_the_issue_once(
    world: World, folder: Path, batch: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", batch)
    (issue,) = world.rows(tables.issue)
    retitle(folder, *["新名"] * 3)
    digest = run(world, folder, dry_run=True).digest if expected else None
    report = run(world, folder, update=True, expect=digest)
    assert report.written and not report.refused
    assert world.issue(issue.number).title == "新名"
    assert len(world.events(issue.number, "issue.edit")) == 1


def test_the_digest_is_that_of_the_differences_whatever_the_batches(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retitle(folder, *["新名"] * 3)
    found = set()
    for batch in (1, 500):
        monkeypatch.setattr(importer, "BATCH", batch)
        found |= {run(world, folder, dry_run=True, update=u).digest for u in (True, False)}
    assert len(found) == 1
    before = world.dump()
    with pytest.raises(StaleVersion):
        run(world, folder, update=True, expect="0" * 64)
    with pytest.raises(StaleVersion):
        run(world, folder, update=True, partial=True, expect="")
    assert world.dump() == before


def test_the_command_line_takes_the_digest_of_its_dry_run(world: World, folder: Path) -> None:
    terminal = Terminal(world.db.engine.url.render_as_string(hide_password=False))
    retitle(folder, *["新名"] * 3)
    words = ("import", folder / "ledger.csv", "--mapping", EXAMPLE, "--update")
    told = terminal.ok(*words, "--dry-run", by="triage", at="2026-09-28T09:00")
    digest = terminal.data(*words, "--dry-run", by="triage", at="2026-09-28T09:00")["digest"]
    assert f"--expect {digest}" in told
    (issue,) = world.rows(tables.issue)
    world.do(discovery.edit, "triage2", NOW, issue=issue.number, title="另名")
    stale = terminal.refused(1, *words, "--expect", digest, by="triage", at="2026-09-28T09:00")
    assert stale[0]["code"] == "preview_outdated"
    assert world.issue(issue.number).title == "另名"
    world.do(discovery.edit, "triage2", NOW, issue=issue.number, title="旧名")
    done = terminal.data(*words, "--expect", digest, by="triage", at="2026-09-28T09:00")
    assert done["written"] and world.issue(issue.number).title == "新名"
