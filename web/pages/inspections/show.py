"""/inspections/{id}: an inspection with its sites, findings, instructions and draw."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from config.i18n import gettext as _
from models import tables
from projects.inspections import findings, plan, steps
from projects.inspections.found import ALIVE, find, is_member, members, sites
from projects.inspections.issues import raise_issues
from projects.inspections.lots import draw
from projects.inspections.report import findings_of, report_facts, same_day, totals
from projects.instructions.found import listed as instructions_listed
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.instruction import line as instruction_line
from web.pages.inspections.kit import (
    Number,
    categories,
    day,
    done_text,
    inspects,
    send,
    tabs,
    version,
    whole,
    wholes,
)
from web.templating import page, url
from workflow.case import not_visible
from workflow.errors import WorkflowError
from workflow.wording import category_name, unit_name, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]


@router.get("/inspections/{number:int}")
def show(
    request: Request, number: int, done: str = "", made: int = 0, left: int = 0
) -> HTMLResponse:
    """Everything of it that the reader may know of."""
    with reading(request) as call:
        refuse_administrators(call)
        return _show(call, number, said=_said(done, made, left))


def _said(done: str, made: int, left: int) -> str:
    if done == "issues":
        text = _("{n} findings became issues.").format(n=made)
        more = _("{n} were refused; the reasons stand beside them.").format(n=left)
        return f"{text} {more}" if left else text
    return done_text(done)


def _show(
    call: Call, number: int, *, said: str = "", error: WorkflowError | None = None
) -> HTMLResponse:
    row = find(call.s, call.person, number if 0 < number < 2**31 else 0)
    team, places = is_member(call.s, call.person, row.id), sites(call.s, call.person, row.id)
    found = findings_of(call.s, call.person, row)
    names = {one.project_id: one.name for one in places}
    about = instructions_listed(call.s, call.person, inspection_id=row.id)
    frozen = row.state == "closed" and call.person.sees_all
    return page(
        call, "inspections/show.html", error.status if error else 200, tabs=tabs(call),
        one=_head(call, row), sites=[_site(call, p) for p in places],
        findings=[finding_line(call, f, names) for f in found],
        totals=totals(call.s, places, found), instructions=[
            instruction_line(call, one) for one in about
        ],
        chances=_chances(call, row) if call.person.sees_all else [],
        conclusion=report_facts(call.s, call.person, row, call.now)["conclusion"] if frozen
        else row.conclusion,
        team=team, inspects=inspects(call), alive=row.state in ALIVE, said=said,
        reasons=error.reasons if error else (), categories=categories(call),
        today=call.ctx.calendar().local_date(call.now).isoformat(),
    )  # fmt: skip


def _head(call: Call, row: Any) -> Data:
    people = call.directory
    return {
        "id": row.id, "version": row.version, "number": row.number, "title": row.title,
        "state": row.state, "state_name": word("inspection_state", row.state),
        "kind": word("inspection_kind", row.kind), "starts_on": row.starts_on,
        "ends_on": row.ends_on, "purpose": row.purpose, "announced": row.announced,
        "leader": row.leader or people.person_name(row.leader_id), "rule": row.rule,
        "rule_name": word("inspection_rule", row.rule), "draw": row.draw,
        "members": [people.person_name(key) for key in members(call.s, row.id)],
    }  # fmt: skip


def _site(call: Call, one: Any) -> Data:
    return {
        "project_id": one.project_id, "project": one.name, "position": one.position,
        "board": unit_name(call.directory, one.board_id), "light": one.light,
        "reason": one.light_reason, "basis": word("inspection_rule", one.basis),
        "visited_on": one.visited_on, "note": one.note,
        "by": call.directory.person_name(one.visited_by_id),
    }  # fmt: skip


def finding_line(call: Call, one: Any, names: dict[int, str]) -> Data:
    """A finding as lists show it."""
    return {
        "id": one.id, "version": one.version, "title": one.title, "detail": one.detail,
        "category": one.category,
        "category_name": category_name(call.ctx.policy(), one.category), "urgent": one.urgent,
        "project_id": one.project_id, "project": names.get(one.project_id, ""),
        "state": one.state, "state_name": word("finding_state", one.state), "note": one.note,
        "at": one.found_at, "by": call.directory.person_name(one.author_id),
        "photo": one.photo_sha256 is not None, "issue": one.issue_number,
        "light": one.issue_light, "reason": one.issue_reason, "refusal": one.refusal,
        "same_day": same_day(call.s, one), "overnight": _overnight(call, one),
    }  # fmt: skip


def _overnight(call: Call, one: Any) -> bool:
    """Still no issue on another day than it was found: the same day is what S3 asks for."""
    calendar = call.ctx.calendar()
    return one.state == "open" and calendar.local_date(one.found_at) < calendar.local_date(call.now)


def _chances(call: Call, row: Any) -> list[Data]:
    """The lot drawn again from its record, with the projects' names."""
    if row.draw.get("rule") != "lot":
        return []
    drawn = draw(row.draw["seed"], row.draw["population"], row.draw["size"])
    p = tables.project.c
    rows = call.s.execute(select(p.id, p.name).where(p.id.in_([one.id for one in drawn])))
    names = {found.id: found.name for found in rows}
    then = set(row.draw["chosen"])
    return [
        {"id": one.id, "project": names.get(one.id, ""), "number": f"{one.number:.6f}",
         "chosen": one.chosen, "agrees": one.chosen == (one.id in then)}
        for one in drawn
    ]  # fmt: skip


@router.post("/inspections/{number:int}/{step}")
def step(request: Request, number: int, step: str, sent: FormData = Depends(posted)) -> Response:
    """Start, sites, visit, issues, close or drop."""

    def act(call: Call) -> str:
        if step == "issues":
            return _issues(call, number)
        _step(call, number, step, sent)
        return url(f"/inspections/{number}", done=step)

    return send(request, sent, act, lambda call, error: _show(call, number, error=error))


def _issues(call: Call, number: int) -> str:
    done = raise_issues(call.s, actor=call.person, inspection=_key(number), now=call.now)
    made = sum(1 for one in done if one.issue)
    return url(f"/inspections/{number}", done="issues", made=made, left=len(done) - made)


def _key(number: int) -> int:
    return number if 0 < number < 2**31 else 0


def _step(call: Call, number: int, step: str, sent: FormData) -> None:
    given: Data = {"actor": call.person, "inspection": _key(number), "now": call.now}
    if step == "visit":
        steps.visit(
            call.s, project=whole(sent, "project") or 0, on=day(sent, "on"),
            remark=text(sent, "remark"), **given,
        )  # fmt: skip
        return
    given["expected_version"] = version(sent)
    if step == "start":
        steps.start(call.s, **given)
    elif step == "sites":
        plan.set_sites(call.s, projects=_ordered(sent), reason=text(sent, "reason"), **given)
    elif step == "close":
        steps.close(call.s, conclusion=text(sent, "conclusion"), **given)
    elif step == "drop":
        steps.drop(call.s, reason=text(sent, "reason"), **given)
    else:
        raise not_visible(step[:40])


def _ordered(sent: FormData) -> tuple[int, ...]:
    """The projects of the form by the places typed beside them; a blank place leaves one out; a
    further one comes last."""
    placed = [(whole(sent, f"place_{key}"), key) for key in wholes(sent, "project")]
    found = [key for _place, key in sorted((p, k) for p, k in placed if p is not None)]
    more = whole(sent, "more")
    return tuple(found if more is None else [*found, more])


@router.post("/inspections/findings/{number:int}/{step}")
def finding_step(
    request: Request, number: Number, step: str, sent: FormData = Depends(posted)
) -> Response:
    """Correct, settle or strike out a finding."""
    back = whole(sent, "inspection") or 0

    def act(call: Call) -> str:
        given: Data = {"actor": call.person, "finding": number, "now": call.now,
                       "expected_version": version(sent)}  # fmt: skip
        if step == "settle":
            findings.settle(call.s, note=text(sent, "note"), **given)
        elif step == "drop":
            findings.drop(call.s, reason=text(sent, "note"), **given)
        elif step == "correct":
            findings.correct(
                call.s, title=text(sent, "title"), category=text(sent, "category"),
                detail=text(sent, "detail"), urgent=text(sent, "urgent") == "yes", **given,
            )  # fmt: skip
        else:
            raise not_visible(step[:40])
        return url(f"/inspections/{back}", done=step)

    return send(request, sent, act, lambda call, error: _show(call, back, error=error))
