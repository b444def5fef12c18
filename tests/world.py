"""The zone as the tests know it: units, named people, and drivers that bring an issue somewhere.

Usernames say who somebody is: `zjj_head`, `zjj_deputy`, `zjj_liaison`, `zjj_handler`,
`zjj_reporter` and, where the policy lets a unit verify, `zjj_verifier`; in the bureau also
`triage`, `triage2`, `chief`, `director`, `inspector`, `commissioner`; and `principal`, `auditor`,
`sysadmin`, `secadmin`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from config.policy import parse_policy, shipped_policy
from config.roles import Post, Role, UnitKind
from models import tables
from models.db import Database, Session
from models.queries.people import bump_organisation, refuse_mixed_roles
from tests.dumping import Dump, dump
from workflow.commands import assignment, breakdown, closure, discovery
from workflow.commands.base import Outcome
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof
from workflow.commands.discovery import Report
from workflow.context import find_actor
from workflow.errors import WorkflowError
from workflow.setup import install

SHANGHAI = ZoneInfo("Asia/Shanghai")
Moment = datetime | str
"""An aware datetime, or a wall time of the zone such as "2026-09-28 10:00"."""


def at(text: str) -> datetime:
    """Wall time in the zone of the policy."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def moment(when: Moment) -> datetime:
    """An aware datetime from either way of writing one."""
    return at(when) if isinstance(when, str) else when


FOUNDED = at("2026-01-04 09:00")

# code, name, kind, is_board, the family name of its people
UNITS: tuple[tuple[str, str, UnitKind, bool, str], ...] = (
    ("jfj", "经济发展局", UnitKind.BUREAU, False, "王"),
    ("dzb", "党政办公室", UnitKind.LEADERSHIP, False, "冯"),
    ("henglin", "横林镇", UnitKind.TOWN, True, "陈"),
    ("yaoguan", "遥观镇", UnitKind.TOWN, True, "杨"),
    ("hengshanqiao", "横山桥镇", UnitKind.TOWN, True, "赵"),
    ("lucheng", "潞城街道", UnitKind.STREET, True, "周"),
    ("dingyan", "丁堰街道", UnitKind.STREET, True, "吴"),
    ("qishuyan", "戚墅堰街道", UnitKind.STREET, True, "徐"),
    ("zjj", "建设局", UnitKind.DEPARTMENT, False, "孙"),
    ("zgj", "资规分局", UnitKind.DEPARTMENT, False, "胡"),
    ("sthj", "生态环境分局", UnitKind.DEPARTMENT, False, "朱"),
    ("spj", "行政审批局", UnitKind.DEPARTMENT, False, "高"),
    ("czj", "财政局", UnitKind.DEPARTMENT, False, "林"),
    ("gdgs", "供电公司", UnitKind.EXTERNAL, False, "何"),
)

# username after the unit's code, given name, post, rights
POSTS: tuple[tuple[str, str, Post, tuple[Role, ...]], ...] = (
    ("head", "建国", Post.HEAD, (Role.UNIT_LEADER,)),
    ("deputy", "志强", Post.DEPUTY_HEAD, (Role.UNIT_LEADER,)),
    ("liaison", "敏", Post.LIAISON, (Role.UNIT_LIAISON,)),
    ("handler", "磊", Post.STAFF, (Role.REPORTER,)),
    ("reporter", "静", Post.STAFF, (Role.REPORTER,)),
)
VERIFIER = ("verifier", "洁", Post.STAFF, (Role.VERIFIER,))

# username, name, unit, rights
OFFICERS: tuple[tuple[str, str, str, Role], ...] = (
    ("triage", "李文", "jfj", Role.TRIAGE_OFFICER),
    ("triage2", "李斌", "jfj", Role.TRIAGE_OFFICER),
    ("chief", "钱永年", "jfj", Role.OFFICE_CHIEF),
    ("director", "蒋明远", "jfj", Role.DEPUTY_DIRECTOR),
    ("inspector", "沈严", "jfj", Role.INSPECTOR),
    ("commissioner", "韩冰", "jfj", Role.COMMISSIONER),
    ("principal", "秦正", "dzb", Role.PRINCIPAL),
    ("auditor", "许清", "dzb", Role.AUDITOR),
    ("sysadmin", "曹工", "dzb", Role.SYSADMIN),
    ("secadmin", "严守", "dzb", Role.SECADMIN),
)

LINES = "杆线迁移"
"""The usual category: the construction bureau leads, the economic bureau verifies, 15 days."""


@dataclass(frozen=True, slots=True)
class Case:
    """Numbers of an issue and of its tasks, in order."""

    issue: str
    tasks: tuple[str, ...]

    @property
    def task(self) -> str:
        """The only or first task."""
        return self.tasks[0]


@dataclass(slots=True)
class World:
    """A founded zone in a database. Every `do` is one command in a transaction of its own."""

    db: Database
    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)

    def do(self, command: Callable[..., Any], username: str, now: Moment, **kwargs: Any) -> Any:
        """Run a command as somebody and commit; what it raises leaves nothing behind."""
        with self.db.write() as s:
            return command(s, actor=find_actor(s, username), now=moment(now), **kwargs)

    def refused(
        self, error: type[WorkflowError], command: Callable[..., Any], username: str, now: Moment,
        **kwargs: Any,
    ) -> list[str]:  # fmt: skip
        """The codes of a refusal, after making sure that it has left the database as it was."""
        before = self.dump()
        with pytest.raises(error) as refusal:
            self.do(command, username, now, **kwargs)
        assert self.dump() == before
        assert all(str(reason) for reason in refusal.value.reasons)
        return [reason.code for reason in refusal.value.reasons]

    def with_projects(self, *names: str) -> World:
        """The zone itself, now with projects of these names."""
        with self.db.write() as s:
            s.execute(insert(tables.project), [{"name": name} for name in names])
        return self

    # ------------------------------------------------------------ drivers

    def reported(self, now: Moment, *, by: str = "lucheng_reporter", **form: Any) -> str:
        """File an issue; `form` replaces fields of `Report`. Returns its number."""
        usual: dict[str, Any] = {
            "title": "10千伏杆线影响施工",
            "description": "地块北侧10千伏杆线需迁移",
            "category": LINES,
            "no_project_reason": "片区共性问题",
            "board": "lucheng",
        }
        outcome = self.do(discovery.report, by, now, form=Report(**(usual | form)))
        return str(outcome.issue_number)

    def triaged(self, now: Moment, **form: Any) -> str:
        """A report taken up for breakdown."""
        number = self.reported(now, **form)
        self.do(discovery.start_triage, "triage", now, issue=number)
        return number

    def planned(self, now: Moment, *, plans: Sequence[Plan] = (), **form: Any) -> Case:
        """An issue with one planned task, or with those of `plans`."""
        issue = self.triaged(now, **form)
        tasks = [
            str(self.do(breakdown.plan_task, "triage", now, issue=issue, form=plan).task_number)
            for plan in plans or (Plan("协调产权单位迁移杆线"),)
        ]
        return Case(issue, tuple(tasks))

    def dispatched(self, now: Moment, *, plans: Sequence[Plan] = (), **form: Any) -> Case:
        """An issue whose tasks are handed over at `now`."""
        case = self.planned(now, plans=plans, **form)
        self.do(assignment.dispatch, "chief", now, issue=case.issue)
        return case

    def acknowledged(
        self, now: Moment, *, then: Moment | None = None, plans: Sequence[Plan] = (), **form: Any
    ) -> Case:
        """Dispatched at `now`, every task received at `then` (or at once)."""
        case = self.dispatched(now, plans=plans, **form)
        for task in case.tasks:
            self.acknowledge(task, then or now)
        return case

    def submitted(
        self, now: Moment, *, then: Moment | None = None, plans: Sequence[Plan] = (), **form: Any
    ) -> Case:
        """Dispatched and received at `now`, every task handed in at `then` (or at once)."""
        case = self.acknowledged(now, plans=plans, **form)
        for task in case.tasks:
            self.submit(task, then or now)
        return case

    def verified(
        self, now: Moment, *, then: Moment | None = None, plans: Sequence[Plan] = (), **form: Any
    ) -> Case:
        """As `submitted`, and verified at `then`: the issue waits for its approval."""
        case = self.submitted(now, then=then, plans=plans, **form)
        for task in case.tasks:
            self.verify(task, then or now)
        return case

    def closed(
        self, now: Moment, *, then: Moment | None = None, plans: Sequence[Plan] = (), **form: Any
    ) -> Case:
        """As `verified`, and struck off at `then`."""
        case = self.verified(now, then=then, plans=plans, **form)
        self.approve(case.issue, then or now)
        return case

    # ------------------------------------------------------------ single steps

    def acknowledge(self, task: str, now: Moment) -> Outcome:
        """The lead unit's liaison receives a task; its deputy head answers for it."""
        unit = self.lead_of(task)
        outcome: Outcome = self.do(
            assignment.acknowledge,
            f"{unit}_liaison",
            now,
            task=task,
            responsible_leader=f"{unit}_deputy",
            responsible_person=f"{unit}_handler",
        )
        return outcome

    def submit(self, task: str, now: Moment, *, kind: str = "document") -> Outcome:
        """The lead unit's head hands a task in with one piece of evidence."""
        outcome: Outcome = self.do(
            closure.submit_task,
            f"{self.lead_of(task)}_head",
            now,
            task=task,
            result="已全部完成",
            evidence=[Proof(kind, "验收单.pdf")],
        )
        return outcome

    def verify(self, task: str, now: Moment) -> Outcome:
        """The verifying unit's verifier finds everything in order."""
        outcome: Outcome = self.do(
            closure.verify_task,
            f"{self.verifier_of(task)}_verifier",
            now,
            task=task,
            opinion="情况属实",
            site_check="已到现场核查",
        )
        return outcome

    def approve(self, issue: str, now: Moment, *, by: str = "chief") -> Outcome:
        """Strike an issue off."""
        outcome: Outcome = self.do(closure.approve, by, now, issue=issue, opinion="同意销号")
        return outcome

    # ------------------------------------------------------------ looking

    def rows(self, table: Any, **where: Any) -> list[Any]:
        """Rows of a table by equal columns, in order of their key."""
        statement = select(table).order_by(*table.primary_key.columns)
        for name, value in where.items():
            statement = statement.where(table.c[name] == value)
        with self.db.read() as s:
            return list(s.execute(statement))

    def row(self, table: Any, **where: Any) -> Any:
        """The one row with these columns."""
        (found,) = self.rows(table, **where)
        return found

    def issue(self, number: str) -> Any:
        """An issue's row."""
        return self.row(tables.issue, number=number)

    def task(self, number: str) -> Any:
        """A task's row."""
        return self.row(tables.task, number=number)

    def events(self, issue: str, tag: str | None = None) -> list[Any]:
        """An issue's history in order, of one tag or all."""
        found = self.rows(tables.event, stream=f"issue:{self.issue(issue).id}")
        return [e for e in sorted(found, key=lambda e: e.seq) if tag in (None, e.tag)]

    def notices(self, username: str | None = None, **where: Any) -> list[Any]:
        """In-app notices, of one person or all."""
        if username is not None:
            where["recipient_id"] = self.people[username]
        return self.rows(tables.notice, channel="inapp", **where)

    def lead_of(self, task: str) -> str:
        """Code of a task's lead unit."""
        return self.code(self.task(task).lead_unit_id)

    def verifier_of(self, task: str) -> str:
        """Code of a task's verifying unit."""
        return self.code(self.task(task).verifier_unit_id)

    def code(self, unit_id: int) -> str:
        """Code of a unit."""
        return next(code for code, known in self.units.items() if known == unit_id)

    def dump(self) -> Dump:
        """Every row of every table, to be compared before and after; but for the marks that only
        say which commits took effect."""
        found = dump(self.db)
        del found[tables.commit_mark.name]
        return found


def found_zone(s: Session, now: Moment = FOUNDED) -> World:
    """Install policy, workflow and calendar, and create the zone's units and people."""
    install(s, moment(now))
    units = [
        {"code": code, "name": name, "kind": kind.value, "is_board": is_board}
        for code, name, kind, is_board, _family in UNITS
    ]
    world = World(_database_of(s), _insert(s, tables.unit, "code", units))
    everybody = _everybody()
    world.people = _insert(s, tables.person, "username", [
        {
            "username": username, "name": name, "unit_id": world.units[unit], "post": post.value,
            "email": f"{username}@example.org",
        }
        for username, name, unit, post, _roles in everybody
    ])  # fmt: skip
    for _username, _name, _unit, _post, roles in everybody:
        refuse_mixed_roles(frozenset(roles))
    grants = [
        {"person_id": world.people[username], "role": role.value}
        for username, _name, _unit, _post, roles in everybody
        for role in roles
    ]
    s.execute(insert(tables.role_grant), grants)
    bump_organisation(s)
    return world


def found_in(url: str) -> None:
    """Found the zone in the database of this address and let go of it."""
    database = Database(url)
    try:
        with database.write() as s:
            found_zone(s)
    finally:
        database.close()


def standing_zone(database: Database) -> World:
    """The zone of a database in which it was founded before."""
    with database.read() as s:
        return World(database, _ids(s, tables.unit, "code"), _ids(s, tables.person, "username"))


def _database_of(s: Session) -> Database:
    database = Database.__new__(Database)
    database.engine = s.conn.engine
    database.url = s.conn.engine.url.render_as_string(hide_password=False)
    database.given = {}
    return database


def _everybody() -> list[tuple[str, str, str, Post, tuple[Role, ...]]]:
    verifying = {
        category.verifier for category in parse_policy(shipped_policy()).categories.values()
    }
    found = [
        (f"{code}_{suffix}", f"{family}{given}", code, post, roles)
        for code, _name, _kind, _board, family in UNITS
        for suffix, given, post, roles in (*POSTS, *([VERIFIER] if code in verifying else []))
    ]
    return found + [(user, name, unit, Post.STAFF, (role,)) for user, name, unit, role in OFFICERS]


def _insert(s: Session, table: Any, key: str, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Insert rows and return their ids by a unique column."""
    s.execute(insert(table), rows)
    return _ids(s, table, key)


def _ids(s: Session, table: Any, key: str) -> dict[str, int]:
    return {getattr(row, key): row.id for row in s.execute(select(table.c[key], table.c.id))}
