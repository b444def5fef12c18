"""交办单, 催办通知, 督办单, 督办函 and 督办通知."""

from __future__ import annotations

from notifications.documents.compose.parts import (
    Facts,
    base,
    contact,
    due,
    over,
    paras,
    several,
    task_grid,
    text_rows,
    urged,
)
from notifications.documents.kinds import LETTER, NOTICE, Kind
from notifications.documents.shape import title, zh_moment
from notifications.documents.sheet import Annex, Para, Sheet

TELLS = {LETTER: "函告", NOTICE: "通知"}
RECEIPT = ("签收人", "签收时间")


def dispatch(kind: Kind, facts: Facts) -> Sheet:
    """交办单: what, by whom, by when, and the strip on which it is received."""
    given, tasks = facts["given"], facts["tasks"]
    first, one = tasks[0], len(tasks) == 1
    rows = text_rows(
        ("交办依据", given["basis"]),
        ("问题", "\n".join(f"{i['number']}　{i['title']}" for i in facts["issues"])),
        ("问题描述", first["problem"] if one else ""),
        ("办理要求", (first["standard"] or first["measures"]) if one else ""),
        ("办理措施", first["measures"] if one else ""),
        ("牵头单位", first["lead_unit"]),
        ("配合单位", "、".join(first["co_units"]) if one else ""),
        ("办理时限", due(first) if one else "见下表"),
        ("反馈要求", given["feedback"]),
        ("联系人", contact(facts)),
    )
    grid = None if one else task_grid(tasks, late=False)
    return base(kind, facts, "问题交办单", rows=rows, grid=grid, strips=RECEIPT)


def urge(kind: Kind, facts: Facts) -> Sheet:
    """催办通知: the overdue tasks of one unit, with a copy to its deputy leader."""
    tasks = facts["tasks"]
    rows = text_rows(
        ("主送", tasks[0]["lead_unit"]),
        ("催办事由", "下列任务请抓紧办理并报送进展；确有客观原因的，请一并说明。"),
        ("催办意见", facts["given"]["reason"]),
        ("联系人", contact(facts)),
    )
    return base(
        kind, facts, "催办通知", rows=rows, grid=task_grid(tasks, late=True), strips=RECEIPT
    )


def order(kind: Kind, facts: Facts) -> Sheet:
    """督办单: one or many tasks of one unit."""
    given, tasks = facts["given"], facts["tasks"]
    first, one = tasks[0], len(tasks) == 1
    matter = f"{first['number']}　{first['issue_title']}：{first['measures']}"
    earlier = f"{over(first)}{urged(first)}，当前灯色：{first['light']}"
    rows = text_rows(
        ("督办单位", first["lead_unit"]),
        ("督办事由", given["cause"]),
        ("督办任务", matter if one else ""),
        ("办理时限", due(first) if one else ""),
        ("催办情况", earlier if one else ""),
        ("督办要求", given["requirements"]),
        ("反馈时限", zh_moment(given["feedback_by"])),
        ("联系人", contact(facts)),
    )
    grid = None if one else task_grid(tasks, late=True)
    return base(kind, facts, "督办单", rows=rows, grid=grid, strips=RECEIPT)


def directive(kind: Kind, facts: Facts) -> Sheet:
    """督办函 and 督办通知: the same words, only the form differs."""
    given, tasks = facts["given"], facts["tasks"]
    word = "函" if kind.form == LETTER else "通知"
    listed = len(tasks) > 1
    matter = (
        f"你单位牵头办理的{len(tasks)}项任务（见附件）尚未办结"
        if listed
        else f"你单位牵头办理的“{tasks[0]['issue_title']}”（{tasks[0]['number']}），"
        f"办理时限为{due(tasks[0])}，{over(tasks[0])}{urged(tasks[0])}"
    )
    words = (
        Para(f"{matter}，现将有关事项{TELLS[kind.form]}如下："),
        Para("一、督办事由", 1),
        *paras(given["cause"]),
        Para("二、督办要求", 1),
        *paras(given["requirements"]),
        Para("三、反馈时限", 1),
        Para(
            f"请于{zh_moment(given['feedback_by'])}前书面反馈办理情况。联系人：{contact(facts)}。"
        ),
        *((Para("特此函告，请予支持。"),) if word == "函" else ()),
    )
    name = "督办任务清单"
    return base(
        kind,
        facts,
        title(["关于", "督促办理", *several(tasks), f"的{word}"]),
        paragraphs=words,
        attachments=(name,) if listed else (),
        annexes=(Annex(name, task_grid(tasks, late=True)),) if listed else (),
    )
