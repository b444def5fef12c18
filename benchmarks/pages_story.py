"""One made-up issue from its report to where it stands, with everything that belongs to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from benchmarks.bureau import ZONE
from benchmarks.pages_scene import OTHER_ENDS, Scene
from benchmarks.rows import Rows
from workflow.chain import GENESIS, event_hash

SUBJECTS = ("10千伏杆线", "苗木迁移", "拆迁协议", "用地指标", "环评批复", "燃气管道", "施工便道")
TROUBLES = ("影响施工", "尚未落实", "需要协调", "进度滞后", "手续缺失", "与图纸不符")
TEXT = "现场核查发现该问题影响关键线路,需由牵头单位协调产权单位尽快处理,并在时限内反馈办理结果。"
_TASK_STATES = {
    "dispatched": ("pending_ack",),
    "in_progress": ("in_progress", "in_progress", "in_progress", "submitted", "pending_ack"),
    "parked": ("in_progress",),
    "verifying": ("submitted",),
    "approving": ("verified",),
    "closed": ("verified",),
}


class Story:
    """One issue from its report to where it stands now."""

    def __init__(self, scene: Scene, rows: Rows, n: int) -> None:
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
        if self.state not in ("draft", "reported", *OTHER_ENDS):
            self._event("issue.start_triage", "reported", "triaging", hours=4)
            self._tasks()
        elif self.state in OTHER_ENDS:
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
        if done in (*OTHER_ENDS, "parked", "closed"):
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
