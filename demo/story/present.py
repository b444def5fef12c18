"""How the ledger stands on the last evening: every state and every light is there to be seen."""

from __future__ import annotations

from demo.case import Case
from demo.script import Script
from workflow.commands import closure
from workflow.commands.breakdown import Plan


def write(script: Script) -> None:
    """Book this part."""
    _before_the_dispatch(script)
    _running(script)
    _overdue(script)
    _refused_once(script)
    _near_the_end(script)
    _kept_waiting(script)


def _before_the_dispatch(script: Script) -> None:
    """A draft, a report, a breakdown with a planned task, and a task nobody has received yet."""
    Case(script, "（草稿）围挡影响行人通行", "其他", board="dingyan").reported(
        "06-30", "16:50", draft=True
    )
    Case(script, "施工用水接口位置变更", "施工配套", board="qishuyan", project="观湖路").reported(
        "06-30", "15:10"
    )
    Case(
        script,
        "储能项目并网方案待审",
        "手续办理",
        board="lucheng",
        project="南瑞继保博瑞电力构网型储能系统项目",
    ).opened("06-30", Plan("组织并网方案审查"))
    Case(
        script, "河道整治弃土场选址", "施工配套", board="hengshanqiao", project="常丰河水系整治"
    ).handed_over("06-30", Plan("镇落实弃土场"), ack=None)


def _running(script: Script) -> None:
    """Green: on course. Yellow: the deadline is near; no report in the reporting period."""
    course = Case(script, "标准厂房消防设计优化", "手续办理", board="dingyan", project="电子科创港")
    course.handed_over("06-25", Plan("组织消防设计会审", limit="complex"))
    course.progress(2)
    near = Case(
        script, "临时用电增容", "施工配套", board="yaoguan", project="中天钢铁北厂区园区项目"
    )
    near.handed_over("06-23", Plan("供电配套增容", co_units=()))
    near.progress(3)
    silent = Case(script, "安置小区供地手续", "用地", board="henglin", project="宋剑湖生态新城")
    silent.handed_over("06-12", Plan("完成供地手续"))


def _overdue(script: Script) -> None:
    """Red: past the deadline, with steps prepared that wait for the chief."""
    late = Case(
        script,
        "厂区东侧排水沟未贯通",
        "施工配套",
        board="yaoguan",
        project="长海玻纤及复合材料二期",
    )
    late.handed_over("06-09", Plan("镇水利站贯通排水沟"))
    late.progress(4, 9)
    later = Case(script, "货运通道限高架调整", "其他", board="henglin", project="跨境电商产业园")
    later.handed_over("05-29", Plan("调整限高架高度"))
    later.progress(4, 8, 12, 16)
    later.decided(
        10, "14:00", "supervise", issue=True, by="chief", reason="逾期三个工作日，限期办结。"
    )


def _refused_once(script: Script) -> None:
    """Yellow: sent back once by the verifier and being done again."""
    case = Case(
        script, "公园步道与消防通道重叠", "其他", board="lucheng", project="潞上路南口袋公园"
    )
    case.handed_over("06-22", Plan("调整步道线形"))
    case.progress(3)
    case.submitted(4)
    case.do(
        5,
        "10:00",
        "@verifier",
        closure.reject_submission,
        opinion="宽度不足。",
        requirement="步道调整后消防通道净宽须达到四米。",
        new_due=case.at(20, "17:30"),
    )


def _near_the_end(script: Script) -> None:
    """Submitted and waiting for the verifier; verified and waiting for the chief."""
    handed_in = Case(
        script, "光伏并网接入点变更", "节能审批", board="yaoguan", project="新誉高性能永磁材料"
    )
    handed_in.handed_over("06-17", Plan("完成接入点变更评审"))
    handed_in.progress(4)
    handed_in.submitted(8)
    proved = Case(script, "堆场扬尘治理", "其他", board="dingyan", project="常宝高性能特材制品")
    proved.handed_over("06-23", Plan("街道督促完成苫盖和喷淋"))
    proved.progress(3)
    proved.submitted(4)
    proved.verified(5)


def _kept_waiting(script: Script) -> None:
    """Yellow by a late step: a report that nobody breaks down; handed in, and nobody verifies."""
    Case(script, "便道路灯电源点未落实", "施工配套", board="qishuyan", project="观湖路").reported(
        "06-25"
    )
    unchecked = Case(
        script, "雨水口标高与路面不符", "其他", board="hengshanqiao", project="常丰河水系整治"
    )
    unchecked.handed_over("06-15", Plan("镇组织复测并调整标高"))
    unchecked.progress(3)
    unchecked.submitted(5)
