"""Phrases that several kinds share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifications.documents.kinds import MINUTES, Kind
from notifications.documents.shape import zh_moment
from notifications.documents.sheet import Grid, Para, Row, Sheet

Facts = Mapping[str, Any]
ADDRESS_LINES = 4
"""More addressees than fit in these lines would keep the text off page 1: they go to 版记, as
those of minutes always do."""


def base(kind: Kind, facts: Facts, title: str, **more: Any) -> Sheet:
    """A sheet with issuer, addressees and copies filled in."""
    issuer = facts["issuer"]
    names = [unit["name"] for unit in facts["addressees"]]
    copies = [unit["name"] for unit in facts["copies"]]
    formal = kind.layout != "form"
    main = "，".join(names)
    elsewhere = formal and (len(main) > ADDRESS_LINES * 28 or kind.form == MINUTES)
    mark = {"file": issuer["mark"] + "文件", "letter": issuer["mark"], "form": ""}[kind.layout]
    given: dict[str, Any] = {
        "layout": kind.layout,
        "mark": mark,
        "title": title,
        "issuer": issuer["name"],
        "addressees": f"{main}：" if formal and main and not elsewhere else "",
        "imprint_to": main if elsewhere else "",
        "copies": "，".join(copies),
        "printed_by": issuer["name"],
        "upward": kind.layout == "file"
        and bool(facts["addressees"])
        and all(unit["kind"] == "leadership" for unit in facts["addressees"]),
    }
    return Sheet(**given | more)


def text_rows(*pairs: tuple[str, str]) -> tuple[Row, ...]:
    """Rows of a form; those without a text are left out."""
    return tuple(Row(label, text) for label, text in pairs if text)


def paras(text: str, level: int = 0) -> list[Para]:
    """A typed text as paragraphs, one a line."""
    return [Para(line.strip(), level) for line in text.splitlines() if line.strip()]


def over(task: Facts) -> str:
    """How late a task is."""
    days = task["days_over"]
    return f"已逾期{days}个工作日" if days > 0 else "未逾期"


def urged(task: Facts) -> str:
    """How often it was urged, if ever."""
    return f"，已催办{task['urges']}次" if task["urges"] else ""


def due(task: Facts) -> str:
    """A task's deadline as a document says it."""
    return zh_moment(task["deadline"]) or "未定"


def task_grid(tasks: Sequence[Facts], *, late: bool) -> Grid:
    """Tasks one a row; with `late` also how late they are and how often they were urged."""
    columns = ["序号", "任务编号", "问题及任务", "办理时限"] + (["逾期情况"] if late else [])
    rows = [
        (
            str(n),
            task["number"],
            f"{task['issue_title']}：{task['measures']}",
            due(task),
            *([over(task) + urged(task)] if late else []),
        )
        for n, task in enumerate(tasks, 1)
    ]
    return Grid(tuple(columns), (3, 6, 10, 5, *((5,) if late else ())), tuple(rows))


def several(tasks: Sequence[Facts]) -> list[str]:
    """Words of a title that name what it is about: short titles by themselves, else the number."""
    first = tasks[0]
    name = first["issue_title"] if len(first["issue_title"]) <= 16 else first["issue_number"] + "号"
    return [name, f"等{len(tasks)}项任务"] if len(tasks) > 1 else [name, "问题"]


def contact(facts: Facts) -> str:
    """Who answers questions."""
    person = facts["contact"]
    return "　".join(part for part in (person["name"], person["phone"]) if part)
