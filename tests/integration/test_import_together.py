"""Rows written together are the very rows that taking them one by one writes, whatever comes."""

from __future__ import annotations

import csv
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from models import tables
from models.behind import Behind
from models.bulk import next_ids
from models.db import Session
from tests.integration.test_ledger_import import HEADERS, MAPPING, NOW, OFFICE, PROJECTS, READY
from tests.trying import tried
from tests.world import World, at
from workflow import audit
from workflow.balance import reconcile
from workflow.ledgers import importer
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import Entry
from workflow.ledgers.import_store import known
from workflow.ledgers.importer import import_ledger
from workflow.ledgers.mapping import Mapping, parse_mapping
from workflow.ledgers.repeats import ids_of
from workflow.ledgers.together import road
from workflow.ledgers.together.road import Batch, Road

TEXTS = (
    "10千伏杆线影响施工", "“引号”与'撇号'", '两行\n"JSON" \\ 与 100%s %d {}', "🚧 \u2028 尾",
    "\ue0000\ue001", "x" * 180, "7700000000000 与 1907-07-07 WT-2026-7700000000000", "\t制表\r\n",
)  # fmt: skip
TABLES = [t for t in tables.metadata.sorted_tables if t is not tables.commit_mark]
WRITTEN = (
    "issue", "task", "co_unit", "deadline_version", "event", "notice", "imported_row", "callback",
)  # fmt: skip


@pytest.fixture
def world(world: World) -> World:
    """The zone with projects: some of a town, one that was merged into another."""
    world.with_projects(*PROJECTS)
    with world.db.write() as s:
        first = s.execute(select(func.min(tables.project.c.id))).scalar_one()
        towns = {"board_id": world.units["yaoguan"], "merged_into_id": None}
        rows = [
            towns | {"name": "镇上"},
            {"name": "并掉", "board_id": None, "merged_into_id": first},
        ]
        s.execute(insert(tables.project), rows)
    return world


def content(s: Session) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        t.name: [tuple(r) for r in s.execute(select(t).order_by(*t.primary_key))] for t in TABLES
    }


def mapping(rules: str) -> Mapping:
    """The mapping of these tests."""
    extra = 'urgent = "急"\nmajor = "大"\nfound_on = "发现"\n'
    return parse_mapping(f"{MAPPING}{extra}[import]\n{rules}\n")


def ledger(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A ledger with these rows."""
    path = folder / "ledger.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, (*HEADERS, "急", "大", "发现"))
        writer.writeheader()
        writer.writerows(rows)
    return path


def mixture(seed: int, count: int = 60) -> list[dict[str, str]]:
    """Rows of all kinds: some alike, some by themselves, some refused for a reason each."""
    dice = random.Random(seed)
    pick = dice.choice
    rows = []
    for n in range(count):
        row = {
            "编号": f"A-{n}" if dice.random() < 0.96 else "A-1",
            "描述": pick(TEXTS), "标题": pick(("", *TEXTS)),
            "类别": pick(("杆线迁移", "杆线迁移", "用地", "拆迁", "能耗", "天气")),
            "项目": pick(("", "", PROJECTS[0], PROJECTS[1], "镇上", "并掉", "没有")),
            "说明": pick(("片区", *TEXTS)),
            "板块": pick((*["潞城街道"] * 5, "", "yaoguan", "火星")),
            "措施": pick(("", "协调迁移", *TEXTS)),
            "牵头": pick(("", "", "建设局", "spj", "无此局")) if dice.random() < 0.4 else "",
            "配合": pick(("", "", "供电公司", "供电公司、财政局", "建设局")),
            "核验": pick(("", "", "jfj", "建设局")) if dice.random() < 0.3 else "",
            "限": pick(("", "", "urgent", "hard", "emergency_8h", "open_ended")),
            "天": pick(("", "", "9")), "急": pick(("", "是", "否")), "大": pick(("", "是")),
            "完成": pick(("", "", "2026-03-20", "2026-04-30 12:00", "2026-01-01"))
            if dice.random() < 0.3 else "",
            "发现": pick(("", "2026-02-11", "2026-02-12"))
            if dice.random() < 0.95 else "2026-03-03",
        }  # fmt: skip
        rows.append(row)
    return rows


def taken(world: World, s: Session, path: Path, rules: str, **more: Any) -> dict[str, Any]:
    """What an import says, in the caller's transaction."""
    usual: dict[str, Any] = {"actors": OFFICE, "updates": False, "now": NOW} | more
    given = mapping(rules)
    run = importer._Run(world.db, given, usual["actors"], usual["now"], usual["updates"])
    run.ids, run.repeated = ids_of(given.open(path).rows, run.decode)
    with run.road, Behind(s.conn, s.memo) as behind:
        for batch in run.batches(given.open(path).rows, lambda _done: None):
            run.take(behind, batch)
        run.settle()
    run.report.refused.sort(key=lambda fault: fault.row)
    return asdict(run.report)


class Counted:
    """How many rows were written together."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, worth: int) -> None:
        self.together = 0
        monkeypatch.setattr(road, "WORTH", worth)
        written = Batch.written

        def counting(batch: Batch) -> list[tuple[Entry, int]]:
            done = written(batch)
            self.together += len(done)
            return done

        monkeypatch.setattr(Batch, "written", counting)


def both(
    world: World, monkeypatch: pytest.MonkeyPatch, path: Path, rules: str, **more: Any
) -> tuple[int, dict[str, Any]]:
    """Import by either road, compare every row and every word of the report; returns how many
    were written together, and the report."""
    found = []
    for worth in (10**9, 1):
        with monkeypatch.context() as patch, tried(world, *WRITTEN) as s:
            counted = Counted(patch, worth)
            found.append((taken(world, s, path, rules, **more), content(s)))
    (told, rows), (also_told, also_rows) = found
    for name, ordinary in rows.items():
        assert also_rows[name] == ordinary, name
    assert also_told == told
    return counted.together, told


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rules", ["dispatch = true", "plan = true", ""])
def test_any_mixture_is_taken_as_one_by_one(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, rules: str
) -> None:
    monkeypatch.setattr(importer, "BATCH", 25)
    path = ledger(tmp_path, mixture(seed))
    together, told = both(world, monkeypatch, path, rules)
    assert told["refused"]
    assert together > 5
    assert told["taken"] >= together


@pytest.mark.parametrize("worth", [1, 10**9])
def test_a_row_that_was_found_before_its_day_has_come_is_refused_by_its_column(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worth: int
) -> None:
    monkeypatch.setattr(road, "WORTH", worth)
    days = ("2026-03-01", "2026-03-02", "2026-03-03")
    rows = [READY | {"编号": f"B-{day}", "发现": day} for day in days]
    with tried(world, *WRITTEN) as s:
        told = taken(world, s, ledger(tmp_path, rows), "dispatch = true")
    assert [(f["row"], f["column"], f["value"]) for f in told["refused"]] == [(4, "发现", days[2])]
    assert told["taken"] == 2


def test_what_was_taken_together_is_whole(world: World, tmp_path: Path) -> None:
    rows = [READY | {"编号": f"B-{n}", "描述": f"第{n}处"} for n in range(40)]
    report = import_ledger(
        world.db, ledger(tmp_path, rows), mapping("dispatch = true"), actors=OFFICE, now=NOW
    )
    assert report.taken == 40
    with world.db.read() as s:
        assert audit.verify(s).faults == []
        assert reconcile(s).balanced
    numbers = [row.number for row in world.rows(tables.issue)]
    assert numbers == [f"WT-2026-{row.id:06d}" for row in world.rows(tables.issue)]
    again = world.reported("2026-03-02 11:00")  # the next one goes on behind them
    assert again == f"WT-2026-{len(numbers) + 1:06d}"


def test_changed_rows_are_brought_in_line_among_new_ones(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [READY | {"编号": f"C-{n}"} for n in range(12)]
    import_ledger(
        world.db, ledger(tmp_path, rows[::2]), mapping("plan = true"), actors=OFFICE, now=NOW
    )
    for n in (0, 4, 8):
        rows[n] = rows[n] | {"措施": "另行协调"}
    later = at("2026-03-03 10:00")
    path = ledger(tmp_path, rows)
    together, told = both(world, monkeypatch, path, "plan = true", updates=True, now=later)
    assert (together, told["taken"], told["updated"], told["unchanged"]) == (6, 6, 3, 3)


def test_an_id_that_was_used_elsewhere_is_named_and_the_others_are_taken(
    world: World, tmp_path: Path
) -> None:
    world.reported("2026-03-02 09:10", source_system="zone", source_id="D-7")
    rows = [READY | {"编号": f"D-{n}"} for n in range(30)]
    path = ledger(tmp_path, rows)
    given: dict[str, Any] = {"actors": OFFICE, "now": NOW}
    before = world.dump()
    report = import_ledger(world.db, path, mapping("dispatch = true"), **given)
    assert [(fault.row, fault.column) for fault in report.refused] == [(9, "编号")]
    assert (report.taken, report.held_back, report.written) == (0, 29, False)
    assert world.dump() == before
    report = import_ledger(world.db, path, mapping("dispatch = true"), partial=True, **given)
    assert (report.taken, [fault.row for fault in report.refused]) == (29, [9])
    with world.db.read() as s:
        assert len(known(s, "zone", [row["编号"] for row in rows])) == 29
        assert audit.verify(s).faults == []


def test_a_platform_that_listens_hears_of_every_issue(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.db.write() as s:
        s.execute(
            insert(tables.source_system).values(
                code="zone", name="平台", person_id=world.people["triage"], active=True,
                callback_url="https://example.org/hook", secret_name="zone",
            )
        )  # fmt: skip
    rows = [READY | {"编号": f"E-{n}"} for n in range(4)]
    together, _told = both(world, monkeypatch, ledger(tmp_path, rows), "dispatch = true")
    assert together == 0
    with tried(world, *WRITTEN) as s:
        taken(world, s, ledger(tmp_path, rows), "dispatch = true")
        assert s.execute(select(func.count()).select_from(tables.callback)).scalar_one() >= 12


@pytest.mark.parametrize("who", ["zjj_reporter", "chief"])
def test_whoever_may_not_is_refused_for_every_row(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    actors = {"report": who, "triage": "zjj_reporter", "dispatch": "triage"}
    rows = [READY | {"编号": f"F-{n}"} for n in range(4)]
    path = ledger(tmp_path, rows)
    together, told = both(world, monkeypatch, path, "dispatch = true", actors=actors)
    assert (together, told["taken"]) == (0, 0)
    assert {fault["row"] for fault in told["refused"]} == {2, 3, 4, 5}


def test_ids_are_those_that_the_database_would_have_given(world: World) -> None:
    table = tables.project
    with tried(world, *WRITTEN) as s:
        highest = max(row.id for row in world.rows(table))
        first = next_ids(s, table, 3)
        assert first == [highest + 1, highest + 2, highest + 3]
        s.execute(insert(table), [{"id": key, "name": f"第{key}个"} for key in first])
        assert next_ids(s, table, 1) == [highest + 4]
        assert next_ids(s, table, 0) == []


def test_patterns_end_with_what_they_were_made_of(world: World) -> None:
    given = mapping("plan = true")
    patterns = Road(given, NOW)
    with patterns, world.db.write() as plain, Behind(plain.conn, plain.memo) as s:
        run = importer._Run(world.db, given, OFFICE, NOW, False)
        checks = Checks(s, NOW, given.plans)
        people = run.people(s)
        assert patterns.batch(s, checks, people, road.WORTH - 1) is None
        entry = Entry(2, "G-1", payload={"description": "x", "category": "杆线迁移",
                               "no_project_reason": "片区", "board": "潞城街道"})  # fmt: skip
        batch = patterns.batch(s, checks, people, road.WORTH)
        assert batch is not None
        assert batch.add(entry)
        assert len(patterns._patterns) == 1
        checks.ctx.calendar_edition += 1
        patterns.batch(s, checks, people, road.WORTH)
        assert patterns._patterns == {}
        checks.ctx.calendar_edition -= 1
