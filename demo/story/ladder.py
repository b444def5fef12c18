"""督办: the ladder climbed rung by rung, steps issued and dismissed, and a worker that was down."""

from __future__ import annotations

from datetime import datetime

from demo.case import Case
from demo.clockwork import Clockwork
from demo.script import Script
from workflow.commands import closure, supervision
from workflow.commands.breakdown import Plan
from workflow.documents import commands as documents
from workflow.documents.asking import Draft


def write(script: Script) -> None:
    """Book this part."""
    _to_the_top(script)
    _steps_dismissed(script)
    _while_the_worker_was_down(script)
    _red_twice(script)
    _urged_by_hand(script)
    _listed(script)


def _to_the_top(script: Script) -> None:
    """Fifteen days, then one rung after another, up to the referral of the leadership."""
    case = Case(
        script, "污水管网接驳迟迟未落实", "排污总量", board="yaoguan", project="新誉高性能永磁材料"
    )
    case.handed_over("01-19", Plan("完成接驳方案审查和施工"))
    case.progress(5, 13)
    case.decided(
        18,
        "14:00",
        "supervise",
        issue=True,
        by="chief",
        reason="逾期三个工作日仍未完成，限期整改。",
    )
    case.decided(20, "14:00", "bulletin", issue=True, by="chief", reason="列入二月通报。")
    case.decided(
        25,
        "15:00",
        "interview",
        issue=True,
        by="director",
        reason="逾期十个工作日，约谈单位主要负责人。",
    )
    case.decided(
        36,
        "10:00",
        "accountability",
        issue=True,
        by="director",
        reason="约谈后仍未完成，提请研究。",
    )
    case.progress(21, 27, 33, text="约谈要求已传达，正在组织施工。")
    case.finished(40)


def _steps_dismissed(script: Script) -> None:
    """The unit explains itself in time; chief and deputy director dismiss what was prepared."""
    case = Case(script, "公交首末站用地移交", "其他", board="lucheng", project="潞上路南口袋公园")
    case.handed_over("03-02", Plan("街道完成场地移交"))
    case.progress(4, 8, 11, 15, text="受连续降雨影响，已书面说明情况并加派力量。")
    case.decided(
        10, "14:00", "supervise", issue=False, by="chief", reason="单位已书面说明，属不可抗力。"
    )
    case.decided(
        17, "15:00", "interview", issue=False, by="director", reason="工作已近尾声，不予约谈。"
    )
    case.finished(18)


def _while_the_worker_was_down(script: Script) -> None:
    """Three rungs came due while no sweep ran: the highest is taken, the others noted."""
    case = Case(
        script, "电梯采购资料缺项", "手续办理", board="dingyan", project="科技金融中心(东方新城)"
    )
    case.handed_over("03-26", Plan("补齐电梯采购和报装资料"))
    case.progress(4)
    case.decided(
        12, "14:00", "bulletin", issue=True, by="chief", reason="逾期五个工作日，列入通报。"
    )
    case.finished(13)


def _red_twice(script: Script) -> None:
    """Overdue, refused, overdue again: the second red is enough for an interview."""
    case = Case(
        script, "场地平整验收资料不实", "施工配套", board="henglin", project="数字经济产业园一期"
    )
    case.handed_over("03-18", Plan("完成场地平整并组织验收"))
    case.progress(4)
    case.submitted(9)
    case.do(
        9,
        "15:00",
        "@verifier",
        closure.reject_submission,
        opinion="现场与资料不符。",
        requirement="按设计标高补做平整，并补充第三方测量报告。",
        new_due=case.at(12, "17:30"),
    )
    case.progress(11)
    case.submitted(16)
    case.verified(16)
    case.do(
        16,
        "16:40",
        "chief",
        closure.reject_closure,
        task=0,
        new_due=case.at(20, "17:30"),
        requirement="测量报告缺少盖章页，请补齐后重新提交。",
    )
    case.progress(19)
    case.finished(23)


def _urged_by_hand(script: Script) -> None:
    """The triage desk chases before the clock does."""
    case = Case(script, "候车亭基础与管线冲突", "其他", board="dingyan", project="东九区口袋公园")
    case.handed_over("06-01", Plan("街道调整候车亭位置"))
    case.do(3, "10:00", "triage", supervision.urge, text="请于本周内报送调整方案。")
    script.book(case.at(3, "16:00"), lambda c, now: _order_on_paper(c, case, now))
    case.progress(4)
    case.finished(6)


def _order_on_paper(c: Clockwork, case: Case, now: datetime) -> None:
    """The chief has a 督办单 prepared, signs it, and issues it to the unit."""
    draft = Draft(
        "supervision_order",
        tasks=[case.tasks[0]],
        given={
            "cause": "候车亭基础与地下管线冲突，影响口袋公园施工。",
            "requirements": "报送调整方案，明确完成时间。",
            "feedback_by": f"{case.at(5, '17:30'):%Y-%m-%d}",
        },
    )
    paper = c.do(documents.prepare, "triage", now, draft=draft)
    c.do(documents.sign, "chief", now, document=paper.id)
    c.do(documents.issue, "chief", now, document=paper.id)


def _listed(script: Script) -> None:
    """Raised to the half-monthly meeting, listed, taken off the list, closed at deputy level."""
    case = Case(
        script,
        "跨区供电通道需市级协调",
        "杆线迁移",
        board="yaoguan",
        project="中车大功率行星传动系统",
    )
    case.handed_over("03-23", Plan("建设局牵头对接市供电部门", limit="hard"))
    case.progress(*range(4, 28, 4))
    case.do(
        4,
        "15:00",
        "triage",
        supervision.coordinate,
        task=0,
        level=2,
        reason="涉及跨区供电，提前提请专班会商。",
    )
    case.do(
        16,
        "15:00",
        "chief",
        supervision.coordinate,
        task=0,
        level=3,
        reason="提请半月攻坚调度会研究。",
    )
    case.do(
        17,
        "09:30",
        "director",
        supervision.set_listed,
        task=0,
        listed=True,
        reason="影响省重大项目开工，挂牌督办。",
    )
    case.do(
        25,
        "09:30",
        "director",
        supervision.set_listed,
        task=0,
        listed=False,
        reason="市级部门已明确方案，摘牌。",
    )
    case.finished(28, by="director")
