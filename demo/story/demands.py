"""一企来: enterprises file demands, follow them and judge the result. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo.case import FICTION, Case
from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, Script
from projects.demands import deciding, feedback, filing
from projects.demands.deciding import TakeUp
from projects.demands.filing import DemandForm
from workflow.accounts.secret import new_secret
from workflow.commands.breakdown import Plan

PHONE = "0519-00000000"


def write(script: Script) -> None:
    """Book this part."""
    lines = _confirmed(script)
    _repeat_after_closure(script, lines)
    _rejected(script)
    _repeat_of_open(script)
    _asked_and_answered(script)
    _declined(script)
    _taken_up_late(script)
    _waiting(script)


@dataclass(slots=True)
class Enterprise:
    """A demand with the secret that its enterprise holds."""

    script: Script
    name: str
    body: str
    board: str = ""
    number: str = ""
    secret: str = field(default_factory=new_secret)

    def files(self, day: str, clock: str) -> None:
        """Book the form."""
        self.script.book(self.script.at(day, clock), self._file)

    def told(self, moment: datetime, command: Any, **said: Any) -> None:
        """Book what the enterprise says under its secret address."""

        def say(c: Clockwork, now: datetime) -> None:
            with c.db.write() as s:
                command(s, secret=self.secret, now=now, **said)

        self.script.book(moment, say)

    def decided(self, moment: datetime, command: Any, who: str = "triage", **given: Any) -> None:
        """Book what the office does with it."""
        self.script.book(
            moment, lambda c, now: c.do(command, who, now, demand=self.number, **given)
        )

    def _file(self, c: Clockwork, now: datetime) -> None:
        form = DemandForm(
            enterprise=f"{self.name}（演示）", contact="联系人（演示）", phone=PHONE,
            body=FICTION + self.body, board=self.board,
        )  # fmt: skip
        with c.db.write() as s:
            self.number = filing.file(s, form, now, secret=self.secret).number


@dataclass(slots=True)
class Raised(Case):
    """An issue that begins as a demand: taking it up is its report."""

    demand: Enterprise | None = None

    def _report(self, c: Clockwork, now: datetime, draft: bool) -> None:
        assert self.demand is not None and not draft
        form = TakeUp(
            category=self.category, title=TITLE_MARK + self.title, board=self.board,
            project=self.project,
        )  # fmt: skip
        done = c.do(deciding.take_up, "triage", now, demand=self.demand.number, form=form)
        self.number = done.issue


def _raised(script: Script, demand: Enterprise, title: str, category: str, **more: Any) -> Raised:
    return Raised(script, title, category, board=demand.board, demand=demand, **more)


def _confirmed(script: Script) -> Raised:
    """Taken up on the same day, solved, and confirmed."""
    body = "厂房北侧有一条10千伏高压线横穿，塔吊不能起臂，请协调迁移。"
    one = Enterprise(script, "某轨道交通装备企业", body, "yaoguan")
    one.files("03-02", "08:40")
    case = _raised(
        script, one, "厂房北侧10千伏线路影响吊装", "杆线迁移", project="中车大功率行星传动系统"
    )
    case.handed_over("03-02", Plan("协调供电单位制定迁改方案并组织实施"))
    case.progress(4, 8)
    case.finished(11)
    remark = {"satisfied": True, "remark": "线路已迁移，吊装恢复正常。"}
    one.told(case.at(13, "10:00"), feedback.confirm, **remark)
    return case


def _repeat_after_closure(script: Script, closed: Raised) -> None:
    """The neighbour says the same two months later: linked, looked at as a relapse, explained."""
    body = "隔壁地块的高压线迁走后，临时线路又架在我司围墙上方，影响吊装安全。"
    one = Enterprise(script, "某传动部件企业", body, "yaoguan")
    one.files("05-11", "09:05")
    moment = script.at("05-11", "15:00")
    script.book(
        moment,
        lambda c, now: c.do(deciding.link, "triage", now, demand=one.number, issue=closed.number),
    )
    told = "经核实为临时过渡线路，供电单位已于5月13日拆除。"
    one.decided(script.at("05-14", "10:00"), deciding.answer, text=told, category="杆线迁移")
    one.told(script.at("05-15", "09:20"), feedback.confirm, satisfied=True, remark="")


def _rejected(script: Script) -> None:
    """Closed, but the enterprise does not accept the result."""
    body = "通往厂区的支路破损严重，重车陷车，夜间没有路灯，请尽快修复。"
    one = Enterprise(script, "某新材料企业", body, "henglin")
    one.files("04-15", "09:40")
    case = _raised(script, one, "厂区支路破损且无路灯", "施工配套")
    case.handed_over("04-16", Plan("修复破损路面，补装路灯"))
    case.progress(3)
    case.finished(5)
    one.told(case.at(8, "11:00"), feedback.reject, reason="路面已修复，路灯仍未装。")


def _repeat_of_open(script: Script) -> None:
    """Two enterprises of a park speak of the same water main; the second is a repeat."""
    first = Enterprise(
        script, "某光伏企业", "工地没有接通自来水，管网只到路口，靠水车拉水施工。", "dingyan"
    )
    first.files("06-03", "08:40")
    case = _raised(script, first, "园区给水管网未到红线", "施工配套")
    case.handed_over("06-03", Plan("协调水务公司延伸给水管网"))
    again = Enterprise(
        script, "某智能装备企业", "项目现场临时用水没接上，给水管网什么时候能到红线？", "dingyan"
    )
    again.files("06-09", "10:15")
    script.book(
        script.at("06-09", "14:30"),
        lambda c, now: c.do(deciding.link, "chief", now, demand=again.number, issue=case.number),
    )


def _asked_and_answered(script: Script) -> None:
    """A question (咨询) that takes no issue."""
    one = Enterprise(script, "某软件企业", "外地母公司要设研发中心，入园有什么门槛和流程？")
    one.files("05-20", "09:30")
    told = "研发类项目准入实行联合评审，请先填报项目预评表，园区服务专员将与贵司对接。"
    one.decided(script.at("05-20", "14:00"), deciding.answer, text=told, category="园区准入")
    one.told(script.at("05-21", "09:00"), feedback.confirm, satisfied=True, remark="答复清楚。")


def _declined(script: Script) -> None:
    """Not a matter for the office."""
    body = "与供应商的货款纠纷已拖半年，请帮忙追款。"
    one = Enterprise(script, "某贸易企业", body, "lucheng")
    one.files("05-26", "16:10")
    reason = "属于企业间合同纠纷，不属于诉求受理范围，建议通过仲裁或诉讼途径解决。"
    one.decided(script.at("05-27", "09:30"), deciding.decline, reason=reason)


def _taken_up_late(script: Script) -> None:
    """Nobody takes it up in time: the desk is chased, the chief reads along."""
    body = "设备技改补助公示结束半年多，资金一直没有拨付，请问何时兑现？"
    one = Enterprise(script, "某电机企业", body, "hengshanqiao")
    one.files("06-10", "11:00")
    case = _raised(script, one, "技改补助资金未拨付", "资金")
    case.handed_over("06-15", Plan("核对公示名单，按程序拨付"))


def _waiting(script: Script) -> None:
    """What lies on the desk when the half-year ends."""
    board = "lucheng"
    text = "二期地块土地指标还没有落实，无法参加土地出让，请协调。"
    Enterprise(script, "某储能企业", text, board).files("06-30", "15:20")
