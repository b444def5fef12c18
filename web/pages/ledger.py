"""问题台账: the list with its filters, orders, pages and saved views."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from config.i18n import N_
from config.i18n import gettext as _
from models import tables
from models.queries.ledger import page as read_page
from models.queries.ledger_rows import LedgerRow
from models.queries.paging import BadCursor
from models.queries.projects import visible_projects
from models.queries.statistics import EVERYTHING
from web.call import Call, reading
from web.late import LateRoute
from web.ledger_query import NAMES, NO_BOARD, narrowed, order, read, shown_day, write
from web.navigation import refuse_administrators
from web.pages.views import views_of
from web.templating import page, url
from web.todo_words import todo_name
from web.widgets import category_label
from workflow.documents.rights import kinds_for
from workflow.errors import Malformed, Reason
from workflow.wording import state_name, unit_label, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
PAGE = 50
SORTS = {
    "newest": N_("Newest first"),
    "oldest": N_("Oldest first"),
    "deadline": N_("Nearest deadline first"),
    "level": N_("Highest supervision level first"),
    "light": N_("Worst light first"),
    "updated": N_("Last changed first"),
}


@router.get("/issues")
def show(request: Request) -> HTMLResponse:
    """A page of the ledger. What cannot be read in the address is said, and narrows nothing."""
    asked = request.query_params
    with reading(request) as call:
        refuse_administrators(call)
        errors: tuple[Reason, ...] = ()
        wanted, sort = EVERYTHING, "newest"
        try:
            wanted = read(call.s, call.person, asked)
            sort = order(asked)
        except Malformed as error:
            errors = error.reasons
        found, wrong = _page(call, wanted, sort, asked.get("cursor") or None)
        query = write(call.s, wanted)
        links = query | ({"sort": [sort]} if sort != "newest" else {})
        return page(
            call,
            "ledger.html",
            422 if errors or wrong else 200,
            errors=(*errors, *wrong),
            rows=[line(call, row) for row in found.rows],
            total=found.total,
            prepares=any(kind.about == "issues" for kind in kinds_for(call.person)),
            at_least=found.at_least,
            next_path=url("/issues", **links, cursor=found.next_cursor)
            if found.next_cursor
            else "",
            first_path=url("/issues", **links) if asked.get("cursor") else "",
            exports={kind: url(f"/issues/export.{kind}", **links) for kind in ("xlsx", "csv")},
            sort=sort,
            orders=_orders(query),
            sorts={k: _(v) for k, v in SORTS.items()},
            wanted=wanted,
            narrowed=narrowed(wanted),
            query=query,
            view_query=url("", **links).lstrip("?"),
            views=views_of(call),
            choices=choices(call),
            dates=_dates(call, wanted),
            waiting=todo_name(wanted.waiting) if wanted.waiting else "",
            hidden=_hidden(query),
            projects=_project_names(call, wanted.projects),
        )


def _page(call: Call, wanted: Any, sort: str, cursor: str | None) -> tuple[Any, tuple[Reason, ...]]:
    """The page asked for, or the first one with the reason why not."""
    try:
        return read_page(
            call.s, call.person, wanted, now=call.now, sort=sort, cursor=cursor, limit=PAGE
        ), ()
    except BadCursor:
        wrong = Reason("cursor_malformed", _("This page of the list is not known."), "cursor",
                       _("Begin again with the first page."))  # fmt: skip
        return read_page(call.s, call.person, wanted, now=call.now, sort=sort, limit=PAGE), (wrong,)


def line(call: Call, row: LedgerRow) -> Data:
    """What a line of the list tells."""
    issue, people = row.issue, call.directory
    machine = call.ctx.workflow(issue.workflow_version_id).issue
    policy = call.ctx.policy().categories
    leads = dict.fromkeys(t.lead_unit_id for t in row.tasks if t.state != "withdrawn")
    known = policy.get(issue.category)
    return {
        "number": issue.number,
        "title": issue.title,
        "state": issue.state,
        "state_name": state_name(machine, issue.state),
        "phase": word("phase", machine.states[issue.state].phase)
        if issue.state in machine.states
        else "",
        "light": issue.light,
        "light_reason": issue.light_reason,
        "category": category_label(issue.category, known) if known else issue.category,
        "board": unit_label(people.units[issue.board_id]) if issue.board_id else "",
        "project": row.project_name,
        "project_id": issue.project_id,
        "units": [unit_label(people.units[key]) for key in leads],
        "due": row.due_at,
        "level": row.level,
        "listed": issue.listed,
        "urgent": issue.urgent,
        "relapses": issue.relapse_count,
        "opened": issue.reported_at,
    }


def choices(call: Call) -> Data:
    """What the filter's selects offer."""
    units = sorted((u for u in call.directory.units.values() if u.active), key=lambda u: u.id)
    machine, policy = call.ctx.workflow().issue, call.ctx.policy()
    return {
        "phases": [(p, word("phase", p)) for p in dict.fromkeys(
            s.phase for s in machine.states.values())],
        "states": [(name, state_name(machine, name)) for name in machine.states],
        "lights": [(light, word("light", light)) for light in ("red", "yellow", "green", "grey")],
        "boards": [*((u.code, unit_label(u)) for u in units if u.is_board),
                   (NO_BOARD, _("no board"))],
        "units": [(u.code, unit_label(u)) for u in units],
        "categories": [(n, category_label(n, c)) for n, c in policy.categories.items()],
        "levels": [("0", _("Not on the ladder")),
                   *((str(n), str(n)) for n in sorted({r.level for r in policy.ladder}))],
        "coordination": [(str(n), f"L{n}") for n in (1, 2, 3, 4)],
    }  # fmt: skip


def _dates(call: Call, wanted: Any) -> dict[str, str]:
    names = ("due_from", "due_until", "opened_from", "opened_until", "closed_from", "closed_until")
    return {
        name: shown_day(getattr(wanted, name), call.zone, until=name.endswith("_until"))
        for name in names
    }


def _orders(query: dict[str, list[str]]) -> dict[str, str]:
    """The same list in every order, for the links in the headings."""
    chosen: dict[str, dict[str, Any]] = {k: {"sort": k} if k != "newest" else {} for k in SORTS}
    return {k: url("/issues", **(query | more)) for k, more in chosen.items()}


def _project_names(call: Call, keys: tuple[int, ...]) -> list[str]:
    """Projects narrowed to, by name as the form takes them."""
    project = tables.project.c
    if not keys:
        return []
    known = project.id.in_(keys), visible_projects(call.person, call.directory)
    chosen = select(project.name).where(*known).order_by(project.id)
    return [*(["0"] if 0 in keys else []), *call.s.execute(chosen).scalars()]


SHOWN = frozenset(
    {
        "phase", "state", "light", "board", "unit", "category", "project", "level",
        "coordination", "listed", "relapsed", "urgent", "overdue", "open", "q", "due_from",
        "due_until", "opened_from", "opened_until", "closed_from", "closed_until",
    }
)  # fmt: skip
"""Names that have an input of their own in the form."""


def _hidden(query: dict[str, list[str]]) -> list[tuple[str, str]]:
    """What narrows the list without an input: it is kept when the form is sent."""
    return [(n, v) for n in NAMES if n not in SHOWN for v in query.get(n, ())]
