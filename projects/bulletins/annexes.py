"""The tables of a bulletin: each cell that is a figure knows which, so that pages can link it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from notifications.documents.sheet import Annex, Grid
from projects.bulletins.source import Source
from projects.kpi.base import Month
from projects.kpi.declared import KPIS
from projects.kpi.scopes import CLASSES, ZONE, Unit, units_of
from projects.kpi.shown import BLANK, bare, changed

RANKED_BY = "on_time"
"""The figure that units are ranked by in the bulletin, within their class."""
LOOP = ("on_time", "ack", "overdue", "closed", "answered")
WORKS = ("started", "finished", "invested", "gap")
COMPARED = ("closed", "on_time", "overdue", "relapsed", "started", "finished", "invested")


@dataclass(frozen=True, slots=True)
class Cell:
    """A text; with `kpi` a figure of a scope."""

    text: str
    kpi: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the relative widths of its columns."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def annex(self) -> Annex:
        """As a document has it."""
        plain = tuple(tuple(cell.text for cell in row) for row in self.rows)
        return Annex(self.title, Grid(self.columns, self.widths, plain))


def tables(source: Source) -> list[Table]:
    """All that have a row."""
    made = (_standings(source), _boards(source), _compared(source), _late(source))
    return [table for table in made if table.rows]


def _standings(source: Source) -> Table:
    places = source.places(RANKED_BY)
    rows = []
    for unit in _concerned(source, LOOP):
        place = places[unit.id].rank
        head = (CLASSES[unit.group][0], unit.name, str(place) if place else BLANK)
        rows.append((*map(Cell, head), *_figures(source, LOOP, unit.scope)))
    least = Month(source.content).rank_from
    title = f"各单位问题办理情况（n少于{least}的不排名）"
    names = tuple(KPIS[key].name for key in LOOP)
    ranked = f"{KPIS[RANKED_BY].name}排名"
    return Table(title, ("类别", "单位", ranked, *names), (4, 6, 3, *(4 for _ in LOOP)),
                 tuple(sorted(rows, key=_by_place)))  # fmt: skip


def _by_place(row: tuple[Cell, ...]) -> tuple[int, int, str]:
    groups = [zh for zh, _name in CLASSES.values()]
    rank = row[2].text
    return groups.index(row[0].text), int(rank) if rank != BLANK else 999, row[1].text


def _boards(source: Source) -> Table:
    rows = [
        (Cell(unit.name), *_figures(source, WORKS, unit.scope))
        for unit in _concerned(source, WORKS)
        if unit.is_board
    ]
    zone = (Cell("合计"), *_figures(source, WORKS, ZONE))
    names = ("开工率", "竣工率", "年度投资完成率", "与序时进度差（百分点）")
    return Table("各板块项目开竣工和投资完成情况", ("板块", *names), (5, 5, 5, 6, 6),
                 (*rows, zone) if rows else ())  # fmt: skip


def _compared(source: Source) -> Table:
    """同比, where the same month of the year before was frozen."""
    columns, widths = ("指标", "本月", "上年同月", "同比"), (6, 5, 5, 8)
    if source.before is None:
        return Table("主要指标同比情况", columns, widths, ())
    rows = []
    for key in COMPARED:
        now, before = source.figures[key, ZONE], source.before.get((key, ZONE))
        was = before.value if before is not None else None
        rows.append((
            Cell(KPIS[key].name), _cell(source, key, ZONE),
            Cell(f"{bare(now.sort, was)} n={before.n if before is not None else 0}"),
            Cell(changed(now.sort, now.value, was)),
        ))  # fmt: skip
    return Table("主要指标同比情况", columns, widths, tuple(rows))


def _late(source: Source) -> Table:
    """The tasks that the ladder's fourth level named for this month's bulletin."""
    month, names = Month(source.content), {u.id: u.name for u in units_of(source.content)}
    over = {task["id"]: task["over_wd"] for task in month.rows("tasks")}
    named = [o for o in month.rows("orders") if o["kind"] == "bulletin" and month.has(o["at"])]
    rows = tuple(
        (
            Cell(str(n)), Cell(names.get(one["unit_id"], "")), Cell(one["number"]),
            Cell(f"{one['title']}：{one['measures']}"), Cell(_state(over[one["tasks"][0]])),
        )
        for n, one in enumerate(named, 1)
    )  # fmt: skip
    columns = ("序号", "牵头单位", "任务编号", "问题及任务", "月末情况")
    return Table("列入通报的逾期任务清单", columns, (3, 5, 6, 10, 5), rows)


def _state(days: int) -> str:
    return f"逾期{days}个工作日" if days else "已报结或已调整时限"


def _concerned(source: Source, keys: Iterable[str]) -> list[Unit]:
    """Units with any row behind these figures."""
    return [
        unit
        for unit in units_of(source.content)
        if any(source.figures[key, unit.scope].n for key in keys)
    ]


def _figures(source: Source, keys: Iterable[str], scope: str) -> list[Cell]:
    return [_cell(source, key, scope) for key in keys]


def _cell(source: Source, key: str, scope: str) -> Cell:
    figure = source.figures[key, scope]
    if not figure.n:
        return Cell(BLANK)
    return Cell(f"{bare(figure.sort, figure.value)} n={figure.n}", key, scope)
