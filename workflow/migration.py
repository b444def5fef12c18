"""Moving running issues to another version of the workflow definition.

A running issue keeps the version that it started under; this moves it, after a preview that says
of each issue whether it lands, what mapping it needs, or why it is refused. State names are
changed by `Work.remap` alone. Deadlines, rungs and the policy of each task stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, or_, select
from sqlalchemy.exc import NoResultFound

from config.i18n import gettext as _
from config.workflow_definition import MachineDefinition, WorkflowDefinition
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import system_events
from workflow.calendar_store import refuse_others
from workflow.case import Record
from workflow.context import Context, context
from workflow.errors import Malformed, Reason
from workflow.escalation import catch_up
from workflow.transition import Work, flush

FINISHED = ("closed", "rejected", "merged")
CHUNK = 500
RULINGS = {
    "return": "rule_return", "extension": "rule_extension", "park": "rule_park",
    "adjust": "rule_adjustment",
}  # fmt: skip
"""The act that rules on each kind of request."""

Mapping_ = Mapping[str, Mapping[str, str]]
Answer = Literal["lands", "needs_mapping", "refused"]


@dataclass(slots=True)
class Verdict:
    """What a migration does with one issue.

    `states` are the changes of state, `issue` or a task's number -> (old, new). `reasons` say why
    it does not land.
    """

    issue_number: str
    from_version: int
    to_version: int
    verdict: Answer = "lands"
    states: dict[str, tuple[str, str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def object_to(self, verdict: Answer, reason: str) -> None:
        """Note why it does not land; a refusal is graver than a missing mapping."""
        self.reasons.append(reason)
        self.verdict = "refused" if "refused" in (verdict, self.verdict) else verdict


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """The batch's id, the issues moved, and those left where they are (with the reasons)."""

    batch: str
    moved: list[Verdict]
    left: list[Verdict]


def plan_migration(
    s: Session, to_version: int | None = None, mapping: Mapping_ | None = None
) -> list[Verdict]:
    """A verdict for each running issue (or issue with a task) that is under another version.

    `to_version` is a stored definition, by default the one in force. `mapping` renames states,
    {"issue" | "task": {old: new}}. Reads only.
    """
    plan = _Plan(context(s), to_version, mapping)
    return [plan.judge(*found) for ids in _affected(s, plan) for found in _loaded(s, ids)]


class _Plan:
    """The definition that issues move to, and how their states are called there."""

    def __init__(self, ctx: Context, to_version: int | None, mapping: Mapping_ | None) -> None:
        self.ctx = ctx
        self.to_version = to_version or ctx.workflow_version_id
        self.new: WorkflowDefinition = _definition(ctx, self.to_version)
        self.mapping = mapping or {}
        for kind in set(self.mapping) - {"issue", "task"}:
            raise Malformed(Reason(
                "mapping_malformed", _("{kind} is no state machine.").format(kind=kind), "mapping",
                _("Map states of: issue, task."),
            ))  # fmt: skip

    def judge(self, issue: Any, tasks: list[Any], requests: Mapping[int, list[str]]) -> Verdict:
        """Whether an issue with its tasks and open requests can go on under the new definition."""
        verdict = Verdict(issue.number, issue.workflow_version_id, self.to_version)
        self._place(verdict, "issue", "issue", issue)
        for task in tasks:
            state = self._place(verdict, "task", task.number, task)
            for request in requests.get(task.id, ()):
                self._refuse_dead_request(verdict, task, request, state)
        return verdict

    def _place(self, verdict: Verdict, kind: str, label: str, record: Any) -> str:
        """The state under the new definition; what is wrong with it goes into the verdict."""
        old, part = record.state, self.new.machine(kind)
        mapped = self.mapping.get(kind, {}).get(old)
        new = mapped or old
        was_final = _is_final(self.ctx.workflow(record.workflow_version_id).machine(kind), old)
        fault = _fault(part, new, was_final)
        if fault and mapped:
            verdict.object_to("refused", _("{label}: state {old} is mapped to {new}: {fault}")
                              .format(label=label, old=old, new=new, fault=fault))  # fmt: skip
        elif fault:
            verdict.object_to("needs_mapping", _("{label}: state {old}: {fault}").format(
                label=label, old=old, fault=fault))  # fmt: skip
        if new != old:
            verdict.states[label] = (old, new)
        return new

    def _refuse_dead_request(self, verdict: Verdict, task: Any, kind: str, state: str) -> None:
        name = RULINGS.get(kind, f"rule_{kind}")
        act = next((a for a in self.new.task.acts if a.name == name), None)
        if act is None or state not in act.states:
            verdict.object_to("refused", _(
                "{label}: its open request ({kind}) could not be ruled on in state {state}."
            ).format(label=task.number, kind=kind, state=state))  # fmt: skip


def _definition(ctx: Context, version: int) -> WorkflowDefinition:
    try:
        return ctx.workflow(version)
    except NoResultFound:
        raise Malformed(Reason(
            "workflow_unknown", _("There is no workflow version {n}.").format(n=version), "version",
            _("Name a stored version, or none for the one in force."),
        )) from None  # fmt: skip


def _fault(part: MachineDefinition, state: str, was_final: bool) -> str:
    """Why a state cannot be taken up in a machine; empty when it can."""
    if state not in part.states:
        return _("the new definition does not know it.")
    if _is_final(part, state) and not was_final:
        return _("no way leads out of it in the new definition.")
    if was_final and not _is_final(part, state):
        return _("it was final, and would not be in the new definition.")
    return ""


def _is_final(part: MachineDefinition, state: str) -> bool:
    """Terminal, or without a way out to another state."""
    found = part.states.get(state)
    leaves = any(state in t.source and t.dest != state for t in part.transitions)
    return found is not None and (found.terminal or not leaves)


def _affected(s: Session, plan: _Plan) -> list[list[int]]:
    """Ids of running issues under another version, in portions."""
    issue, task = tables.issue.c, tables.task.c
    tasks_elsewhere = select(task.id).where(
        task.issue_id == issue.id, task.workflow_version_id != bindparam("version")
    )
    statement = (
        select(issue.id).where(issue.state.not_in(FINISHED))
        .where(or_(issue.workflow_version_id != bindparam("version"), tasks_elsewhere.exists()))
        .order_by(issue.id)
    )  # fmt: skip
    ids = [row.id for row in s.execute(statement, {"version": plan.to_version})]
    return [ids[n : n + CHUNK] for n in range(0, len(ids), CHUNK)]


def _loaded(
    s: Session, ids: list[int], lock: bool = False
) -> Iterable[tuple[Record, list[Record], dict[int, list[str]]]]:
    """Issues with tasks and kinds of open requests by task, locked in order of id if asked."""
    issue, task, request = tables.issue, tables.task, tables.request
    chosen = select(issue).where(issue.c.id.in_(ids)).order_by(issue.c.id)
    issues = list(s.execute(chosen.with_for_update() if lock else chosen))
    tasks: dict[int, list[Record]] = {}
    for row in s.execute(select(task).where(task.c.issue_id.in_(ids)).order_by(task.c.id)):
        tasks.setdefault(row.issue_id, []).append(Record(task, row))
    open_requests = (
        select(request.c.task_id, request.c.kind)
        .join(task, task.c.id == request.c.task_id)
        .where(task.c.issue_id.in_(ids), request.c.state == "open")
    )
    requests: dict[int, list[str]] = {}
    for row in s.execute(open_requests):
        requests.setdefault(row.task_id, []).append(row.kind)
    for row in issues:
        yield Record(issue, row), tasks.get(row.id, []), requests


def apply_migration(
    s: Session,
    actor: PersonInfo,
    now: datetime,
    mapping: Mapping_ | None = None,
    to_version: int | None = None,
) -> MigrationResult:
    """Move every issue that lands (with `mapping`, if given) as one batch; the rest stays.

    Each is judged again under its lock. A rung that has fired does not fire again: deadlines keep
    their version, and the next moment is looked for from `now` on. Raises `NotAllowed`.
    """
    refuse_others(actor, "workflow.migrate")
    ctx = context(s)
    plan = _Plan(ctx, to_version, mapping)
    batch = f"workflow-{plan.to_version}-{now:%Y%m%dT%H%M%S}"
    result = MigrationResult(batch, [], [])
    for ids in _affected(s, plan):
        works = []
        for issue, tasks, requests in _loaded(s, ids, lock=True):
            verdict = plan.judge(issue, tasks, requests)
            if verdict.verdict != "lands":
                result.left.append(verdict)
                continue
            result.moved.append(verdict)
            works.append(_moved(s, ctx, now, actor, issue, tasks, verdict, batch))
        flush(s, works)
    if result.moved:
        system_events.append(s, "workflow.migrated", _batch_facts(plan, result), actor, now)
    return result


def _moved(
    s: Session, ctx: Context, now: datetime, actor: PersonInfo, issue: Record,
    tasks: list[Record], verdict: Verdict, batch: str,
) -> Work:  # fmt: skip
    w = Work(s, ctx, now, actor, issue, tasks)
    catch_up(w)  # what was due before has still happened, under the old definition
    w.remap(verdict.to_version, verdict.states, by=actor, batch=batch)
    w.settle()
    return w


def _batch_facts(plan: _Plan, result: MigrationResult) -> dict[str, Any]:
    return {
        "batch": result.batch, "to_version": plan.to_version, "moved": len(result.moved),
        "mapping": {kind: dict(names) for kind, names in plan.mapping.items()},
        "left": sorted(v.issue_number for v in result.left),
    }  # fmt: skip
