"""现由谁办理: who must act now on an issue, from its state and the roles of the definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.policy import Policy
from config.workflow_definition import WorkflowDefinition
from workflow.act_words import act_name
from workflow.wording import word

Data = Mapping[str, Any]

_RULINGS = {
    "return": "rule_return",
    "extension": "rule_extension",
    "park": "rule_park",
    "adjust": "rule_adjustment",
    "adjustment": "rule_adjustment",
}
_BY_UNIT = {
    "pending_ack": ("lead_unit", "acknowledge"),
    "in_progress": ("lead_unit", "submit"),
    "submitted": ("verifier_unit", "verify"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One act that is awaited: the rights of which one is needed, or the unit; and the act."""

    act: str
    roles: tuple[str, ...] = ()
    unit: str = ""

    @property
    def who(self) -> str:
        """The unit's name, or the rights in words."""
        return self.unit or " / ".join(word("role", role) for role in self.roles)

    @property
    def what(self) -> str:
        """The act in words."""
        return act_name(self.act)


@dataclass(frozen=True, slots=True)
class Rules:
    """The definition and policy of an issue, and the policies of its tasks by their numbers."""

    workflow: WorkflowDefinition
    policy: Policy
    tasks: Mapping[str, Policy]

    def roles(self, kind: str, act: str) -> tuple[str, ...]:
        """Whom the definition lets do it."""
        machine = self.workflow.machine(kind)
        found = {t.trigger: t.roles for t in machine.transitions}
        found |= {a.name: a.roles for a in machine.acts}
        return tuple(found.get(act, ()))


def whose_turn(case: Data, rules: Rules) -> list[Turn]:
    """Every act that is awaited now, each once, in the order of the work.

    `case` is a case file. A closed issue waits for nobody but for a confirmation of its relapse.
    """
    found = [*_on_issue(case, rules)]
    if case["state"] in ("dispatched", "in_progress", "verifying", "approving"):
        found += [turn for task in case["tasks"] for turn in _on_task(task, case, rules)]
    return list(dict.fromkeys(found))


def _on_issue(case: Data, rules: Rules) -> Iterator[Turn]:
    state, live = case["state"], [t for t in case["tasks"] if t["state"] != "withdrawn"]
    planned = any(not task["dispatched_at"] for task in live)
    if state == "draft":
        yield Turn("report", unit=case["reporter_unit"])
    elif state in ("reported", "triaging") and _rejection_proposed(case):
        yield Turn("reject", rules.roles("issue", "reject"))
    elif state == "reported":
        yield Turn("start_triage", rules.roles("issue", "start_triage"))
    elif state == "triaging":
        # the chief may plan as well, but whoever takes reports up is the one to do it
        yield (
            Turn("dispatch", rules.roles("issue", "dispatch"))
            if live
            else Turn("plan_task", rules.roles("issue", "start_triage"))
        )
    elif state == "approving":
        yield Turn("approve", _approvers(case, rules))
    elif state == "parked":
        yield Turn("review_park", rules.roles("issue", "review_park"))
    elif state == "closed" and _relapse_found(case):
        yield Turn("relapse", rules.roles("issue", "relapse"))
    if planned and state in ("dispatched", "in_progress", "verifying", "approving"):
        yield Turn("dispatch_more", rules.roles("issue", "dispatch_more"))


def _rejection_proposed(case: Data) -> bool:
    told = ("issue.propose_rejection", "issue.send_back")
    tags = [entry["tag"] for entry in case["timeline"] if entry["tag"] in told]
    return bool(tags) and tags[-1] == told[0]


def _relapse_found(case: Data) -> bool:
    return any(one["state"] == "relapse" for one in case["lookbacks"])


def _approvers(case: Data, rules: Rules) -> tuple[str, ...]:
    """Major, listed and high-level issues are for one rank alone (`approver_rank`)."""
    closure = rules.policy.closure
    high = case["coordination_level"] >= closure.major_from_level
    if case["major"] or case["listed"] or high:
        return (closure.major_approver,)
    return rules.roles("issue", "approve")


def _on_task(task: Data, case: Data, rules: Rules) -> Iterator[Turn]:
    if not task["dispatched_at"] or task["state"] not in _BY_UNIT:
        return
    if task["state"] != "submitted":
        for unit in task["co_units"]:
            if unit["state"] == "awaited":
                yield Turn("co_input", unit=unit["unit"])
        for request in task["requests"]:
            if request["state"] == "open":
                yield _ruling(task, request, rules)
    column, act = _BY_UNIT[task["state"]]
    yield Turn(act, unit=task[column]) if task[column] else Turn(act, rules.roles("task", act))


def _ruling(task: Data, request: Data, rules: Rules) -> Turn:
    act = _RULINGS[request["kind"]]
    if request["kind"] != "extension":
        return Turn(act, rules.roles("task", act))
    approvers = rules.tasks.get(task["number"], rules.policy).extension.approvers
    return Turn(act, (approvers[min(task["extension_count"], len(approvers) - 1)],))
