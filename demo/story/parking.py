"""挂账: clocks stopped on request and by decision, reviewed, restarted; a request refused."""

from __future__ import annotations

from datetime import date

from demo.case import Case
from demo.script import YEAR, Script
from workflow.commands import parking, requests
from workflow.commands.breakdown import Plan


def write(script: Script) -> None:
    """Book this part."""
    _asked_reviewed_resumed(script)
    _refused(script)
    _still_parked(script)


def _day(text: str) -> date:
    return date.fromisoformat(f"{YEAR}-{text}")


def _asked_reviewed_resumed(script: Script) -> None:
    """The ruling comes late; the review passes; kept parked, then resumed and solved."""
    case = Case(
        script, "地块历史权属诉讼未结", "用地", board="henglin", project="312国道快速化工程"
    )
    case.handed_over("01-16", Plan("配合法院完成权属认定", limit="complex"))
    case.progress(4)
    case.do(
        5,
        "10:00",
        "@head",
        requests.request_park,
        review_on=_day("03-10"),
        reason="案件已进入诉讼程序，须等待裁判结果。",
    )
    case.do(
        8, "10:00", "director", requests.rule_park, granted=True, opinion="同意挂账，按期复核。"
    )
    review = script.calendar.working_days_between(_day("01-16"), _day("03-11"))
    case.do(
        review,
        "10:00",
        "chief",
        parking.review_park,
        task=0,
        review_on=_day("04-20"),
        reason="案件已开庭，尚未宣判，继续挂账。",
    )
    resumed = script.calendar.working_days_between(_day("01-16"), _day("04-16"))
    case.do(resumed, "10:00", "chief", parking.resume, task=0, reason="法院已作出裁判，恢复办理。")
    case.progress(resumed + 3)
    case.finished(resumed + 6)


def _refused(script: Script) -> None:
    """What can be solved is not parked."""
    case = Case(
        script, "施工便道租地协议续签", "施工配套", board="lucheng", project="232省道快速化工程"
    )
    case.handed_over("05-18", Plan("街道组织续签租地协议", limit="complex"))
    case.do(
        3,
        "10:00",
        "@head",
        requests.request_park,
        review_on=_day("07-20"),
        reason="部分农户外出，暂时无法签约。",
    )
    case.do(
        4, "10:00", "chief", requests.rule_park, granted=False, opinion="可委托签约，不予挂账。"
    )
    case.progress(4, 8)
    case.finished(11)


def _still_parked(script: Script) -> None:
    """Parked by the deputy director and still parked at the end of the half-year."""
    case = Case(
        script,
        "基本农田调整方案待上级批准",
        "用地",
        board="hengshanqiao",
        project="周刘家村特色田园乡村",
    )
    case.handed_over("05-25", Plan("配合上级完成基本农田调整报批"))
    case.progress(4, 8)
    case.do(
        10,
        "10:00",
        "director",
        parking.park,
        task=0,
        review_on=_day("08-31"),
        reason="须待上级批准空间规划调整方案。",
    )
