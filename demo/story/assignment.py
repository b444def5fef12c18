"""交办: several tasks, more of them later, one withdrawn, returns, late receipts."""

from __future__ import annotations

from demo.case import Case
from demo.script import Script
from workflow.commands import amending, assignment, breakdown, requests
from workflow.commands.breakdown import Plan

BASIS = "机构职能编制规定中本单位职责条款（演示）"


def write(script: Script) -> None:
    """Book this part."""
    _three_tasks(script)
    _one_more_and_one_less(script)
    _received_late(script)
    _return_upheld(script)
    _return_reassigned(script)


def _three_tasks(script: Script) -> None:
    """One issue, three units, each with its own deadline; closed when the last is verified."""
    case = Case(
        script,
        "快速路节点改造涉及拆迁、用地和杆线",
        "拆迁",
        board="henglin",
        project="312快速道路城中村改造项目",
        form={"major": True},
    )
    case.handed_over(
        "03-03",
        Plan("完成剩余住户签约和腾空"),
        Plan("办理临时用地手续", lead="zgj", limit="complex"),
        Plan("迁移电力通信杆线", lead="zjj", verifier="jfj", limit="complex"),
    )
    for task, taken in ((2, 12), (3, 14), (1, 25)):
        case.progress(*range(4, taken, 4), task=task)
        case.submitted(taken, task=task)
        case.verified(taken, task=task)
    case.approved(25, by="director")


def _one_more_and_one_less(script: Script) -> None:
    """A task is added after the dispatch, another is no longer needed and withdrawn."""
    case = Case(
        script,
        "园区主干道交付与管线施工交叉",
        "施工配套",
        board="hengshanqiao",
        project="绿色涂料“绿岛”项目",
    )
    case.handed_over(
        "04-15",
        Plan("先行交付主干道北段", limit="complex"),
        Plan("完成临时便道硬化", limit="complex"),
    )
    case.do(
        2,
        "10:00",
        "triage",
        breakdown.plan_task,
        task=0,
        form=Plan("调整给水管线施工顺序", lead="zjj", verifier="jfj"),
    )
    case.do(
        2,
        "10:20",
        "triage",
        amending.amend_task,
        task=3,
        changes={"measures": "调整给水管线施工顺序，错开主干道交付时段"},
    )
    case.do(2, "11:00", "chief", assignment.dispatch, task=0)
    case.acknowledged(2, task=3)
    case.do(
        5, "15:00", "chief", breakdown.drop_task, task=2, reason="主干道提前交付，便道不再需要。"
    )
    case.progress(4, 8, task=1)
    case.progress(6, task=3)
    for task, taken in ((3, 8), (1, 11)):
        case.submitted(taken, task=task)
        case.verified(taken, task=task)
    case.approved(11)


def _received_late(script: Script) -> None:
    """The receipt comes after its one working day; the deadline ran on all the same."""
    case = Case(
        script,
        "新增变电站出线通道未落实",
        "手续办理",
        board="qishuyan",
        project="常州东部“老城厢”复兴",
    )
    case.handed_over("04-20", Plan("协调出线通道规划审批"), ack=2)
    case.progress(5)
    case.finished(7)


def _return_upheld(script: Script) -> None:
    """The unit says "not mine"; the office upholds the assignment, and that is final."""
    case = Case(
        script,
        "厂区雨污分流整改责任不清",
        "排污总量",
        board="yaoguan",
        project="中天钢铁北厂区园区项目",
    )
    case.handed_over("03-10", Plan("镇牵头完成雨污分流整改方案"))
    case.do(
        0,
        "16:00",
        "@liaison",
        requests.request_return,
        basis=BASIS,
        reason="整改涉及企业内部管网，建议由生态环境分局牵头。",
        suggested_unit="sthj",
    )
    case.do(
        1,
        "10:00",
        "chief",
        requests.rule_return,
        reassign_to=None,
        opinion="属地负责，维持交办，请抓紧落实。",
    )
    case.progress(4, 8, 12)
    case.finished(14)


def _return_reassigned(script: Script) -> None:
    """The objection holds: the task goes to another unit. The ruling itself comes late."""
    case = Case(
        script,
        "河道蓝线与厂区围墙冲突",
        "用地",
        board="hengshanqiao",
        project="环太湖绿色涂料产业环保整治提升一期工程",
    )
    case.handed_over("03-05", Plan("核定河道蓝线并调整围墙位置", limit="complex"), ack=None)
    case.do(
        1,
        "09:30",
        "@head",
        requests.request_return,
        basis=BASIS,
        reason="河道蓝线管理职责在建设局。",
        suggested_unit="zjj",
    )
    case.do(
        4,
        "10:00",
        "chief",
        requests.rule_return,
        reassign_to="zjj",
        opinion="情况属实，改派建设局办理。",
    )
    case.acknowledged(4, task=2)
    case.progress(8, 12, task=2)
    case.submitted(15, task=2)
    case.verified(15, task=2)
    case.approved(15)
