"""A project's inspections, instructions, commitments and evaluation, for its page."""

from __future__ import annotations

from typing import Any

from config.inspections import rules
from projects.access import INSPECTORS, OFFICE
from projects.evaluations.commands import check
from projects.evaluations.found import commitments
from projects.evaluations.found import listed as evaluations
from projects.inspections.listing import of_project
from projects.instructions.commands import GIVERS
from projects.instructions.found import listed as instructions
from web.call import Call
from web.pages.inspections.commitments import commitment_line
from web.pages.inspections.evaluations import line as evaluation_line
from web.pages.inspections.instruction import line as instruction_line
from workflow.wording import word

MOST = 20


def facts_for(call: Call, project: Any) -> dict[str, Any]:
    """What the part `projects/_inspections.html` shows."""
    visits = of_project(call.s, call.person, project.id, MOST)
    given = instructions(call.s, call.person, project_id=project.id, limit=MOST)
    own = evaluations(call.s, call.person, project_id=project.id, limit=1)
    return {
        "project_id": project.id, "after_months": rules().evaluation.after_months,
        "visits": [_visit(row) for row in visits],
        "instructions": [instruction_line(call, row) for row in given],
        "evaluation": evaluation_line(call, own[0]) if own else None,
        "commitments": _commitments(call, project, own[0] if own else None),
        "plans": bool(call.person.roles & INSPECTORS),
        "gives": bool(call.person.roles & GIVERS), "keeps": bool(call.person.roles & OFFICE),
    }  # fmt: skip


def _commitments(call: Call, project: Any, evaluation: Any) -> list[dict[str, Any]]:
    if evaluation is None:
        return [commitment_line(row) for row in commitments(call.s, project.id, active=True)]
    today = call.ctx.calendar().local_date(call.now)
    checked = check(call.s, evaluation, today)
    return [commitment_line(one.row, one.verdict, one.figure) for one in checked]


def _visit(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "number": row.number, "title": row.title,
        "kind": word("inspection_kind", row.kind), "state": row.state,
        "state_name": word("inspection_state", row.state), "on": row.visited_on,
        "starts_on": row.starts_on, "findings": row.findings, "issues": row.issues,
    }  # fmt: skip
