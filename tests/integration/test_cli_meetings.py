"""`xiaohao meeting` and `xiaohao coordination`: the same commands as on the portal."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from models import tables
from tests.terminal import Terminal
from tests.world import World

pytestmark = pytest.mark.one_database
DAY, HELD = "2026-09-14T10:00", "2026-09-15T14:30"


def test_a_meeting_on_the_command_line(world: World, terminal: Terminal, tmp_path: Path) -> None:
    first = world.acknowledged("2026-08-03 10:00")
    second = world.acknowledged("2026-09-01 10:00")
    run = terminal
    assert run.data("coordination", "run", at="2026-08-11T09:00") == {"raised": 1}
    assert run.data("coordination", "run", at="2026-08-11T09:00") == {"raised": 0}
    shown = run.data("coordination", "show", first.issue, by="zjj_head", at=DAY)
    assert (shown["level"], shown["cause"]) == (2, "unsolved")
    asked = f"{second.issue} --cause city --reason 需市供电"
    run.refused(4, "coordination", "ask", asked, by="dingyan_head", at=DAY)
    run.ok("coordination", "ask", asked, by="zjj_head", at=DAY)
    assert "city" in run.ok("coordination", "show", second.issue, by="zjj_head", at=DAY)
    words = "--place 三楼会议室 --chair director --unit zjj --unit lucheng"
    run.refused(3, "meeting", "plan", words, by="director", at=DAY)
    made = run.data("meeting", "plan", words, by="triage", at=DAY)
    assert made["number"] == "HY-2026-01"
    row = world.row(tables.meeting)
    assert row.starts_at.isoformat().startswith("2026-09-15T06:30")
    found = run.data("meeting", "candidates HY-2026-01", by="chief", at=DAY)
    assert {one["issue"] for one in found} == {first.issue, second.issue}
    listed = run.ok("meeting", "candidates HY-2026-01", by="chief", at=DAY)
    assert "Project-Id-Version" not in listed, "an empty state stays empty"
    picked = f"HY-2026-01 --pick {first.issue} --drop {second.issue} --reason 先会商 --fix"
    agenda = run.data("meeting", "agenda", picked, by="triage", at=DAY)
    assert [(line["part"], line["issue"]) for line in agenda] == [("item", first.issue)]
    run.ok("meeting", "pack HY-2026-01 --out", tmp_path, by="chief", at=DAY)
    (pack,) = tmp_path.glob("*.zip")
    assert len(zipfile.ZipFile(pack).namelist()) == 2
    run.refused(3, "meeting", "open HY-2026-01", by="triage", at=HELD)
    run.ok("meeting", "open HY-2026-01", by="chief", at=HELD)
    text = f"--text 月底前迁移 --lead gdgs --due 2026-09-28 --issue {first.issue}"
    run.ok("meeting", "decide HY-2026-01", text, by="chief", at=HELD)
    run.ok("meeting", "close HY-2026-01", by="chief", at=HELD)
    (line,) = run.data("meeting", "list", by="gdgs_head", at=HELD)
    assert (line["state"], line["items"], line["decisions"]) == ("closed", 1, 1)
    assert run.data("meeting", "list", by="dingyan_head", at=HELD) == []
    assert len(world.rows(tables.task, issue_id=world.issue(first.issue).id)) == 2
