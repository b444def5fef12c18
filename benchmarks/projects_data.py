"""A project library as full as that of a zone after five years, for measuring pages."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from benchmarks.bureau import NOW
from config.projects import LISTS
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects import months
from projects.seeds import load_targets
from projects.targets import commands as targets
from projects.targets.checks import Gate, Head
from workflow.context import find_actor

GOVERNING = "常州经开区2024年重点产业项目推进攻坚实施意见"
WHOLE = "常州经开区"
LAST = months.month_of(NOW.date())
"""The running month; figures are known up to the one before it."""
YEAR = months.year_of(LAST)
CHUNK = 5_000
Row = dict[str, Any]


def fill(db: Database, projects: int, milestones: int, n_months: int, seed: int = 1) -> int:
    """Plans, projects with lists, milestones and monthly figures; returns the year's plan."""
    chance = random.Random(seed)
    with db.write() as s:
        load_targets(s)
        boards = [row.id for row in s.execute(select(tables.unit)) if row.is_board]
        keys = range(1, projects + 1)
        _insert(s, tables.project, [_project(key, boards, chance) for key in keys])
        _insert(s, tables.project_listing, [r for key in keys for r in _lists(key, chance)])
        _insert(s, tables.schedule, [{"project_id": key, "edition": 1} for key in keys])
        _insert(s, tables.milestone, [r for key in keys for r in _steps(key, milestones, chance)])
        _insert(s, tables.project_month, [r for k in keys for r in _figures(k, n_months, chance)])
    with db.write() as s:
        _settle(s)
        chief = find_actor(s, "chief")
        plan = _plan(s, chief)
    with db.engine.connect() as c:
        c.exec_driver_sql("ANALYZE")
        c.commit()
    return plan


def _insert(s: Session, table: Any, rows: list[Row]) -> None:
    for begin in range(0, len(rows), CHUNK):
        s.execute(insert(table), rows[begin : begin + CHUNK])


def _settle(s: Session) -> None:
    if s.dialect == "postgresql":
        s.conn.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('project', 'id'), (SELECT max(id) FROM project))"
        )


def _project(key: int, boards: list[int], chance: random.Random) -> Row:
    started = date(YEAR - 2, 1, 1) + timedelta(chance.randrange(900))
    return {
        "id": key, "name": f"重点产业项目{key}", "board_id": chance.choice(boards), "zone": WHOLE,
        "stage": "started", "actual_start_on": started, "total_invest_yi": Decimal(key % 40 + 1),
        "plan_year_invest_yi": Decimal(key % 9 + 1), "in_statistics_on": started,
        "plan_start_on": started, "plan_finish_on": started + timedelta(700),
    }  # fmt: skip


def _lists(key: int, chance: random.Random) -> list[Row]:
    wanted = [code for i, code in enumerate(LISTS) if key % (8 >> i if i < 3 else 2) == 0]
    return [
        {"project_id": key, "list_code": code, "year": year, "carried_over": chance.random() < 0.5}
        for code in wanted or ["district"] for year in range(YEAR - 1, YEAR + 1)
    ]  # fmt: skip


def _steps(key: int, milestones: int, chance: random.Random) -> list[Row]:
    first = date(YEAR - 1, 1, 4)
    return [
        {
            "project_id": key, "key": f"step{n}", "name": f"节点{n}", "stage": "started",
            "position": n, "days": 20, "begin_on": first + timedelta(30 * n),
            "plan_on": first + timedelta(30 * n + 25),
            "baseline_on": first + timedelta(30 * n + 25),
            "actual_on": first + timedelta(30 * n + chance.randrange(30)) if n < 15 else None,
        }
        for n in range(milestones)
    ]  # fmt: skip


def _figures(key: int, n_months: int, chance: random.Random) -> list[Row]:
    return [
        {
            "project_id": key, "month": months.moved(LAST, -n), "progress": "主体施工",
            "reported_wan": chance.randrange(100, 9000), "statistical_wan": chance.randrange(9000),
            "reported_at": NOW,
        }
        for n in range(1, n_months + 1)
    ]  # fmt: skip


def _plan(s: Session, chief: PersonInfo) -> int:
    plan = tables.plan.c
    source = s.execute(select(plan.id).where(plan.name == GOVERNING)).scalar_one()
    head = Head(f"{YEAR}年目标任务", YEAR, WHOLE)
    key = targets.create_plan(s, head=head, actor=chief, now=NOW, copy_of=source)
    gate = Gate("区重点产业项目", "上半年开工率", 6, "start_rate", "district", Decimal(80))
    targets.put_gate(s, plan_id=key, gate=gate, expected_version=None, actor=chief, now=NOW)
    return key
