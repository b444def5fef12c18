"""A database as full as that of a busy zone after three years, for measuring pages.

`fill` writes issues with about 1.5 tasks and ten events each by bulk inserts, over the units,
people, policy and calendar that are there. 85 in 100 are closed; the rest stand in every other
state; event chains are whole and deadlines are those that the engine would give. The same seed
gives the same rows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select

from config.policy import Policy
from models import tables
from models.db import Database, Session
from models.queries.people import add_person, add_unit
from models.statements import Statement
from workflow import deadlines
from workflow.calendar import WorkCalendar
from workflow.chain import GENESIS, event_hash
from workflow.context import Context, context
from workflow.setup import install

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=ZONE)
CHUNK, PROJECTS = 5_000, 120

UNITS: tuple[tuple[str, str, str, bool], ...] = (
    ("jfj", "经济发展局", "bureau", False),
    ("dzb", "党政办公室", "leadership", False),
    ("henglin", "横林镇", "town", True),
    ("yaoguan", "遥观镇", "town", True),
    ("hengshanqiao", "横山桥镇", "town", True),
    ("lucheng", "潞城街道", "street", True),
    ("dingyan", "丁堰街道", "street", True),
    ("qishuyan", "戚墅堰街道", "street", True),
    ("zjj", "建设局", "department", False),
    ("zgj", "资规分局", "department", False),
    ("sthj", "生态环境分局", "department", False),
    ("spj", "行政审批局", "department", False),
    ("czj", "财政局", "department", False),
    ("gdgs", "供电公司", "external", False),
)
OFFICERS = (
    ("triage", "triage_officer"),
    ("chief", "office_chief"),
    ("director", "deputy_director"),
    ("inspector", "inspector"),
    ("commissioner", "commissioner"),
)
PEOPLE = (
    ("head", "head", ("unit_leader",)),
    ("liaison", "liaison", ("unit_liaison",)),
    ("reporter", "staff", ("reporter",)),
    ("verifier", "staff", ("verifier",)),
)
OPEN_STATES = (
    ("draft", 3),
    ("reported", 8),
    ("triaging", 9),
    ("dispatched", 12),
    ("in_progress", 47),
    ("parked", 5),
    ("verifying", 9),
    ("approving", 7),
)
SUBJECTS = ("10千伏杆线", "苗木迁移", "拆迁协议", "用地指标", "环评批复", "燃气管道", "施工便道")
TROUBLES = ("影响施工", "尚未落实", "需要协调", "进度滞后", "手续缺失", "与图纸不符")
TEXT = "现场核查发现该问题影响关键线路,需由牵头单位协调产权单位尽快处理,并在时限内反馈办理结果。"


def found_bureau(db: Database, now: datetime = NOW - timedelta(days=1200)) -> None:
    """Install policy, workflow and calendar; found fourteen units with their people."""
    with db.write() as s:
        install(s, now)
        ids = {
            code: add_unit(s, code=code, name=name, kind=kind, is_board=board)
            for code, name, kind, board in UNITS
        }
        for name, role in OFFICERS:
            add_person(s, username=name, name=name, unit_id=ids["jfj"], roles=(role,))
        for code, unit_id in ids.items():
            for name, post, roles in PEOPLE:
                add_person(
                    s,
                    username=f"{code}_{name}",
                    name=f"{code}_{name}",
                    unit_id=unit_id,
                    post=post,
                    roles=roles,
                )


def fill(db: Database, issues: int, *, now: datetime = NOW, seed: int = 1) -> None:
    """Add so many issues to a database that holds units, people and policy but no issue."""
    with db.write() as s:
        scene = _Scene(s, issues, now, random.Random(seed))
    for start in range(1, issues + 1, CHUNK):
        rows = _Rows()
        for n in range(start, min(start + CHUNK, issues + 1)):
            scene.add(rows, n)
        with db.write() as s:
            rows.write(s)
    with db.write() as s:
        _settle(s)
    _analyse(db)


@dataclass(slots=True)
class _Rows:
    """Rows of a chunk by table, in the order of their foreign keys."""

    by_table: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        row = _defaults(table) | values
        self.by_table.setdefault(table, []).append(row)
        return row

    def write(self, s: Session) -> None:
        for table in _WRITTEN:
            if rows := self.by_table.get(table):
                _insertion(table).run(s, rows)


_WRITTEN = (
    "issue", "task", "co_unit", "deadline_version", "request", "evidence", "event",
    "prepared_action", "lookback", "notice",
)  # fmt: skip
_NUMBERED = ("issue", "task")


@lru_cache
def _insertion(table: str) -> Statement:
    return Statement(insert(tables.metadata.tables[table]), list(_defaults(table)))


@lru_cache
def _defaults(table: str) -> dict[str, Any]:
    columns = tables.metadata.tables[table].columns
    return {c.name: _default(c) for c in columns if c.name != "id" or table in _NUMBERED}


def _default(column: Any) -> Any:
    if column.default is not None and not callable(column.default.arg):
        return column.default.arg
    return {} if column.name in ("data", "changes", "facts", "derivation") else None


class _Scene:
    """Units, people and rules, and the chance by which issues come about."""

    def __init__(self, s: Session, issues: int, now: datetime, chance: random.Random) -> None:
        self.ctx: Context = context(s)
        self.policy: Policy = self.ctx.policy()
        self.calendar: WorkCalendar = self.ctx.calendar()
        self.now, self.chance, self.issues, self.tasks = now, chance, issues, 0
        units = self.ctx.directory.units.values()
        self.boards = [u.id for u in units if u.is_board]
        self.codes = {u.code: u.id for u in units}
        self.people: dict[int, list[int]] = {}
        for person in self.ctx.directory.people.values():
            self.people.setdefault(person.unit_id, []).append(person.id)
        self.categories = list(self.policy.categories)
        self.projects = self._projects(s)
        self.due = lru_cache(maxsize=None)(self._due)

    def _projects(self, s: Session) -> list[int]:
        commissioners = self.ctx.directory.by_role.get("commissioner", [])
        leader = commissioners[0].id if commissioners else None
        rows = [
            {"name": f"重点项目{n:03d}", "commissioner_id": leader if n % 12 == 0 else None}
            for n in range(PROJECTS)
        ]
        s.execute(insert(tables.project), rows)
        return [row.id for row in s.execute(select(tables.project.c.id))]

    def _due(self, day: datetime, limit: str) -> deadlines.Deadline:
        return deadlines.compute(
            self.policy.limits[limit], limit, day, self.calendar, self.policy, cause="dispatch"
        )

    def somebody(self, unit: int) -> int:
        return self.chance.choice(self.people.get(unit) or [next(iter(self.people.values()))[0]])

    def add(self, rows: _Rows, n: int) -> None:
        """One issue with everything that belongs to it."""
        _Story(self, rows, n).tell()

    def state(self, share: float) -> str:
        """Old issues are closed but for a few; of the last fifth most are open."""
        closed = 0.97 if share < 0.8 else 0.37
        if self.chance.random() < closed:
            return "closed" if self.chance.random() < 0.97 else self.chance.choice(_OTHER_ENDS)
        names, weights = zip(*OPEN_STATES, strict=True)
        return str(self.chance.choices(names, weights)[0])


_OTHER_ENDS = ("rejected", "merged")
_TASK_STATES = {
    "dispatched": ("pending_ack",),
    "in_progress": ("in_progress", "in_progress", "in_progress", "submitted", "pending_ack"),
    "parked": ("in_progress",),
    "verifying": ("submitted",),
    "approving": ("verified",),
    "closed": ("verified",),
}


class _Story:
    """One issue from its report to where it stands now."""

    def __init__(self, scene: _Scene, rows: _Rows, n: int) -> None:
        self.scene, self.rows, self.n, self.chance = scene, rows, n, scene.chance
        share = n / scene.issues
        self.state = scene.state(share)
        back = timedelta(days=1 + 1080 * (1 - share) ** (1 if share < 0.8 else 1.4))
        day = (scene.now - back).astimezone(ZONE)
        self.at = day.replace(hour=self.chance.randint(8, 16), minute=self.chance.randint(0, 59))
        self.seq, self.last = 0, GENESIS

    def tell(self) -> None:
        """Report, breakdown, hand-over, work and closure, as far as the state goes."""
        self.issue = self._report()
        if self.state not in ("draft", "reported", *_OTHER_ENDS):
            self._event("issue.start_triage", "reported", "triaging", hours=4)
            self._tasks()
        elif self.state in _OTHER_ENDS:
            self._event(f"issue.{self.state}", "reported", self.state, hours=8)
        self._end()

    def _report(self) -> dict[str, Any]:
        scene, chance = self.scene, self.chance
        board = chance.choice(scene.boards)
        unit = board if chance.random() < 0.7 else chance.choice(list(scene.codes.values()))
        category = chance.choice(scene.categories)
        project = chance.choice(scene.projects) if chance.random() < 0.7 else None
        subject = chance.choice(SUBJECTS)
        issue = self.rows.add(
            "issue", id=self.n, number=f"WT-{self.at.year}-{self.n:06d}", state=self.state,
            title=f"{subject}{chance.choice(TROUBLES)}({self.n})", description=TEXT * 3,
            category=category, urgent=scene.policy.categories[category].urgent,
            major=chance.random() < 0.04, project_id=project,
            no_project_reason="" if project else "片区共性问题",
            board_id=board if chance.random() < 0.95 else None, reporter_unit_id=unit,
            reporter_id=scene.somebody(unit), policy_version_id=scene.ctx.policy_version_id,
            workflow_version_id=scene.ctx.workflow_version_id, found_on=self.at.date(),
            reported_at=None if self.state == "draft" else self.at, state_since=self.at,
            coordination_level=chance.choices((1, 2, 3, 4), (80, 14, 5, 1))[0],
            listed=chance.random() < 0.02, light="green", light_reason="on_course",
        )  # fmt: skip
        if self.state != "draft":
            self._event("issue.report", "draft", "reported")
        return issue

    def _event(
        self, tag: str, old: str = "", new: str = "", *, hours: float = 0.0,
        task: int | None = None, **data: Any,
    ) -> None:  # fmt: skip
        self.at = min(self.at + timedelta(hours=hours), self.scene.now)
        self.seq += 1
        row = {
            "stream": f"issue:{self.n}", "seq": self.seq, "tag": tag, "task_id": task,
            "actor_id": self.scene.somebody(self.scene.codes["jfj"]), "at": self.at,
            "logical_at": self.at, "prev_hash": self.last,
            "data": ({"from": old, "to": new} if new else {}) | {"v": self.seq} | data,
        }  # fmt: skip
        row["hash"] = self.last = event_hash(row)
        self.rows.add("event", **row)

    def _tasks(self) -> None:
        count = self.chance.choices((1, 2, 3), (60, 30, 10))[0]
        if self.state == "triaging":
            count = self.chance.choice((0, 1))
        handed_over = self.state != "triaging"
        made = [self._task(k, handed_over) for k in range(1, count + 1)]
        if handed_over:
            self.at = made[0]["dispatched_at"]
            self.issue["dispatched_at"] = self.at
            self._event("issue.dispatch", "triaging", "dispatched")
        for task in made:
            self._work(task)
        if made:
            worst = max(made, key=lambda t: _ORDER[t["light"]])
            self.issue.update(light=worst["light"], light_reason=worst["light_reason"])

    def _task(self, k: int, handed_over: bool) -> dict[str, Any]:
        scene, chance, category = self.scene, self.chance, self.issue["category"]
        rule = scene.policy.categories[category]
        scene.tasks += 1
        lead = self.issue["board_id"] if rule.lead == "@board" else scene.codes[rule.lead]
        lead = lead or scene.boards[0] if k == 1 else chance.choice(list(scene.codes.values()))
        verifier = scene.codes[rule.verifier]
        if verifier == lead:
            verifier = next(u for u in scene.codes.values() if u != lead)
        task = self.rows.add(
            "task", id=scene.tasks, number=f"{self.issue['number']}-{k:02d}", issue_id=self.n,
            state=chance.choice(_TASK_STATES.get(self.state, ("pending_ack",))), problem=TEXT,
            measures="协调产权单位迁移", standard="完成并验收", category=category,
            lead_unit_id=lead, verifier_unit_id=verifier, state_since=self.at,
            limit_class=rule.limit,
            policy_version_id=scene.ctx.policy_version_id, urgent=self.issue["urgent"],
            workflow_version_id=scene.ctx.workflow_version_id,
        )  # fmt: skip
        if handed_over:
            self._hand_over(task)
        if chance.random() < 0.15:
            self._support(task)
        return task

    def _hand_over(self, task: dict[str, Any]) -> None:
        day = self.at.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if self.state == "dispatched":  # just now, or the receipts would be long overdue
            day = self.scene.now - timedelta(hours=self.chance.randint(1, 40))
            day = day.replace(minute=0, second=0, microsecond=0)
        day = min(day, self.scene.now - timedelta(hours=1))
        deadline = self.scene.due(day, task["limit_class"])
        due = deadline.due_at
        task.update(
            dispatched_at=day, due_at=due, original_due_at=due, deadline_since=day,
            deadline_version=1, provisional=deadline.provisional,
        )  # fmt: skip
        self.rows.add(
            "deadline_version", task_id=task["id"], n=1, cause="dispatch", start_at=day,
            due_at=due, derivation=deadline.derivation, calendar_edition=1, created_at=day,
        )  # fmt: skip

    def _support(self, task: dict[str, Any]) -> None:
        others = [u for u in self.scene.codes.values() if u != task["lead_unit_id"]]
        waits = task["state"] in ("pending_ack", "in_progress")
        task["co_unit_count"] = 1
        self.rows.add(
            "co_unit", task_id=task["id"], unit_id=self.chance.choice(others),
            state="awaited" if waits else "answered", due_at=task["due_at"],
        )  # fmt: skip

    def _work(self, task: dict[str, Any]) -> None:
        state, due = task["state"], task["due_at"]
        if due is None:
            return
        unit = task["lead_unit_id"]
        self._notice(task)
        if state != "pending_ack":
            task["acknowledged_at"] = self.at + timedelta(hours=3)
            task["responsible_person_id"] = task["responsible_leader_id"] = self.scene.somebody(
                unit
            )
            self._event("task.acknowledge", "pending_ack", "in_progress", hours=3, task=task["id"])
            for _ in range(2):
                task["last_progress_at"] = self.at
                self._event("task.progress", hours=20, task=task["id"], text="已进场施工")
        if state in ("submitted", "verified"):
            self._hand_in(task)
        self._colour(task)
        self._waiting(task)

    def _hand_in(self, task: dict[str, Any]) -> None:
        late = timedelta(days=self.chance.choice((-6, -4, -3, -2, -1, -1, -0.5, 1, 4, 9)))
        at = max(self.at, min(task["due_at"] + late, self.scene.now - timedelta(hours=30)))
        person = task["responsible_person_id"]
        task.update(submitted_at=at, submitted_by_id=person, result="已全部完成", state_since=at)
        self.at = at
        self._event("task.submit", "in_progress", "submitted", task=task["id"])
        self.rows.add(
            "evidence", task_id=task["id"], kind="document", name="验收单.pdf",
            added_by_id=person, added_at=at,
        )  # fmt: skip
        if task["state"] == "verified":
            self._event("task.verify", "submitted", "verified", hours=20, task=task["id"])
            verifier = self.scene.somebody(task["verifier_unit_id"])
            task.update(verified_at=self.at, verified_by_id=verifier, state_since=self.at)

    def _colour(self, task: dict[str, Any]) -> None:
        left, state = task["due_at"] - self.scene.now, task["state"]
        if state == "verified":
            light = ("grey", "verified")
        elif self.state == "parked":
            task["paused_at"] = self.at
            light = ("grey", "parked")
        elif state == "submitted":
            late = task["submitted_at"] > task["due_at"]
            light = ("red", "overdue") if late else ("green", "submitted_in_time")
        elif left < timedelta(0):
            light = ("red", "overdue")
            task["level"] = min(6, 2 + -left.days // 5)
        else:
            near = left < timedelta(days=4)
            light = ("yellow", "due_soon") if near else ("green", "on_course")
            task["level"] = int(near)
        task.update(light=light[0], light_reason=light[1])
        if task["level"]:
            self._event("ladder.rung", task=task["id"], level=task["level"], rung="urge")

    def _waiting(self, task: dict[str, Any]) -> None:
        """Requests and prepared steps; at rest nothing waits."""
        running = task["state"] in ("pending_ack", "in_progress") and task["paused_at"] is None
        person = self.scene.somebody(task["lead_unit_id"])
        if self.chance.random() < 0.06:
            task["open_requests"] = int(running)
            kind = self.chance.choice(("return", "extension", "extension", "adjust"))
            self.rows.add(
                "request", task_id=task["id"], kind=kind, state="open" if running else "granted",
                asked_by_id=person, asked_at=self.at, reason="产权单位排期",
                new_due_at=task["due_at"] + timedelta(days=5),
            )  # fmt: skip
        if running and task["level"] >= 3:
            level, mode = task["level"], "person" if task["level"] > 4 else "one_click"
            self.rows.add(
                "prepared_action", task_id=task["id"], deadline_version=1, rung=f"level-{level}",
                level=level, kind="supervise", mode=mode, prepared_at=self.at,
            )  # fmt: skip

    def _notice(self, task: dict[str, Any]) -> None:
        self.rows.add(
            "notice", subject=f"task:{task['id']}", issue_id=self.n, task_id=task["id"],
            deadline_version=1, kind="dispatch", occasion="dispatch",
            recipient_id=self.scene.somebody(task["lead_unit_id"]), channel="inapp", state="sent",
            not_before=self.at, created_at=self.at, sent_at=self.at,
            facts={"number": task["number"], "title": self.issue["title"]},
        )  # fmt: skip

    def _end(self) -> None:
        issue, done = self.issue, self.state
        if done == "closed":
            self._event("issue.await_verification", "in_progress", "verifying")
            self._event("issue.await_approval", "verifying", "approving")
            self._close()
        elif done == "verifying":
            self._event("issue.await_verification", "in_progress", "verifying")
        elif done == "approving":
            self._event("issue.await_approval", "verifying", "approving")
        elif done == "parked":
            ahead = self.scene.now.date() + timedelta(days=self.chance.randint(-2, 80))
            issue["park_review_on"] = ahead
            self._event("issue.park", "in_progress", "parked")
        if done in (*_OTHER_ENDS, "parked", "closed"):
            issue.update(light="grey", light_reason=done)
        issue.update(state_since=self.at, chain_seq=self.seq, chain_hash=self.last)
        issue["version"] = self.seq

    def _close(self) -> None:
        issue = self.issue
        if self.chance.random() < 0.03:
            self._event("issue.approve", "approving", "closed", hours=20)
            self._event("issue.relapse", "closed", "in_progress", hours=200)
            issue.update(relapse_count=1, cycle=2)
        self._event("issue.approve", "approving", "closed", hours=20, opinion="同意销号")
        issue.update(closed_at=self.at, approver_id=self.scene.somebody(self.scene.codes["jfj"]))
        if self.chance.random() < 0.2:
            for day in (30, 90):
                due = self.at + timedelta(days=day)
                past = due < self.scene.now - timedelta(days=4)
                self.rows.add(
                    "lookback", issue_id=self.n, cycle=issue["cycle"], day=day, due_at=due,
                    basis="sample", state="ok" if past else "planned",
                )  # fmt: skip


_ORDER = {"grey": 0, "green": 1, "yellow": 2, "red": 3}


def _settle(s: Session) -> None:
    """Let the sequences of PostgreSQL go on behind the ids that were given."""
    if s.dialect != "postgresql":
        return
    for table in _NUMBERED:
        s.conn.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )


def _analyse(db: Database) -> None:
    """What the database's own housekeeping does within minutes of such a growth."""
    with db.engine.connect() as conn:
        raw: Any = conn.connection.dbapi_connection
        if db.engine.dialect.name == "sqlite":
            raw.execute("PRAGMA optimize=0x10002")
            return
        conn.rollback()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE")
        raw.autocommit = False


def counts(db: Database) -> dict[str, int]:
    """How many rows each table holds."""
    with db.read() as s:
        return {
            name: int(s.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in tables.metadata.tables.items()
        }
