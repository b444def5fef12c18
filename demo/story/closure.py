"""清零销号: refused by the verifier and by the approver, waived, overridden, late."""

from __future__ import annotations

from demo.case import PROOF, Case
from demo.script import Script
from workflow.commands import assignment, closure
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof


def write(script: Script) -> None:
    """Book this part."""
    _refused_by_the_verifier(script)
    _refused_by_the_approver(script)
    _proof_waived(script)
    _overridden(script)
    _verified_and_approved_late(script)


def _refused_by_the_verifier(script: Script) -> None:
    """Sent back with what is still to be done and a new date; solved at the second try."""
    case = Case(
        script,
        "临时道路照明未恢复",
        "施工配套",
        board="lucheng",
        project="清正路(横河—东方西路)改扩建工程",
    )
    case.handed_over("02-26", Plan("街道恢复沿线临时照明"))
    case.progress(4)
    case.submitted(5)
    case.do(
        5,
        "15:20",
        "@verifier",
        closure.reject_submission,
        opinion="尚有两处未通电。",
        requirement="恢复剩余两处照明，并提供通电后照片。",
        new_due=case.at(9, "17:30"),
    )
    case.do(
        7,
        "10:00",
        "@liaison",
        closure.add_evidence,
        proof=Proof("photo", "照明恢复照片", "演示数据，无实际图片"),
    )
    case.finished(8)


def _refused_by_the_approver(script: Script) -> None:
    """Verified, yet the chief asks for more."""
    case = Case(
        script, "环保设施验收意见不完整", "环评", board="hengshanqiao", project="绿色涂料“绿岛”项目"
    )
    case.handed_over("03-11", Plan("完善环保设施验收意见"))
    case.progress(4, 8)
    case.submitted(10)
    case.verified(10)
    case.do(
        11,
        "09:40",
        "chief",
        closure.reject_closure,
        task=0,
        new_due=case.at(16, "17:30"),
        requirement="验收意见缺少监测数据，请补充后重报。",
    )
    case.progress(13)
    case.finished(15)


def _proof_waived(script: Script) -> None:
    """No document can exist: the deputy director does without, and the ledger shows it."""
    case = Case(
        script, "邻近居民沟通协调", "其他", board="qishuyan", project="常州东部“老城厢”复兴"
    )
    case.handed_over("04-16", Plan("街道上门沟通并达成一致"))
    case.progress(4)
    case.do(
        5,
        "10:00",
        "director",
        closure.waive_evidence,
        reason="沟通事项以口头答复为准，无书面材料。",
    )
    case.do(6, "10:10", "@head", closure.submit_task, result="已逐户沟通，居民均表示理解支持。")
    case.verified(6)
    case.approved(6)


def _overridden(script: Script) -> None:
    """Only the deputy director may close it, who handled it in person: a reasoned override."""
    case = Case(
        script,
        "外资股东准入资料跨境核验",
        "园区准入",
        board="henglin",
        project="跨境电商产业园",
        form={"major": True},
    )
    case.handed_over("04-22", Plan("经济发展局直接对接完成核验"), ack=None)

    case.do(
        0,
        "15:00",
        "jfj_liaison",
        assignment.acknowledge,
        responsible_leader="jfj_deputy",
        responsible_person="director",
    )
    case.progress(4)
    case.submitted(5)
    case.verified(5)
    case.approved(5, by="director", override="分管领导直接经办，无其他同级审定人，经集体研究同意。")


def _verified_and_approved_late(script: Script) -> None:
    """Verifier and approver have limits of their own, and both let them pass."""
    case = Case(
        script, "节能设备替代方案确认", "节能审批", board="yaoguan", project="恒耐创智天地一期"
    )
    case.handed_over("05-06", Plan("确认替代设备能效等级"))
    case.progress(4)
    case.do(7, "10:10", "@head", closure.submit_task, evidence=[PROOF], result="替代方案已确认。")
    case.verified(11)
    case.approved(14)
