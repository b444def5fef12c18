"""The engine and the model side by side: the same command to both, the same answer from both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.roles import Role
from models import tables
from models.db import Database
from models.queries.people import add_person
from tests.dumping import raw_dump
from tests.model import intake
from tests.model.cast import DUO, DUO_ROLES
from tests.model.model import Model, settle
from tests.model.state import Refused
from tests.world import World, found_zone
from workflow.commands import (
    amending,
    assignment,
    breakdown,
    closure,
    discovery,
    parking,
    requests,
    supervision,
)
from workflow.commands.breakdown import Plan
from workflow.commands.closure import Proof
from workflow.commands.discovery import Report
from workflow.context import find_actor
from workflow.errors import WorkflowError
from workflow.sweep import TickReport, tick

WHY = {"reason": "确有原因"}
SAYS = {"opinion": "情况属实"}
MORE = {"requirement": "补充整改要求：完善佐证材料并复核"}
Call = tuple[Callable[..., Any], dict[str, Any]]


def found(db: Database) -> World:
    """The zone, with one person more who holds several rights."""
    with db.write() as s:
        world = found_zone(s)
        world.people[DUO] = add_person(
            s,
            username=DUO,
            name="兼职",
            unit_id=world.units["jfj"],
            roles=tuple(Role(r).value for r in DUO_ROLES),
        )
    return world


def call(name: str, args: dict[str, Any], world: World, task: str | None) -> Call:
    """The engine's command and its arguments for a command of the model."""
    simple: dict[str, Call] = {
        "submit_draft": (discovery.submit_draft, {}),
        "send_back": (discovery.send_back, WHY),
        "start_triage": (discovery.start_triage, {}),
        "propose_rejection": (discovery.propose_rejection, WHY),
        "reject": (discovery.reject, WHY),
        "merge": (discovery.merge, WHY | {"into": args.get("target")}),
        "dispatch": (assignment.dispatch, {}),
        "acknowledge": (
            assignment.acknowledge,
            {
                "responsible_leader": args.get("leader"),
                "responsible_person": args.get("handler"),
            },
        ),
        "progress": (supervision.progress, {"text": "已进场施工"}),
        "co_input": (supervision.co_input, {"text": "无意见"}),
        "waive_co_input": (supervision.waive_co_input, WHY | args),
        "urge": (supervision.urge, {"text": "请抓紧办理"}),
        "request_return": (requests.request_return, WHY | {"basis": "三定方案"}),
        "rule_return": (requests.rule_return, SAYS | {"reassign_to": args.get("to")}),
        "request_extension": (requests.request_extension, WHY | args | {"progress": "过半"}),
        "rule_extension": (requests.rule_extension, SAYS | args),
        "request_park": (requests.request_park, WHY | {"review_on": args.get("review")}),
        "rule_park": (requests.rule_park, SAYS | args),
        "request_adjustment": (requests.request_adjustment, WHY | args),
        "rule_adjustment": (requests.rule_adjustment, SAYS | args),
        "withdraw_request": (requests.withdraw_request, args),
        "waive_evidence": (closure.waive_evidence, WHY),
        "verify": (closure.verify_task, SAYS | {"site_check": "已到现场"}),
        "reject_submission": (closure.reject_submission, SAYS | MORE | args),
        "drop_task": (breakdown.drop_task, WHY),
        "reject_closure": (closure.reject_closure, MORE | args),
        "record_lookback": (closure.record_lookback, args | {"finding": "现场已复核"}),
        "relapse": (closure.relapse, WHY | args),
        "park": (parking.park, WHY | {"review_on": args.get("review")}),
        "resume": (parking.resume, WHY),
        "review_park": (parking.review_park, WHY | {"review_on": args.get("review")}),
        "put_on_list": (supervision.set_listed, WHY | args),
    }
    return simple[name] if name in simple else _composed(name, args, world, task)


def _composed(name: str, args: dict[str, Any], world: World, task: str | None) -> Call:
    if name == "plan_task":
        plan = dict(args["plan"])
        co_units = tuple(plan.pop("co"))
        return breakdown.plan_task, {"form": Plan("组织实施", co_units=co_units, **plan)}
    if name == "amend_task":
        plan = {k: v for k, v in args["plan"].items() if k != "co"}
        measures = f"重新部署 {world.task(str(task)).version}"
        named = {"measures": measures, "verifier": None, "co_units": tuple(args["plan"]["co"])}
        return amending.amend_task, {"changes": plan | named}
    if name == "add_evidence":
        return closure.add_evidence, {"proof": Proof(args["kind"], "材料.pdf")}
    if name == "submit":
        proofs = [Proof(kind, "材料.pdf") for kind in args["kinds"]]
        return closure.submit_task, {"result": "全部完成", "evidence": proofs}
    if name == "approve":
        return closure.approve, SAYS | {"override": "特事特办" if args["override"] else ""}
    assert name == "decide_prepared" and task is not None
    version, rung = args["key"]
    row = world.row(
        tables.prepared_action, task_id=world.task(task).id, deadline_version=version, rung=rung
    )
    return supervision.decide_prepared, WHY | {
        "prepared_id": row.id,
        "issue_it": args["issue_it"],
        "task": None,
    }


@dataclass
class Bench:
    """A world and its model. Everything that is done here is done to both and compared."""

    world: World
    model: Model = field(default_factory=Model)
    done: list[tuple[str, str | None]] = field(default_factory=list)
    changed: bool = True
    """Whether something was done since it was last asked. Refusals are shown to change nothing."""

    def report(self, actor: str, now: datetime, form: dict[str, Any]) -> None:
        """A new issue."""
        filed = Report("问题", "妨碍施工", no_project_reason="片区共性问题", **form)
        try:
            issue = intake.report("", actor, form)
        except Refused as refusal:
            self._refused(refusal.code, discovery.report, actor, now, {"form": filed})
            return
        self.changed = True
        outcome = self.engine(discovery.report, actor, now, {"form": filed})
        issue.number = outcome.issue_number
        issue.told = type(issue.told)(
            {(issue.number, kind, person): n for (_no, kind, person), n in issue.told.items()}
        )
        settle(issue, now)
        self.model.issues[issue.number] = issue

    def act(
        self,
        name: str,
        actor: str,
        now: datetime,
        issue: str,
        task: str | None = None,
        *,
        guarded: bool = False,
        stale: bool = False,
        **args: Any,
    ) -> str | None:
        """A command to both; answers the code of the refusal, or None."""
        row = self.world.issue(issue) if task is None else self.world.task(task)
        function, given = call(name, args, self.world, task)
        given = given | ({"issue": issue} if task is None else {"task": task})
        if name == "decide_prepared":
            del given["task"]
        if guarded or stale:
            given["expected_version"] = row.version - stale
        expected = self.model.do(name, actor, now, issue, task, stale=stale, **args)
        self.done.append((name, expected))
        if expected is not None:
            self._refused(expected, function, actor, now, given)
            return expected
        self.changed = True
        self.engine(function, actor, now, given)
        moved = self.world.issue(issue) if task is None else self.world.task(task)
        assert moved.version > row.version, f"{name} left version {row.version}"
        return None

    def engine(
        self, command: Callable[..., Any], actor: str, now: datetime, given: dict[str, Any]
    ) -> Any:
        """The command by itself, with in-app notices only."""
        with self.world.db.write() as s:
            s.memo["channels"] = ("inapp",)
            return command(s, actor=find_actor(s, actor), now=now, **given)

    def _refused(
        self,
        code: str,
        command: Callable[..., Any],
        actor: str,
        now: datetime,
        given: dict[str, Any],
    ) -> None:
        before = raw_dump(self.world.db)
        try:
            self.engine(command, actor, now, given)
        except WorkflowError as refusal:
            assert refusal.code == code, f"the model says {code}, the engine {refusal!r}"
            assert refusal.reasons or code == "stale_version"
        else:
            raise AssertionError(f"{command.__name__} by {actor} should be refused: {code}")
        assert raw_dump(self.world.db) == before, "a refused command left a trace"

    def sweep(self, now: datetime) -> TickReport:
        """One sweep of both."""
        self.changed = True
        self.model.sweep(now)
        return tick(self.world.db, now, channels=("inapp",))


__all__ = ["Bench", "call", "found"]
