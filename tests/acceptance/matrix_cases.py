"""For every rule a state in which it is possible, its address, and what its form takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models import tables
from tests.acceptance.matrix_cast import PROJECT
from tests.integration import test_commands_rights as stages
from tests.integration.test_commands_rights import ACTS, NOW, Stage
from tests.integration.test_web_acts import GIVEN
from tests.world import Case, Moment, World
from web.actions import BY_RULE
from web.actions.base import Action
from web.actions.evidence import ATTACH
from workflow.commands import breakdown, supervision
from workflow.commands.breakdown import Plan


@dataclass(slots=True)
class Zone(World):
    """The zone in which every unit around a case is another one: a board that did not report."""

    def reported(self, now: Moment, *, by: str = "lucheng_reporter", **form: Any) -> str:
        """As everywhere, in the region of another board and for a commissioned project."""
        usual = {"board": "henglin", "project": PROJECT, "no_project_reason": ""}
        return World.reported(self, now, by=by, **(usual | form))


def listed(world: World) -> Case:
    """On the supervision list."""
    case = stages.running(world)
    world.do(
        supervision.set_listed, "director", NOW, issue=case.issue, listed=True, reason="群众关注"
    )
    return case


def more_planned(world: World) -> Case:
    """Dispatched, with a task added afterwards."""
    case = stages.dispatched(world)
    world.do(breakdown.plan_task, "triage", NOW, issue=case.issue, form=Plan("恢复路面"))
    return case


STAGES: dict[str, Stage] = {act.tag: act.stage for act in ACTS} | {
    "issue.unlist": listed,
    "issue.dispatch_more": more_planned,
}
MOMENTS: dict[str, str] = {act.tag: act.now for act in ACTS}
GIVEN_HERE: dict[str, dict[str, Any]] = {
    **GIVEN,
    "rule_extension": GIVEN["rule_extension"] | {"granted": "yes"},
    "submit": GIVEN["submit"] | {"evidence_name_0": "验收单.pdf"},
    "unlist": {"reason": "已解决"},
    # for whoever cannot take it back now, the form does not choose the request by itself
    "withdraw_request": {"kind": "extension"},
    "dispatch_more": {},
}


def moment_of(tag: str) -> str:
    """When the act is done."""
    return MOMENTS.get(tag, stages.THEN)


def action_of(tag: str) -> Action:
    """The portal's action for a rule."""
    kind, rule = tag.split(".")
    return ATTACH if rule == ATTACH.rule else BY_RULE[kind, rule]


def addresses(world: World, tag: str, case: Case) -> tuple[str, str]:
    """The address of a rule's form, and of its endpoint."""
    action = action_of(tag)
    number = case.issue if action.subject == "issue" else case.task
    if action is ATTACH:
        return f"/tasks/{number}/evidence", f"/api/v1/tasks/{number}/evidence"
    folder = f"/{action.subject}s/{number}"
    if action.rule == "decide_prepared":
        step = world.rows(tables.prepared_action, task_id=world.task(number).id)[0]
        return f"{folder}/do/decide?prepared={step.id}", f"/api/v1/prepared/{step.id}/decide"
    return f"{folder}/do/{action.name}", f"/api/v1{folder}/{action.name}"


def values_of(world: World, tag: str) -> dict[str, Any]:
    """What is typed into the form; the merging takes a target that is open."""
    values = dict(GIVEN_HERE[action_of(tag).rule])
    if "into" in values:
        values["into"] = world.reported(NOW, title="先报的问题")
    return values


def body_of(tag: str, values: dict[str, Any]) -> dict[str, Any]:
    """The same as a body of the API: what the form prefills comes from the examples."""
    fields = action_of(tag).fields
    known = {one.name: one.example for one in fields if not one.optional}
    typed = {k: v for k, v in values.items() if k in {one.name for one in fields}}
    if "evidence_name_0" in values:
        typed["evidence"] = [{"kind": "document", "name": values["evidence_name_0"]}]
    return {k: v for k, v in (known | typed).items() if v is not None}
