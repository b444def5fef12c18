"""The two state machines: a picture, and beside it every transition and act in words."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from config.workflow_definition import Act, MachineDefinition, Transition
from web.call import reading
from web.late import LateRoute
from web.pages.admin.access import require
from web.templating import page
from workflow import definitions
from workflow.act_words import act_name
from workflow.context import context
from workflow.guard_words import guard_words, scope_words
from workflow.machine_picture import picture
from workflow.wording import kind_name, state_name, word

router = APIRouter(route_class=LateRoute)


@router.get("/admin/workflow")
def show(request: Request) -> HTMLResponse:
    """The definition in force."""
    with reading(request) as call:
        require(call, "workflow")
        definition = context(call.s).workflow()
        machines = [_machine(kind, definition.machine(kind)) for kind in ("issue", "task")]
        versions = definitions.versions(call.s, "workflow")
        return page(call, "admin/workflow.html", machines=machines, versions=versions)


def _machine(kind: str, machine: MachineDefinition) -> dict[str, Any]:
    return {
        "kind": kind,
        "picture": picture(machine),
        "transitions": [
            _rule(machine, t) | {"n": n, "to": state_name(machine, t.dest),
                                 "notice": kind_name(t.notice) if t.notice else ""}
            for n, t in enumerate(machine.transitions, 1)
        ],
        "acts": [_rule(machine, act) for act in machine.acts],
    }  # fmt: skip


def _rule(machine: MachineDefinition, rule: Transition | Act) -> dict[str, Any]:
    return {
        "name": act_name(rule.name),
        "code": rule.name,
        "from": [state_name(machine, state) for state in rule.states],
        "roles": [word("role", role) for role in rule.roles],
        "scope": scope_words(rule.scope) if rule.scope != "any" else "",
        "guards": [(guard_words(g), g in rule.overridable) for g in rule.guards],
    }
