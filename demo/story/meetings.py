"""攻坚调度会: two held and one called; a matter raised on the spot, an element shortage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from demo.case import FICTION, Case
from demo.clockwork import Clockwork
from demo.script import TITLE_MARK, Script
from models import tables
from projects.coordination.requests import ask, decline
from projects.meetings import agenda, decisions, papers, planning, session, tasks
from projects.meetings.candidates import candidates
from projects.meetings.decisions import Decided
from projects.meetings.planning import Invitation
from projects.meetings.store import find_meeting
from workflow.commands.breakdown import Plan
from workflow.commands.discovery import Report
from workflow.documents import commands as documents

PLACE = "管委会三楼会议室"
UNITS = ("henglin", "yaoguan", "hengshanqiao", "lucheng", "dingyan", "zjj", "zgj", "sthj", "spj")


@dataclass(slots=True)
class Held:
    """A meeting of the story, known by its id once it is planned."""

    script: Script
    starts: datetime
    id: int = 0

    def plan(self, moment: datetime) -> None:
        """Book the planning."""
        self.script.book(moment, self._plan)

    def _plan(self, c: Clockwork, now: datetime) -> None:
        form = Invitation(self.starts, PLACE, "director", UNITS)
        self.id = c.do(planning.plan, "triage", now, form=form).id

    def pick(self, moment: datetime, case: Case, proposal: str) -> None:
        """Book that an issue comes onto the agenda."""
        self.script.book(moment, lambda c, now: c.do(
            agenda.pick, "triage", now, meeting=self.id, issue=case.number, proposal=proposal,
        ))  # fmt: skip

    def fix(self, moment: datetime) -> None:
        """Book that the agenda stands; its paper is signed by the chief."""
        self.script.book(moment, self._fix)

    def _fix(self, c: Clockwork, now: datetime) -> None:
        row = c.do(agenda.fix, "triage", now, meeting=self.id)
        c.do(documents.sign, "chief", now, document=row.agenda_document_id)

    def opened(self) -> None:
        """Book the opening by the chief."""
        self.script.book(
            self.starts, lambda c, now: c.do(session.open_session, "chief", now, meeting=self.id)
        )

    def item(self, c: Clockwork, number: str) -> int:
        """The item of an issue."""
        item, issue = tables.meeting_item.c, tables.issue.c
        chosen = select(item.id).join(tables.issue, issue.id == item.issue_id)
        with c.db.read() as s:
            found = s.execute(chosen.where(item.meeting_id == self.id, issue.number == number))
            return int(found.scalar_one())

    def decide(
        self, c: Clockwork, now: datetime, kind: str, text: str, lead: str, due: date | None,
        case: Case | None = None,
    ) -> int:  # fmt: skip
        """Record a decision; the number of a task that it becomes is kept with its case."""
        item = self.item(c, case.number) if case is not None else None
        form = Decided(kind, text, lead, due, item)
        made: int = c.do(tasks.decide, "chief", now, meeting=self.id, form=form)
        if case is not None:
            note_task(c, made, case)
        return made

    def minutes(self, moment: datetime) -> None:
        """Book the minutes: prepared from the record, signed by the chair, issued."""
        self.script.book(moment, self._minutes)

    def _minutes(self, c: Clockwork, now: datetime) -> None:
        with c.db.read() as s:
            words = papers.suggest_minutes(s, c.person("triage"), self.id)
        made = c.do(papers.prepare_minutes, "triage", now, meeting=self.id, **words)
        c.do(documents.sign, "director", now, document=made.id)
        c.do(documents.issue, "triage", now, document=made.id)


def note_task(c: Clockwork, decision: int, case: Case) -> None:
    """Keep the number of the task that a decision became."""
    made, task = tables.meeting_decision.c, tables.task.c
    chosen = select(task.number).join(tables.meeting_decision, made.task_id == task.id)
    with c.db.read() as s:
        number = s.execute(chosen.where(made.id == decision)).scalar()
    if number is not None and number not in case.tasks:
        case.tasks.append(str(number))


def write(script: Script) -> None:
    """Book this part."""
    lines = _unsolved(script)
    energy = _short_of_energy(script)
    first = _first_meeting(script, lines)
    _second_meeting(script, lines, energy, first)
    _third_meeting(script, energy)


def _unsolved(script: Script) -> Case:
    """Five working days unsolved, so the clock raises it; ten more, and it is a candidate."""
    case = Case(script, "跨镇供电通道迁改方案未定", "杆线迁移", board="yaoguan",
                project="新誉高性能永磁材料")  # fmt: skip
    case.handed_over("03-16", Plan("建设局牵头编制迁改方案并报批", limit="hard"))
    case.progress(4, 8, 12, 15, 20, 24)
    return case


def _short_of_energy(script: Script) -> Case:
    """The board has balanced what it could; the rest is the district's (S0 0.9)."""
    case = Case(script, "二期扩建能耗指标缺口待统筹", "能耗", board="yaoguan",
                project="长海玻纤及复合材料二期")  # fmt: skip
    case.handed_over("04-16", Plan("板块内先行平衡，不足部分提请区级统筹"))
    case.do(3, "09:10", "yaoguan_head", ask, task=0, cause="element",
            reason="板块内已调剂三成，仍缺1.2万吨标煤，平衡确有困难，提请区级统筹。")  # fmt: skip
    case.do(4, "09:10", "yaoguan_liaison", ask, task=0, cause="city", reason="请市级单列指标。")
    script.book(case.at(4, "15:00"), lambda c, now: _answered(c, case, now))
    case.progress(4, 8, 12)
    return case


def _answered(c: Clockwork, case: Case, now: datetime) -> None:
    """The office answers without the meeting: the district comes before the city."""
    request, issue = tables.coordination_request.c, tables.issue.c
    chosen = select(request.id).join(tables.issue, issue.id == request.issue_id)
    with c.db.read() as s:
        found = s.execute(chosen.where(issue.number == case.number, request.cause == "city"))
        key = int(found.scalar_one())
    c.do(decline, "chief", now, request=key, opinion="先由区级统筹平衡，暂不报市。")


def _first_meeting(script: Script, lines: Case) -> Held:
    held = Held(script, script.at("04-15", "14:30"))
    held.plan(script.at("04-14", "11:00"))
    held.pick(script.at("04-14", "11:20"), lines, "由建设局牵头，四月底前完成方案审定并报批。")
    held.fix(script.at("04-14", "11:40"))
    held.opened()
    raised = Case(script, "施工便道被围挡占用", "施工配套", board="lucheng", project="万洋众创城",
                  day="04-15")  # fmt: skip
    script.book(script.at("04-15", "14:40"), lambda c, now: _spoken(c, held, lines, now))
    script.book(script.at("04-15", "15:00"), lambda c, now: _raised(c, held, raised, now))
    script.book(script.at("04-15", "15:30"), lambda c, now: _decided(c, held, lines, now))
    script.book(script.at("04-15", "16:30"), lambda c, now: c.do(
        session.close, "chief", now, meeting=held.id,
    ))  # fmt: skip
    held.minutes(script.at("04-16", "10:00"))
    raised.acknowledged(1)
    raised.submitted(5)
    raised.verified(5)
    raised.approved(6, by="director")
    lines.acknowledged(23, task=2)
    return held


def _spoken(c: Clockwork, held: Held, lines: Case, now: datetime) -> None:
    item = held.item(c, lines.number)
    for who, text in (
        ("zjj_liaison", "迁改方案两轮比选已完成，待产权单位确认停电窗口。"),
        ("yaoguan_head", "已完成沿线地块清表，可随时进场。"),
    ):
        c.do(session.speak, who, now, item=item, text=text)


def _raised(c: Clockwork, held: Held, raised: Case, now: datetime) -> None:
    """A board raises, the triage officer takes up, a department answers with a date: a task."""
    form = Report(
        TITLE_MARK + raised.title, f"{FICTION}{raised.title}，影响材料进场，请协调。",
        raised.category, project=raised.project, board=raised.board,
    )  # fmt: skip
    made = c.do(session.raise_issue, "lucheng_head", now, meeting=held.id, form=form)
    raised.number = made.issue_number
    c.do(session.take_up, "triage", now, item=held.item(c, raised.number))
    asked = held.decide(c, now, "ask", "围挡由谁拆除，何时恢复通行？", "zjj", None, raised)
    due = date(2026, 4, 24)
    c.do(decisions.answer, "zjj_head", now, decision=asked, due=due,
         text="由建设局督促总包单位拆除围挡，四月二十四日前恢复通行。")  # fmt: skip
    c.do(tasks.make_task, "chief", now, decision=asked)
    note_task(c, asked, raised)


def _decided(c: Clockwork, held: Held, lines: Case, now: datetime) -> None:
    due = date(2026, 4, 28)
    held.decide(c, now, "task", "四月二十八日前完成迁改方案审定并报批", "spj", due, lines)
    held.decide(c, now, "follow", "各板块每周五报送要素缺口清单", "jfj", date(2026, 4, 24))


def _second_meeting(script: Script, lines: Case, energy: Case, first: Held) -> None:
    """The follow-up comes first; an element for the district, a matter for the city."""
    script.book(script.at("04-23", "16:00"), lambda c, now: _carried_out(c, first, now))
    lines.submitted(28, task=2)
    lines.verified(29, task=2)
    held = Held(script, script.at("04-30", "14:30"))
    held.plan(script.at("04-28", "10:00"))
    held.pick(script.at("04-28", "10:20"), energy, "由区总量平衡指标统筹解决。")
    held.pick(script.at("04-28", "10:25"), lines, "听取方案报批进展。")
    script.book(script.at("04-28", "10:30"), lambda c, now: _left_out(c, held, now))
    held.fix(script.at("04-28", "10:40"))
    held.opened()
    script.book(script.at("04-30", "15:00"), lambda c, now: _at_the_second(c, held, energy, now))
    script.book(script.at("04-30", "15:20"), lambda c, now: c.do(
        session.defer, "chief", now, item=held.item(c, lines.number),
        reason="方案已报市供电公司，待批复后再议。",
    ))  # fmt: skip
    script.book(script.at("04-30", "16:00"), lambda c, now: c.do(
        session.close, "chief", now, meeting=held.id,
    ))  # fmt: skip
    held.minutes(script.at("05-06", "10:00"))
    energy.submitted(14)
    energy.verified(14)
    energy.acknowledged(13, task=2)
    energy.progress(17, 21, 25, 29, 33, 37, 41, 45, task=2)
    lines.submitted(35)
    lines.verified(35)
    lines.approved(36, by="director")


def _carried_out(c: Clockwork, held: Held, now: datetime) -> None:
    made = tables.meeting_decision.c
    chosen = select(made.id).where(made.meeting_id == held.id, made.kind == "follow")
    with c.db.read() as s:
        key = int(s.execute(chosen).scalar_one())
    c.do(decisions.done, "triage", now, decision=key, note="六个板块均已报送清单。")


def _left_out(c: Clockwork, held: Held, now: datetime) -> None:
    """The first candidate that nobody has picked is left out; its reason is kept."""
    with c.db.read() as s:
        chief = c.person("chief")
        found = candidates(s, chief, find_meeting(s, chief, held.id), now)
        number = next(one.issue.number for one in found if not one.state)
    c.do(agenda.drop, "triage", now, meeting=held.id, issue=number,
         reason="责任单位已有解决方案并按期推进，暂不上会。")  # fmt: skip


def _at_the_second(c: Clockwork, held: Held, energy: Case, now: datetime) -> None:
    held.decide(c, now, "task", "由区总量平衡指标统筹解决缺口，六月二十六日前下达", "jfj",
                date(2026, 6, 26), energy)  # fmt: skip
    held.decide(
        c, now, "city", "向市发展改革部门报送能耗单列申请", "jfj", date(2026, 6, 30), energy
    )


def _third_meeting(script: Script, energy: Case) -> None:
    """Called for the middle of July: what a visitor finds open."""
    held = Held(script, script.at("07-15", "14:30"))
    held.plan(script.at("06-29", "15:00"))
    held.pick(script.at("06-29", "15:20"), energy, "听取能耗单列申请进展。")
    held.fix(script.at("06-29", "15:40"))
