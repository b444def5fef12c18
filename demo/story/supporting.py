"""Supporting units that answer late or are waived, and a liaison who is away."""

from __future__ import annotations

from datetime import datetime

from demo.case import Case
from demo.clockwork import Clockwork
from demo.script import Script
from workflow.commands import supervision
from workflow.commands.breakdown import Plan
from workflow.organisation import away

ABSENT, DEPUTY = "henglin_liaison", "henglin_handler"


def write(script: Script) -> None:
    """Book this part."""
    _one_answers_one_is_waived(script)
    _liaison_away(script)


def _one_answers_one_is_waived(script: Script) -> None:
    """The power company answers after its three working days; the other input is waived."""
    case = Case(
        script,
        "110千伏线路迁改停电窗口待协调",
        "杆线迁移",
        board="lucheng",
        project="东方新城(片区)",
        form={"major": True},
    )
    case.handed_over("03-16", Plan("制定迁改方案并组织实施", co_units=("gdgs", "zgj")))
    case.do(
        5,
        "11:00",
        "gdgs_liaison",
        supervision.co_input,
        text="已列入四月停电计划，停电窗口两天，可配合迁改。",
    )
    case.do(
        6,
        "10:00",
        "chief",
        supervision.waive_co_input,
        unit="zgj",
        reason="线路走廊不变，不涉及规划调整，无需资规分局意见。",
    )
    case.progress(4, 8, 12)
    case.finished(14, by="director")


def _liaison_away(script: Script) -> None:
    """What goes to the liaison during the absence reaches the deputy named for it."""
    case = Case(
        script, "厂房连廊规划核实待办理", "施工配套", board="henglin", project="跨境电商产业园"
    )
    since, until = script.at("04-23", "08:30"), script.at("05-09", "08:30")

    def leave(c: Clockwork, now: datetime) -> None:
        c.do(away, ABSENT, now, username=ABSENT, deputy=DEPUTY, since=since, until=until)

    script.book(script.at("04-22", "16:00"), leave)
    case.handed_over("04-24", Plan("镇建设办完成连廊复测和核实"), ack=None)
    case.acknowledged(1, "09:30", by="@head")
    case.do(4, "16:20", "@head", supervision.progress, text="复测完成，核实资料已报送。")
    case.finished(6)
