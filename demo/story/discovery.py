"""问题发现: drafts, corrections, refusals, repeats, a late breakdown and an emergency."""

from __future__ import annotations

from datetime import datetime

from demo.case import Case
from demo.clockwork import Clockwork
from demo.script import Script
from workflow.commands import assignment, breakdown, discovery
from workflow.commands.breakdown import Plan


def write(script: Script) -> None:
    """Book this part."""
    _sent_back(script)
    _filed_from_draft(script)
    _refused(script)
    _repeated(script)
    _broken_down_late(script)
    _emergency(script)


def _sent_back(script: Script) -> None:
    """Reported under a wrong category, returned, corrected, filed again and solved."""
    case = Case(
        script,
        "厂区南侧道路未通影响设备进场",
        "其他",
        board="yaoguan",
        project="中车大功率行星传动系统",
    )
    case.reported("01-07")
    case.do(
        0,
        "10:20",
        "triage",
        discovery.send_back,
        task=0,
        reason="类别不准确，请按施工配套上报并写明受影响的工序。",
    )
    case.do(
        0,
        "14:10",
        "yaoguan_handler",
        discovery.edit,
        task=0,
        category="施工配套",
        description="本条为演示数据，情节虚构。厂区南侧道路未通，大型设备无法进场安装。",
    )
    case.do(0, "14:20", "yaoguan_handler", discovery.submit_draft, task=0)
    case.do(0, "15:20", "triage", discovery.start_triage, task=0)
    case.do(0, "15:30", "triage", breakdown.plan_task, task=0, form=Plan("镇建设办修筑临时便道"))
    case.do(0, "16:10", "chief", assignment.dispatch, task=0)
    case.acknowledged(1)
    case.progress(4)
    case.finished(6)


def _filed_from_draft(script: Script) -> None:
    """Begun as a draft on one day, filed on the next."""
    case = Case(
        script, "片区雨水管网标高衔接问题", "施工配套", board="lucheng", project="东方新城(片区)"
    )
    case.reported("03-12", "16:30", draft=True)
    case.do(1, "09:05", "lucheng_handler", discovery.submit_draft, task=0)
    case.do(1, "09:45", "triage2", discovery.start_triage, task=0)
    case.do(1, "10:00", "triage2", breakdown.plan_task, task=0, form=Plan("复测标高并调整接口设计"))
    case.do(1, "11:00", "chief", assignment.dispatch, task=0)
    case.acknowledged(1)
    case.progress(5)
    case.finished(7)


def _refused(script: Script) -> None:
    """Not an obstacle to a project: proposed by one person, confirmed by another."""
    case = Case(script, "咨询企业年报填报方式", "其他", board="henglin")
    case.reported("01-14")
    case.do(
        0,
        "10:00",
        "triage",
        discovery.propose_rejection,
        task=0,
        reason="属于政策咨询，不影响项目推进，建议转企业服务热线。",
    )
    case.do(
        0, "14:30", "chief", discovery.reject, task=0, reason="同意不予受理，已转企业服务热线。"
    )


def _repeated(script: Script) -> None:
    """The same obstacle reported twice: the second report joins the first."""
    first = Case(
        script, "10千伏线路影响塔吊安装", "杆线迁移", board="dingyan", project="常宝高性能特材制品"
    )
    first.handed_over("02-04", Plan("协调产权单位停电迁移"))
    first.progress(4, 8, 12)
    first.finished(14)
    again = Case(
        script,
        "塔吊安装受架空线影响（重复上报）",
        "杆线迁移",
        board="dingyan",
        project="常宝高性能特材制品",
    )
    again.reported("02-06")

    def merge(c: Clockwork, now: datetime) -> None:
        c.do(
            discovery.merge,
            "triage",
            now,
            issue=again.number,
            into=first.number,
            reason="与在办问题为同一事项，合并办理。",
        )

    script.book(again.at(0, "11:00"), merge)


def _broken_down_late(script: Script) -> None:
    """The triage desk takes longer than two working days; its limit passes."""
    case = Case(
        script, "厂房屋面光伏荷载复核", "手续办理", board="yaoguan", project="恒耐创智天地一期"
    )
    case.reported("02-25")
    case.do(3, "09:20", "triage", discovery.start_triage, task=0)
    case.do(3, "09:40", "triage", breakdown.plan_task, task=0, form=Plan("组织设计单位复核荷载"))
    case.do(3, "10:30", "chief", assignment.dispatch, task=0)
    case.acknowledged(3)
    case.progress(7)
    case.finished(9)


def _emergency(script: Script) -> None:
    """Eight office hours, counted by the clock; the urgent ladder."""
    case = Case(
        script, "基坑东侧出现渗水", "紧急事项", board="lucheng", project="科技金融中心(东方新城)"
    )
    case.handed_over("05-12", Plan("立即回填反压，组织专家会诊"))
    case.submitted(1, "09:00")
    case.verified(1, "10:20")
    case.approved(1, "11:30")
