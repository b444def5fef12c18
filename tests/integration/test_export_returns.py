"""An exported ledger comes back: as it is nothing differs, and what was changed in it is shown."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert

from models import tables
from tests.integration.test_web_import import TYPE, apply, counts, upload
from tests.portal import Browser, Portal
from tests.world import World, at
from workflow.commands import amending
from workflow.commands.breakdown import Plan

MARCH, NOW = "2026-03-02 10:00", "2026-09-28 09:00"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def ledger(world: World) -> dict[str, str]:
    """Issues in every stage, with texts that a spreadsheet would run and odd breaks in them."""
    with world.db.write() as s:
        s.execute(insert(tables.project), [{"name": "万洋众创城"}])
    plans = [
        Plan("迁移，杆线", co_units=("gdgs", "zgj")),
        Plan("=恢复\n路面", due=at("2026-12-01 12:00")),
    ]
    return {
        "reported": world.reported(MARCH, title="=1+1", description="'@引号\n第二行"),
        "project": world.reported(MARCH, project="万洋众创城", no_project_reason="", board=None),
        "planned": world.planned(MARCH, plans=plans).issue,
        "handed": world.dispatched(MARCH, plans=plans).issue,
        "closed": world.closed(MARCH).issue,
    }  # fmt: skip


def exported(browser: Browser, kind: str, language: str) -> bytes:
    """The file of the whole ledger."""
    browser.client.cookies.set("xiaohao_lang", language)
    found = browser.get(f"/issues/export.{kind}")
    assert found.status_code == 200
    return found.content


def sent(browser: Browser, kind: str, content: bytes) -> Any:
    """The preview of a file."""
    return upload(browser, ("ledger", (f"台账.{kind}", content, TYPE if kind == "csv" else XLSX)))


def changed(content: bytes, number: str, column: str, value: str) -> bytes:
    """A CSV with one cell of the line with that number changed."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    (line,) = [row for row in rows if row[1] == number]
    line[rows[0].index(column)] = value
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_nothing_differs_in_what_was_just_exported(
    portal: Portal, world: World, ledger: dict[str, str], kind: str, language: str
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    before = world.dump()
    shown = sent(triage, kind, exported(triage, kind, language))
    assert shown.status == 200, shown.words
    assert counts(shown) == {"unchanged": 7}, shown.words
    assert world.dump() == before
    assert not [form for form in shown.forms if "apply" in form.action]


def test_a_changed_line_is_shown_and_applied_to_its_own_task(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    number = f"{ledger['planned']}-02"
    content = changed(exported(triage, "csv", "zh_CN"), number, "对策措施", "恢复人行道")
    shown = sent(triage, "csv", content)
    assert counts(shown) == {"changed": 1, "unchanged": 6}
    assert "<ins>恢复人行道</ins>" in shown.text and "<del>=恢复\n路面</del>" in shown.text
    assert f'href="/issues/{ledger["planned"]}"' in shown.text
    assert counts(apply(triage, shown, update="1")) == {"updated": 1, "unchanged": 6}
    assert world.task(number).measures == "恢复人行道"
    assert world.task(f"{ledger['planned']}-01").measures == "迁移，杆线"
    assert counts(sent(triage, "csv", content)) == {"unchanged": 7}


def test_a_title_is_corrected_and_what_takes_a_ruling_is_not_applied_by_the_officer(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = changed(exported(triage, "csv", "en"), ledger["reported"], "Title", "围墙")
    assert counts(apply(triage, sent(triage, "csv", content), update="1"))["updated"] == 1
    assert world.issue(ledger["reported"]).title == "围墙"
    handed = f"{ledger['handed']}-01"
    content = changed(exported(triage, "csv", "en"), handed, "Deadline", "2026-12-24 17:30")
    shown = sent(triage, "csv", content)
    assert counts(shown)["changed"] == 1 and 'data-part="not-updated"' in shown.text
    due = world.task(handed).due_at
    assert apply(triage, shown, update="1").status == 409
    assert world.task(handed).due_at == due


def test_a_number_that_the_ledger_does_not_have_is_refused(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = exported(triage, "csv", "zh_CN").replace(
        ledger["reported"].encode(), b"WT-2026-999999"
    )
    shown = sent(triage, "csv", content)
    assert counts(shown) == {"unchanged": 6, "refused": 1}
    assert "WT-2026-999999" in shown.words and len(world.rows(tables.issue)) == 5


def test_somebody_elses_change_since_the_export_is_not_turned_back(
    portal: Portal, world: World, ledger: dict[str, str]
) -> None:
    triage = portal.at(NOW).sign_in("triage")
    content = exported(triage, "xlsx", "zh_CN")
    assert load_workbook(io.BytesIO(content)).active is not None
    world.do(
        amending.amend_task, "triage2", NOW, task=f"{ledger['planned']}-01",
        changes={"measures": "改走地下"},
    )  # fmt: skip
    shown = sent(triage, "xlsx", content)
    assert counts(shown) == {"refused": 1, "unchanged": 6}
    assert "<del>改走地下</del>" in shown.text and 'data-part="refused"' in shown.text


@pytest.mark.parametrize("own", [None, "own.toml"])
def test_a_refusal_names_the_mapping_that_was_used(portal: Portal, own: str | None) -> None:
    content = b"number,what\n1,lines\n"
    mapping = b'source_system = "own"\n[columns]\nsource_id = "no"\n'
    files = [("ledger", ("own.csv", content, TYPE))]
    files += [("mapping", (own, mapping, "application/toml"))] if own else []
    answer = upload(portal.sign_in("triage"), *files)
    assert answer.status == 422
    assert (own or "bureau_ledger.toml") in answer.words
    assert not own or "bureau_ledger.toml" not in answer.words
