"""约谈通知 and 约谈函."""

from __future__ import annotations

from notifications.documents.compose.orders import TELLS
from notifications.documents.compose.parts import (
    Facts,
    base,
    contact,
    over,
    paras,
    task_grid,
)
from notifications.documents.kinds import LETTER, Kind
from notifications.documents.shape import title, zh_when
from notifications.documents.sheet import Annex, Para, Sheet

LIST = "约谈事项任务清单"


def interview(kind: Kind, facts: Facts) -> Sheet:
    """Who, when and where, why, and what to bring."""
    given, tasks = facts["given"], facts["tasks"]
    word = "函" if kind.form == LETTER else "通知"
    late = "；".join(f"{t['number']}（{t['issue_title']}）{over(t)}" for t in tasks[:3])
    words = (
        Para(f"因你单位牵头办理的任务未按要求推进，决定约谈有关负责人。现{TELLS[kind.form]}如下："),
        Para("一、约谈对象", 1),
        *paras(given["who"]),
        Para("二、约谈时间和地点", 1),
        Para(f"{zh_when(given['when'])}，{given['place']}。"),
        Para("三、约谈事由", 1),
        *paras(given["reasons"]),
        Para(f"涉及任务：{late}{'等' if len(tasks) > 3 else ''}。"),
        Para("四、有关要求", 1),
        *(paras(given["materials"]) or [Para("请准备书面说明材料，按时参加。")]),
        Para(f"联系人：{contact(facts)}。"),
    )
    return base(
        kind,
        facts,
        title(["关于", "约谈", facts["addressees"][0]["name"], "有关负责人", f"的{word}"]),
        paragraphs=words,
        attachments=(LIST,),
        annexes=(Annex(LIST, task_grid(tasks, late=True)),),
    )
