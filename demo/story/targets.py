"""目标任务 and 月度数据: a plan of the year, figures by month, months frozen, one corrected.

The plan is the governing one of 2024, copied for the year of the story; projects are those that
the sources name. Their lists, dates and amounts of this year are invented and marked as such.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from config.projects import STAGES
from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, YEAR, Script
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import snapshots
from projects.figures import freezing
from projects.figures.commands import Figure, report_figures
from projects.library import listings, stages
from projects.months import of_year
from projects.targets import commands as targets
from projects.targets.actuals import Actual, enter_actuals
from projects.targets.checks import Gate, Head

GOVERNING = "常州经开区2024年重点产业项目推进攻坚实施意见"
PEOPLE = "常州经开区2024年十大民生实事项目"
PLAN = f"{TITLE_MARK}常州经开区{YEAR}年重点产业项目目标任务"
LIVELIHOOD = f"{TITLE_MARK}常州经开区{YEAR}年十大民生实事项目"
WHOLE = "常州经开区"
OfMonth = Callable[[Clockwork, datetime, str], None]

# name, who reports it, lists, start ("" not yet), carried over, 万元 a month from January on
PROJECTS: tuple[tuple[str, str, tuple[str, ...], str, bool, tuple[int, ...]], ...] = (
    ("中车大功率行星传动系统", "yaoguan_liaison", ("province", "city", "district"), "03-02", False,
     (0, 0, 4200, 5100, 5600)),
    ("新誉高性能永磁材料", "yaoguan_liaison", ("province", "city", "district"), "03-16", False,
     (0, 0, 2600, 3900, 4100)),
    ("长海玻纤及复合材料二期", "yaoguan_liaison", ("province", "city", "district"), "05-11", False,
     (0, 0, 0, 0, 9000)),
    ("环太湖绿色涂料产业环保整治提升一期工程", "hengshanqiao_liaison",
     ("province", "city", "district"), "04-20", False, (0, 0, 0, 3500, 7200)),
    ("常宝高性能特材制品", "dingyan_liaison", ("province", "city", "district"), "", False,
     (0, 0, 0)),
    ("中天钢铁北厂区园区项目", "triage", ("industrial",), "", True,
     (2200, 1800, 2600, 2400, 2500)),
    ("新能源风电传动系统产业化基地", "triage", ("city", "district", "industrial"), "", True,
     (3000, 1500, 4200, 3800, 4000)),
    ("万洋众创城", "triage", ("district",), "", True, (2600, 1200, 3000, 3100, 2900)),
    ("电子科创港", "triage", ("district",), "", True, (1800, 900, 2200, 2100, 2000)),
    ("跨境电商产业园", "triage", ("district",), "", True, (900, 500, 1200, 1100, 1000)),
)  # fmt: skip
FREEZES = (("01", "02-09"), ("02", "03-09"), ("03", "04-16"))
"""April and May are frozen for their bulletins (`demo.story.bulletins`)."""


def write(script: Script) -> None:
    """Book this part."""
    script.book(script.at("01-06", "09:00"), _planned)
    script.book(script.at("01-06", "10:00"), _listed)
    for project in PROJECTS:
        if project[3]:
            _book_start(script, project[0], project[3])
    for n in range(1, 6):
        _book(script, script.after(f"{n + 1:02d}-01", 1, "10:20"), _reported, f"{YEAR}-{n:02d}")
    for number, day in FREEZES:
        _book(script, script.at(day, "16:00"), _frozen, f"{YEAR}-{number}")
    script.book(script.at("04-22", "15:00"), _corrected)


def _book(script: Script, when: datetime, act: OfMonth, month: str) -> None:
    script.book(when, lambda clock, now: act(clock, now, month))


def _planned(clock: Clockwork, now: datetime) -> None:
    """Two plans copied for the year; gates and a monthly task of the first."""
    names = {row.name: row.id for row in _rows(clock, select(tables.plan))}
    head = Head(PLAN, YEAR, WHOLE, source="演示数据", note="按2024年文件样式编制的演示数据")
    plan = clock.do(targets.create_plan, "triage", now, head=head, copy_of=names[GOVERNING])
    head = Head(LIVELIHOOD, YEAR, WHOLE, source="演示数据", note="演示数据")
    clock.do(targets.create_plan, "triage", now, head=head, copy_of=names[PEOPLE])
    level = "区重点产业项目"
    for gate in (
        Gate(level, "上半年开工率", 6, "start_rate", "district", Decimal(80), "S3口径"),
        Gate(level, "年内竣工率", 12, "finish_rate", "district", Decimal(70), "S3口径"),
    ):
        clock.do(targets.put_gate, "triage", now, plan_id=plan, gate=gate, expected_version=None)
    shares = {month: Decimal(share) for month, share in zip(
        range(1, 13), (4, 8, 16, 25, 34, 50, 58, 66, 75, 84, 92, 100), strict=True
    )}  # fmt: skip
    clock.do(
        targets.set_shares, "triage", now, plan_id=plan, shares=shares, level="市重大项目",
        metric="年度列统投资", expected_version=None,
    )  # fmt: skip


def _listed(clock: Clockwork, now: datetime) -> None:
    for name, _who, codes, _start, carried, _amounts in PROJECTS:
        for code in codes:
            clock.do(enlist, "triage", now, name=name, list_code=code, carried_over=carried)


def enlist(
    s: Session, *, actor: PersonInfo, now: datetime, name: str, list_code: str, carried_over: bool
) -> None:
    """Put a project on a list of the year, unless it stands there already."""
    p, listing = tables.project.c, tables.project_listing.c
    key = s.execute(select(p.id).where(p.name == name)).scalar_one()
    known = select(listing.id).where(
        listing.project_id == key, listing.list_code == list_code, listing.year == YEAR
    )
    if s.execute(known).first() is None:
        listings.enlist(
            s, actor=actor, project_id=key, list_code=list_code, year=YEAR, now=now,
            carried_over=carried_over, note="演示数据",
        )  # fmt: skip


def _book_start(script: Script, name: str, day: str) -> None:
    script.book(
        script.at(day, "17:00"),
        lambda clock, now: clock.do(start, "triage", now, name=name),
    )


def start(s: Session, *, actor: PersonInfo, now: datetime, name: str) -> None:
    """Record the start of construction today, unless the project is as far already."""
    p = tables.project.c
    row = s.execute(select(p.id, p.stage).where(p.name == name)).one()
    if STAGES.index(row.stage) < STAGES.index("started"):
        today = now.date()
        stages.reach(
            s, actor=actor, project_id=row.id, stage="started", since=today, now=now,
            note="演示数据",
        )  # fmt: skip


def _reported(clock: Clockwork, now: datetime, month: str) -> None:
    """Each unit its projects in one go, the office those of no town; statistics a tenth less."""
    n = int(month[5:]) - 1
    ids = {row.name: row.id for row in _rows(clock, select(tables.project))}
    by_person: dict[str, list[Figure]] = {}
    for name, who, _codes, _start, _carried, amounts in PROJECTS:
        if n < len(amounts):
            amount = amounts[n]
            by_person.setdefault(who, []).append(Figure(
                ids[name], amount, amount * 9 // 10, f"{TITLE_MARK}{_progress(amounts[: n + 1])}",
                "演示数据",
            ))  # fmt: skip
    for who, figures in by_person.items():
        clock.do(report_figures, who, now, month=month, figures=figures)
    _livelihood(clock, now, month)


def _progress(amounts: tuple[int, ...]) -> str:
    months_of_work = sum(1 for amount in amounts if amount)
    steps = ("前期手续办理", "场地平整", "桩基施工", "主体施工", "主体施工", "设备安装")
    return steps[min(months_of_work, len(steps) - 1)]


def _livelihood(clock: Clockwork, now: datetime, month: str) -> None:
    """Every third item of the livelihood list moves on with the months, each at its own pace."""
    rows = _rows(clock, select(tables.target).where(tables.target.c.plan == LIVELIHOOD))
    n = int(month[5:])
    given = [
        Actual(row.id, (row.value * n * (6 + i % 7) / 100).quantize(Decimal("0.1")), "演示数据")
        for i, row in enumerate(rows) if i % 3 == 0
    ]  # fmt: skip
    clock.do(enter_actuals, "triage", now, month=month, actuals=given)


def _frozen(clock: Clockwork, now: datetime, month: str) -> None:
    clock.do(freeze, "chief", now, month=month)


def freeze(s: Session, *, actor: PersonInfo, now: datetime, month: str) -> None:
    """Freeze a month, unless that has been done."""
    if not snapshots.latest_edition(s, month):
        snapshots.freeze(s, month, actor, now)


def _corrected(clock: Clockwork, now: datetime) -> None:
    """The statistics office takes back a part of March: a second edition, with the reason."""
    name = "万洋众创城"
    [row] = _rows(clock, select(tables.project).where(tables.project.c.name == name))
    clock.do(
        freezing.correct, "chief", now, month=of_year(YEAR)[2],
        reason=f"{TITLE_MARK}统计部门核减3月列统投资",
        corrected=[Figure(row.id, 3000, 2500, f"{TITLE_MARK}主体施工", "演示数据")],
    )  # fmt: skip


def _rows(clock: Clockwork, statement: Any) -> list[Any]:
    with clock.db.read() as s:
        return list(s.execute(statement))
