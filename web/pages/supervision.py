"""督办看板: the ladder in action. Levels 3-4 are one click away, 5-6 a person's decision."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import current_language
from config.i18n import gettext as _
from models.queries import supervision as ladder
from models.queries.ledger import LedgerFilter
from models.queries.statistics import picture
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.ledger_query import write
from web.navigation import refuse_administrators
from web.templating import moment, page, url
from workflow.case import not_visible
from workflow.commands.supervision import decide_prepared
from workflow.deadlines import working_days_over
from workflow.documents.carrying import issue_step
from workflow.documents.ladder import KINDS_OF_STEP
from workflow.documents.rights import kinds_for
from workflow.wording import kind_name, unit_label, word

router = APIRouter(route_class=LateRoute)
ONE_CLICK = "supervision_order"
"""The document that a step gets without a form."""
Data = dict[str, Any]
Key = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=10_000)]


@router.get("/supervision")
def board(
    request: Request,
    done: Key = None,
    past: Key = None,
    page_number: PageNumber = 1,
    none: bool = False,
) -> HTMLResponse:
    """What climbs, what waits for a decision, what the clock did last."""
    with reading(request) as call:
        refuse_administrators(call)
        seen = picture(call.s, call.person, call.now)
        waiting = ladder.prepared_total(call.s, call.person)
        return page(
            call,
            "supervision.html",
            rungs=_rungs(call),
            levels=[
                {"level": n, "n": f.count, "path": url("/issues", **write(call.s, f.wanted))}
                for n, f in sorted(seen.levels.items(), reverse=True)
            ],
            prepared=[
                _prepared(call, row) for row in ladder.prepared(call.s, call.person, page_number)
            ],
            waiting=waiting,
            page_number=page_number,
            pages=max(1, -(-waiting // ladder.PAGE)),
            climbing=[_level(call, one) for one in ladder.climbing(call.s, call.person, call.now)],
            fired=[_fired(call, *pair) for pair in ladder.fired(call.s, call.person)],
            done=_settled(call, done) if done is not None else "",
            past=_settled(call, past) if past is not None else "",
            paper=_paper(call, done) if done is not None else None,
            nothing=none,
            prepares=any(kind.about == "tasks" for kind in kinds_for(call.person)),
        )


def _level(call: Call, found: ladder.Climbers) -> Data:
    """A level's tasks, and where all of their issues are."""
    wanted = LedgerFilter(levels=(found.level,), overdue=not found.level)
    return {
        "level": found.level,
        "total": found.total,
        "rows": [_task(call, row) for row in found.rows],
        "path": url("/issues", **write(call.s, wanted)),
    }


def _rungs(call: Call) -> list[Data]:
    """The ladder of the policy in force, as steps."""
    return [
        {"level": r.level, "offset": r.offset, "kind": kind_name(r.kind), "mode": r.mode,
         "how": word("mode", r.mode), "to": [word("addressee", a) for a in r.to]}
        for r in sorted(call.ctx.policy().ladder, key=lambda r: r.offset)
    ]  # fmt: skip


def _prepared(call: Call, row: Any) -> Data:
    rules = call.ctx.policy(row.policy_version_id).escalation
    needed = rules.decider if row.mode == "person" else rules.preparer
    return {
        "id": row.id,
        "level": row.level,
        "kind": kind_name(row.kind),
        "mode": row.mode,
        "how": word("mode", row.mode),
        "task": row.task_number,
        "number": row.issue_number,
        "title": row.issue_title,
        "unit": unit_label(call.directory.units[row.lead_unit_id]),
        "due": row.due_at,
        "over": _over(call, row),
        "at": row.prepared_at,
        "version": row.task_version,
        "mine": call.has(needed) and row.paused_at is None,
        "needed": word("role", needed),
        "form": f"/tasks/{row.task_number}/do/decide?prepared={row.id}",
        "document": _document(call, row),
    }


def _document(call: Call, row: Any) -> Data | None:
    """The document that a step has or, with one click, may get: an order needs nothing typed."""
    if row.document_id is not None:
        return {"path": f"/documents/{row.document_id}", "kind": "", "name": _("its document")}
    own = {kind.name: kind for kind in kinds_for(call.person)}
    names = [name for name in KINDS_OF_STEP.get(row.kind, ()) if name in own]
    if not names:
        return None
    return {
        "path": url("/documents/new", step=row.id, kind=names[0]),
        "kind": names[0] if names[0] == ONE_CLICK else "",
        "name": own[names[0]].title(current_language()),
    }


def _task(call: Call, row: Any) -> Data:
    return {
        "task": row.number,
        "number": row.issue_number,
        "title": row.issue_title,
        "unit": unit_label(call.directory.units[row.lead_unit_id]),
        "light": row.light,
        "reason": row.light_reason,
        "due": row.due_at,
        "over": _over(call, row),
        "next": row.next_rung_at,
        "frozen": row.frozen_at is not None,
    }


def _over(call: Call, row: Any) -> int:
    """Whole working days past the deadline, in the lead unit's calendar."""
    if row.due_at is None or row.due_at >= call.now:
        return 0
    calendar = call.ctx.calendar(row.lead_unit_id, row.policy_version_id)
    return working_days_over(row.due_at, call.now, calendar)


def _fired(call: Call, firing: Any, task: Any) -> Data:
    return {
        "at": firing.at,
        "due": firing.logical_at,
        "level": firing.level,
        "outcome": word("outcome", firing.outcome),
        "task": task.number,
        "number": task.issue_number,
        "title": task.issue_title,
        "unit": unit_label(call.directory.units[task.lead_unit_id]),
    }


@router.post("/supervision/{prepared_id}/issue")
def issue(
    request: Request,
    prepared_id: Annotated[int, Path(ge=1, lt=2**31)],
    sent: FormData = Depends(posted),
) -> Response:
    """One click: a prepared step of level 3 or 4 goes out. Who may is the engine's to say."""
    with writing(request) as call:
        check_csrf(call, sent)
        row = ladder.prepared_step(call.s, call.person, prepared_id)
        if row is None:
            return _too_late(call, prepared_id)
        if row.mode == "person":  # a decision is never a click in a list
            return RedirectResponse(
                f"/tasks/{row.task_number}/do/decide?prepared={row.id}", status_code=303
            )
        if text(sent, "document") == ONE_CLICK:
            made = issue_step(
                call.s, actor=call.person, prepared_id=prepared_id, kind=ONE_CLICK, now=call.now
            )
            return RedirectResponse(f"/documents/{made.id}?done=step", status_code=303)
        decide_prepared(
            call.s,
            actor=call.person,
            prepared_id=prepared_id,
            issue_it=True,
            reason="",
            now=call.now,
        )
    return RedirectResponse(f"/supervision?done={prepared_id}", status_code=303)


def _too_late(call: Call, prepared_id: int) -> Response:
    """A second click, or somebody else was first: nothing happens, and the board says what did."""
    if ladder.settled(call.s, call.person, prepared_id) is None:
        raise not_visible(str(prepared_id))
    return RedirectResponse(f"/supervision?past={prepared_id}", status_code=303)


def _paper(call: Call, prepared_id: int) -> Data | None:
    """What a step that was just issued may still get on paper."""
    row = ladder.settled(call.s, call.person, prepared_id)
    if row is None or row.state != "issued":
        return None
    return _document(call, row)


def _settled(call: Call, prepared_id: int) -> str:
    """What became of a step, in a sentence; nothing of one that is not theirs to see."""
    row = ladder.settled(call.s, call.person, prepared_id)
    if row is None:
        return ""
    if row.decided_by_id is None:
        return _("The deadline of that step no longer holds, so it waits for nobody.")
    said = {
        "issued": _("The step was issued by {person} at {moment}."),
        "dismissed": _("The step was dismissed by {person} at {moment}."),
    }
    return said[row.state].format(
        person=call.directory.person_name(row.decided_by_id),
        moment=moment(row.decided_at, call.zone),
    )
