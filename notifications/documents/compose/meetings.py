"""调度会议题, 会议纪要 and 情况通报."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.documents.compose.parts import Facts, base, over, paras, text_rows
from notifications.documents.kinds import Kind
from notifications.documents.shape import numeral, title, zh_when
from notifications.documents.sheet import Annex, Grid, Para, Sheet

RANKS = "各单位问题办理情况"
LATE = "逾期未结任务清单"


def _issues(facts: Facts) -> Grid:
    rows = tuple(
        (str(n), i["number"], i["title"], "、".join(i["units"]) or "未定", i["light"])
        for n, i in enumerate(facts["issues"], 1)
    )
    return Grid(("序号", "问题编号", "问题", "牵头单位", "灯色"), (3, 6, 10, 5, 3), rows)


def agenda(kind: Kind, facts: Facts) -> Sheet:
    """会议题: what became of the last decisions, issues in brief, positions, proposal."""
    given = facts["given"]
    briefs = "\n".join(
        f"{n}. {i['title']}：{i['description']}" for n, i in enumerate(facts["issues"], 1)
    )
    rows = text_rows(
        ("会议", given["meeting"]),
        ("时间", zh_when(given["when"])),
        ("地点", given["place"]),
        ("上次会议议定事项落实情况", given.get("followup", "")),
        ("问题简况", briefs),
        ("各方意见", given["positions"]),
        ("建议", given["proposal"]),
    )
    return base(kind, facts, f"{given['meeting']}议题", rows=rows, grid=_issues(facts))


def _matter(issues: Sequence[Facts]) -> list[str]:
    first = issues[0]["title"]
    name = first if len(first) <= 16 else f"{issues[0]['number']}号"
    return [name, f"等{len(issues)}个问题"] if len(issues) > 1 else [name, "问题"]


def minutes(kind: Kind, facts: Facts) -> Sheet:
    """纪要: who met, and what was decided. It carries no seal."""
    given = facts["given"]
    decisions = [line.strip() for line in given["decisions"].splitlines() if line.strip()]
    words = [
        Para(
            f"{zh_when(given['when'])}，{given['chair']}主持召开{given['meeting']}。会议议定事项纪要如下："
        ),
        *(Para(f"{numeral(n)}、{line}") for n, line in enumerate(decisions, 1)),
        Para(f"出席：{given['present']}"),
    ]
    return base(
        kind,
        facts,
        title(["关于研究", *_matter(facts["issues"]), "的会议纪要"]),
        mark=f"{given['meeting']}纪要",
        paragraphs=tuple(words),
        attachments=("会议研究问题清单",) if facts["issues"] else (),
        annexes=(Annex("会议研究问题清单", _issues(facts)),) if facts["issues"] else (),
        with_seal=False,
    )


def bulletin(kind: Kind, facts: Facts) -> Sheet:
    """情况通报: exactly the three sections of the mechanism, and the units ranked by class."""
    given = facts["given"]
    sections = [
        ("重点项目开竣工情况", given["starts"]),
        ("投资完成情况", given["investment"]),
        ("问题进展情况", given["progress"]),
        ("下一步要求", given["requirements"]),
    ]
    words = [Para(f"现将{given['month']}重点项目攻坚推进情况通报如下：")]
    told = [(name, text) for name, text in sections if text]
    for n, (name, text) in enumerate(told, 1):
        words += [Para(f"{numeral(n)}、{name}", 1), *paras(text)]
    annexes = [a for a in (Annex(RANKS, _ranks(facts)), _late(facts)) if a.grid.rows]
    return base(
        kind,
        facts,
        title(["关于", given["month"], "重点项目攻坚", "推进情况", "的通报"]),
        paragraphs=tuple(words),
        attachments=tuple(annex.title for annex in annexes),
        annexes=tuple(annexes),
    )


def _late(facts: Facts) -> Annex:
    """The tasks that the ladder's fourth level puts into the bulletin."""
    rows = tuple(
        (str(n), t["lead_unit"], t["number"], f"{t['issue_title']}：{t['measures']}", over(t))
        for n, t in enumerate(facts["tasks"], 1)
    )
    columns = ("序号", "牵头单位", "任务编号", "问题及任务", "逾期情况")
    return Annex(LATE, Grid(columns, (3, 5, 6, 10, 5), rows))


def _ranks(facts: Facts) -> Grid:
    names = ("class", "rank", "unit", "n", "verified", "overdue")
    rows = tuple(tuple(str(unit[name]) for name in names) for unit in facts["standings"])
    columns = ("类别", "排名", "单位", "交办任务", "已核验", "逾期未结")
    return Grid(columns, (4, 3, 6, 4, 4, 4), rows)
