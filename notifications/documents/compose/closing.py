"""销号申请表, 不予销号通知 and 销号通知."""

from __future__ import annotations

from notifications.documents.compose.parts import Facts, base, contact, due, text_rows
from notifications.documents.kinds import Kind
from notifications.documents.shape import zh_moment
from notifications.documents.sheet import Grid, Sheet


def application(kind: Kind, facts: Facts) -> Sheet:
    """销号申请表: the columns of a real closure form, and three places for seals."""
    task, issue, given = facts["tasks"][0], facts["issues"][0], facts["given"]
    verified = f"{task['verify_opinion']}　{task['verifier']}" if task["verifier"] else ""
    approved = f"{issue['opinion']}　{issue['approver']}" if issue["approver"] else ""
    rows = text_rows(
        ("问题编号", f"{issue['number']}　任务 {task['number']}"),
        ("问题名称", issue["title"]),
        ("类别", issue["category"]),
        ("所在板块", issue["board"]),
        ("问题描述", task["problem"]),
        ("整改措施", task["measures"]),
        ("整改时限", due(task)),
        ("完成时间", zh_moment(task["submitted_on"])),
        ("责任领导", task["leader"]),
        ("责任人", task["person"]),
        ("整改情况", task["result"]),
        ("自查结论", given["self_check"]),
        ("整改前后", given["before_after"]),
        ("佐证材料", "\n".join(f"{n}. {e}" for n, e in enumerate(task["evidence"], 1)) or "无"),
        ("核验意见", verified),
        ("审定意见", approved),
    )
    strips = ("牵头单位\n（盖章）", "核验部门\n（盖章）", "审定单位\n（盖章）")
    return base(kind, facts, "问题销号申请表", rows=rows, strips=strips)


def refusal(kind: Kind, facts: Facts) -> Sheet:
    """不予销号通知: reasons, 补充整改要求, new date."""
    task, given = facts["tasks"][0], facts["given"]
    rows = text_rows(
        ("任务", f"{task['number']}　{task['issue_title']}：{task['measures']}"),
        ("牵头单位", task["lead_unit"]),
        ("不予销号理由", given["reasons"]),
        ("补充整改要求", given["requirements"]),
        ("整改时限", zh_moment(given["new_date"])),
        ("联系人", contact(facts)),
    )
    return base(kind, facts, "不予销号通知书", rows=rows, strips=("签收人", "签收时间"))


def notice(kind: Kind, facts: Facts) -> Sheet:
    """销号通知: the issue is struck off, to everybody who had a part in it."""
    issue = facts["issues"][0]
    rows = text_rows(
        ("问题编号", issue["number"]),
        ("问题名称", issue["title"]),
        ("销号时间", zh_moment(issue["closed_on"])),
        ("审定人", issue["approver"]),
        ("审定意见", issue["opinion"]),
        ("备注", facts["given"]["remarks"]),
    )
    done = Grid(
        ("序号", "任务编号", "牵头单位", "办结情况", "核验时间"),
        (3, 6, 4, 8, 4),
        tuple(
            (str(n), t["number"], t["lead_unit"], t["result"], zh_moment(t["verified_on"]))
            for n, t in enumerate(facts["tasks"], 1)
        ),
    )
    return base(kind, facts, "问题销号通知", rows=rows, grid=done if done.rows else None)
