"""Requests and rulings: extensions granted, refused and taken back; terms adjusted."""

from __future__ import annotations

from demo.case import Case
from demo.script import Script
from workflow.commands import requests
from workflow.commands.breakdown import Plan

CLOSE = "17:30"


def write(script: Script) -> None:
    """Book this part."""
    _extended_twice(script)
    _extension_refused_late(script)
    _request_taken_back(script)
    _adjusted(script)
    _adjustment_refused(script)
    _moved_to_another_unit(script)


def _extended_twice(script: Script) -> None:
    """The chief grants the first extension, the deputy director the second."""
    case = Case(
        script,
        "厂房扩建用地规划调整",
        "用地",
        board="yaoguan",
        project="长海玻纤及复合材料二期",
        form={"major": True},
    )
    case.handed_over("01-12", Plan("完成规划局部调整论证和报批", limit="complex"))
    case.progress(4, 8, 12, 17, 21)
    case.do(
        12,
        "10:00",
        "@head",
        requests.request_extension,
        new_due=case.at(20, CLOSE),
        reason="专家评审会延期召开。",
        progress="论证报告已完成。",
    )
    case.do(
        13, "10:00", "chief", requests.rule_extension, granted=True, opinion="情况属实，同意延期。"
    )
    case.do(
        18,
        "10:00",
        "@head",
        requests.request_extension,
        new_due=case.at(25, CLOSE),
        reason="公示期内收到意见需答复。",
        progress="评审通过，正在公示。",
    )
    case.do(
        19,
        "10:00",
        "director",
        requests.rule_extension,
        granted=True,
        opinion="同意第二次延期，不再续延。",
    )
    case.finished(24, by="director")


def _extension_refused_late(script: Script) -> None:
    """The ladder waits for the ruling; when it comes, late, what had come due fires at once."""
    case = Case(script, "企业分期建设资金安排", "资金", board="dingyan", project="电子科创港")
    case.handed_over("04-17", Plan("财政局会同街道核定资金拨付计划"))
    case.progress(4, 8, 12)
    case.do(
        12,
        "10:00",
        "@head",
        requests.request_extension,
        new_due=case.at(22, CLOSE),
        reason="等待上级资金下达。",
        progress="拨付计划初稿已完成。",
    )
    case.do(
        15,
        "10:00",
        "chief",
        requests.rule_extension,
        granted=False,
        opinion="资金已列入预算，不予延期。",
    )
    case.finished(17)


def _request_taken_back(script: Script) -> None:
    """The unit finds a way and takes its request back before the ruling."""
    case = Case(
        script,
        "节能评审专家抽取冲突",
        "节能审批",
        board="yaoguan",
        project="新能源风电传动系统产业化基地",
    )
    case.handed_over("04-15", Plan("更换评审专家组并完成评审"))
    case.progress(4, 8)
    case.do(
        9,
        "10:00",
        "@head",
        requests.request_extension,
        new_due=case.at(20, CLOSE),
        reason="专家时间冲突。",
        progress="评审材料已备齐。",
    )
    case.do(9, "16:00", "@liaison", requests.withdraw_request, kind="extension")
    case.finished(12)


def _adjusted(script: Script) -> None:
    """Measures and deadline change after the dispatch, on request and with a ruling."""
    case = Case(
        script,
        "迁改方案优化为入地敷设",
        "杆线迁移",
        board="lucheng",
        project="南瑞继保博瑞电力构网型储能系统项目",
    )
    case.handed_over("03-03", Plan("架空线迁改"))
    case.do(
        3,
        "10:00",
        "@head",
        requests.request_adjustment,
        reason="现场条件适合电缆入地。",
        changes={"measures": "架空线改为电缆入地敷设", "due": case.at(20, CLOSE)},
    )
    case.do(
        3, "16:00", "director", requests.rule_adjustment, granted=True, opinion="同意优化方案。"
    )
    case.progress(4, 8, 12, 16)
    case.finished(18)


def _adjustment_refused(script: Script) -> None:
    """The triage desk asks, the chief says no: the four fields stay as they were."""
    case = Case(
        script, "临时停车场占用公园用地", "其他", board="dingyan", project="工房十一区口袋公园"
    )
    case.handed_over("05-13", Plan("街道清理占用并恢复绿地"))
    case.do(
        2,
        "09:30",
        "triage2",
        requests.request_adjustment,
        reason="建议缩小清理范围。",
        changes={"problem": "公园北侧部分用地被临时占用"},
    )
    case.do(
        3,
        "09:30",
        "chief",
        requests.rule_adjustment,
        granted=False,
        opinion="范围清楚，维持原交办内容。",
    )
    case.progress(4)
    case.finished(6)


def _moved_to_another_unit(script: Script) -> None:
    """An adjustment names another lead unit; the ruling comes after its working day."""
    case = Case(
        script,
        "出让地块围挡移交",
        "用地清单外要求",
        board="hengshanqiao",
        project="表面处理“绿岛”项目",
    )
    case.handed_over("05-14", Plan("完成围挡移交和现场清点", limit="complex"))
    case.do(
        1,
        "10:00",
        "@head",
        requests.request_adjustment,
        reason="围挡由镇平台公司管理。",
        changes={"lead_unit": "hengshanqiao"},
    )
    case.do(
        4, "10:00", "chief", requests.rule_adjustment, granted=True, opinion="同意由属地镇牵头。"
    )
    case.acknowledged(4, task=2)
    case.progress(8, task=2)
    case.submitted(10, task=2)
    case.verified(10, task=2)
    case.approved(10)
