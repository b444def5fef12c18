"""The desk (接单): demands that wait, one demand with what is like it, and its files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, HTMLResponse

from projects import history
from projects.access import OFFICE
from projects.demands import listing, settling
from projects.demands.alike import SHOWN, Like, alike, propose
from projects.demands.base import ANSWERED, STATES, TAKEN_UP, find_demand, headline, stream
from projects.demands.contact import told_contact
from projects.demands.deciding import NO_PROJECT, relapse_candidate
from projects.demands.files import files_of, open_file
from projects.demands.listing import VIEWS, Wanted
from projects.demands.settling import is_open, issue_of, outcome
from projects.demands.telling_result import others_told, proposed, tellable
from projects.demands.words import event_word, state_word, view_word
from projects.search import catching_up
from web.attachments import file_headers
from web.call import Call, note, reading, settings_of
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.shown_once import forget, waiting
from web.templating import page, url
from web.widgets import category_label, project_options
from workflow.errors import WorkflowError
from workflow.offers import why_not_report
from workflow.wording import category_name, state_name, unit_label, unit_name

router = APIRouter(route_class=LateRoute)
PATH = "/demands"
MONTH = r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$"
SECRET = "demand"
"""The kind under which a new secret address is shown once."""
Data = dict[str, Any]
Number = Annotated[str, Path(max_length=40)]


@router.get(PATH)
def desk(
    request: Request,
    view: Annotated[str, Query(max_length=20)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    board: Annotated[str, Query(max_length=60)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
    month: Annotated[str, Query(pattern=MONTH)] = "",
    since: Annotated[str, Query(pattern=MONTH)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    issue: Annotated[str, Query(max_length=40)] = "",
    n: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """A list with the numbers above it, each of which is a list, too."""
    settle(request)
    with reading(request) as call:
        refuse_administrators(call)
        town = board_id(call, board)
        wanted = Wanted(view, state, town, category, month, since, q.strip(), issue)
        rows, total = listing.listed(call.s, call.person, wanted, call.now, page=n)
        query = {
            "view": view, "state": state, "board": board, "category": category, "month": month,
            "since": since, "q": q, "issue": issue,
        }  # fmt: skip
        counts = listing.counts(call.s, call.person, call.now)
        more = url(PATH, **query, n=n + 1) if n * listing.PAGE < total else ""
        return page(
            call, "demands/desk.html",
            rows=[_line(call, row) for row in rows], total=total, query=query,
            numbers=[(view_word(v), counts[v], url(PATH, view=v), v) for v in VIEWS],
            states=[(one, state_word(one)) for one in STATES],
            boards=_boards(call), categories=_categories(call),
            more=more, first=url(PATH, **query) if n > 1 else "",
        )  # fmt: skip


@router.get(PATH + "/{number}")
def show(request: Request, number: Number, done: str = "") -> HTMLResponse:
    """One demand; the office also sees what is like it and what may be done."""
    settle(request, index=True)
    with reading(request) as call:
        answer = shown(call, number, done=done, secret=waiting(request, SECRET))
        forget(request, answer)
        return answer


@router.get(PATH + "/{number}/files/{file_id}")
def download(
    request: Request, number: Number, file_id: Annotated[int, Path(ge=1, lt=2**31)]
) -> FileResponse:
    """A file that came with it, as an attachment; 404 outside the scope."""
    with reading(request) as call:
        found = open_file(call.s, call.person, number, file_id)
    return FileResponse(found.path, media_type=found.media_type, headers=file_headers(found.name))


def settle(request: Request, *, index: bool = False) -> None:
    """Let demands follow their issues, and the index the ledger, unless the database is busy."""
    with reading(request) as call:
        now = call.now
        behind = index and call.has(*OFFICE) and catching_up.behind(call.s)
        moved = settling.pending(call.s)
    if moved:
        note(request, lambda s: settling.settle(s, now))
    if behind:
        note(request, lambda s: catching_up.catch_up(s, now))


def shown(
    call: Call, number: str, *, done: str = "", secret: str = "", act: str = "",
    values: Data | None = None, error: WorkflowError | None = None,
) -> HTMLResponse:  # fmt: skip
    """The page of a demand; after a refusal with what was typed in the form `act`."""
    row = find_demand(call.s, call.person, number)
    issue = issue_of(call.s, row)
    facts: Data = {"suggestions": [], "like": []}
    office = call.has(*OFFICE)
    if office:
        like = alike(call.s, call.person, row)
        facts = {
            "suggestions": [_suggestion(call, one) for one in propose(call.s, row, like)],
            "like": [_like(call, one) for one in like[:SHOWN]],
        }
    state = outcome(row, issue)
    return page(
        call, "demands/show.html", error.status if error is not None else 200,
        demand=row, state=state, state_word=state_word(state), headline=headline(row),
        issue=_issue(call, issue), board=unit_name(call.directory, row.board_id),
        category=category_name(call.ctx.policy(), row.category),
        late=row.state == "received" and row.take_up_due_at < call.now,
        linked=_linked(call, row), files=files_of(call.s, row.id), events=_events(call, row),
        may=_may(call, row, state, issue) if office else {}, done=done,
        back=_may_be_back(row, state, issue),
        told_contact=told_contact(call.s, call.person, row),
        proposed=proposed(call.s, row) if office and tellable(row, state) else "",
        others_told=others_told(call.s, row) if office and tellable(row, state) else [],
        address=f"{_base(call)}/enterprise/{secret}" if secret else "",
        act=act, values=values or _first_values(call, row, facts), categories=_categories(call),
        boards=_boards(call), projects=project_options(call) if office else (),
        no_project=NO_PROJECT, reasons=list(error.reasons) if error is not None else [], **facts,
    )  # fmt: skip


def _base(call: Call) -> str:
    return settings_of(call.request).base_url.rstrip("/")


def _may(call: Call, row: Any, state: str, issue: Any | None) -> Data:
    """Which forms are offered; the commands ask again."""
    waits = state in ("received", "disputed")
    ended = state == TAKEN_UP and issue is not None and not is_open(issue.state)
    return {
        "take_up": waits and not why_not_report(call.s, call.person),
        "link": waits,
        "answer": waits or (ended and state != ANSWERED),
        "decline": state == "received" or ended,
        "result": tellable(row, state),
    }  # fmt: skip


def _may_be_back(row: Any, state: str, issue: Any | None) -> bool:
    """Whether the relapse path is offered: the issue is closed and the enterprise disagrees."""
    back = state == "disputed" or row.relapse_candidate
    return back and issue is not None and issue.state == "closed"


def _first_values(call: Call, row: Any, facts: Data) -> Data:
    unit = call.directory.units.get(row.board_id or 0)
    known = {name for name, _label in project_options(call)} if row.project_text else set()
    return {
        "title": headline(row),
        "category": facts["suggestions"][0]["category"] if facts["suggestions"] else "",
        "board": unit.code if unit is not None else "",
        "project": row.project_text if row.project_text in known else "",
    }


def _line(call: Call, row: Any) -> Data:
    return {
        "number": row.number, "headline": headline(row), "enterprise": row.enterprise,
        "state": row.state, "state_word": state_word(row.state),
        "board": unit_name(call.directory, row.board_id),
        "category": category_name(call.ctx.policy(), row.category),
        "received": row.received_at, "due": row.take_up_due_at,
        "late": row.state == "received" and row.take_up_due_at < call.now,
        "issue": row.issue_number, "repeat": row.repeat, "relapse": row.relapse_candidate,
    }  # fmt: skip


def _like(call: Call, one: Like) -> Data:
    word = state_word(one.state)
    if one.kind == "issue":
        word = state_name(call.ctx.workflow().issue, one.state)
    policy = call.ctx.policy()
    return {
        "number": one.number, "title": one.title, "state": one.state, "state_word": word,
        "path": f"/issues/{one.number}" if one.kind == "issue" else f"{PATH}/{one.number}",
        "category": category_name(policy, one.category), "issue": one.issue, "open": one.open,
        "score": f"{one.score:.0%}", "shared": [t for t in one.shared if len(t) > 1][:6],
        "relapse": one.kind == "issue" and relapse_candidate(call.s, one, call.now),
    }  # fmt: skip


def _suggestion(call: Call, one: Any) -> Data:
    unit = call.directory.by_code.get(one.unit)
    return {
        "category": one.category, "name": category_name(call.ctx.policy(), one.category),
        "unit": unit_label(unit) if unit is not None else "", "share": f"{one.share:.0%}",
        "words": list(one.words), "past": list(one.past),
    }  # fmt: skip


def _issue(call: Call, issue: Any | None) -> Data | None:
    if issue is None:
        return None
    return {
        "number": issue.number, "title": issue.title, "state": issue.state,
        "state_word": state_name(call.ctx.workflow().issue, issue.state),
    }  # fmt: skip


def _linked(call: Call, row: Any) -> list[Data]:
    """The other demands of the same issue."""
    if row.issue_id is None:
        return []
    found = listing.linked_to(call.s, call.person, row.issue_id)
    return [
        {"number": one.number, "enterprise": one.enterprise, "received": one.received_at}
        for one in found
        if one.id != row.id
    ]


def _events(call: Call, row: Any) -> list[Data]:
    people = call.directory
    return [
        {
            "at": one.at, "word": event_word(one.tag), "actor": people.person_name(one.actor_id),
            "said": one.data.get("text") or one.data.get("reason") or one.data.get("feedback", ""),
            "issue": one.data.get("issue", ""),
        }
        for one in history.read(call.s, stream(row.id))
    ]  # fmt: skip


def _boards(call: Call) -> list[tuple[str, str]]:
    units = call.directory.units.values()
    return [(u.code, unit_label(u)) for u in units if u.is_board and u.active]


def _categories(call: Call) -> list[tuple[str, str]]:
    known = call.ctx.policy().categories
    return [(name, category_label(name, one)) for name, one in known.items()]


def board_id(call: Call, code: str) -> int | None:
    """The id of a town or street by its code; 0 for `none`: where no town is named."""
    if code == listing.NONE:
        return 0
    unit = call.directory.by_code.get(code)
    return unit.id if unit is not None else None
