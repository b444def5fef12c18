"""What the forms of a meeting do: pick, leave out, fix, open, record, answer, close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from projects.meetings import agenda, decisions, session, store, tasks
from projects.meetings.decisions import Decided
from web.call import Call
from web.forms import posted, text
from web.late import LateRoute
from web.pages.admin.forms import Typed
from web.pages.admin.forms import number as plain_number
from web.pages.meetings import kit, show
from web.pages.meetings import session as session_page
from web.pages.meetings.kit import Id
from web.templating import url
from workflow.case import not_visible
from workflow.commands.discovery import Report

router = APIRouter(route_class=LateRoute)
Act = Callable[[Call], Any]


def _on_candidates(request: Request, number: int, sent: FormData, act: Act, done: str) -> Response:
    def view(call: Call, typed: Typed) -> HTMLResponse:
        return show.candidate_view(call, number, typed)

    target = f"/meetings/{number}/candidates"
    return kit.send(request, sent, text(sent, "issue"), act, view, target, done)


def _on_agenda(
    request: Request, number: int, sent: FormData, act: Act, done: str, *, to: str = ""
) -> Response:
    def view(call: Call, typed: Typed) -> HTMLResponse:
        return show.view(call, number, typed)

    return kit.send(request, sent, done, act, view, f"/meetings/{number}{to}", done)


def _on_session(
    request: Request, number: int, sent: FormData, form: str, act: Act, done: str,
    answer: int | None = None,
) -> Response:  # fmt: skip
    item = plain_number(text(sent, "item"))

    def view(call: Call, typed: Typed) -> HTMLResponse:
        return session_page.view(call, number, typed, item, answer)

    target = url(f"/meetings/{number}/session", item=item)
    return kit.send(request, sent, form, act, view, target, done)


# ---------------------------------------------------------------- before the meeting


@router.post("/meetings/{number:int}/pick")
def pick(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """A candidate comes onto the agenda."""

    def act(call: Call) -> None:
        agenda.pick(
            call.s, actor=call.person, meeting=number, issue=text(sent, "issue").strip(),
            now=call.now,
        )  # fmt: skip

    return _on_candidates(request, number, sent, act, "picked")


@router.post("/meetings/{number:int}/drop")
def drop(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """A candidate is left out, with the reason."""

    def act(call: Call) -> None:
        agenda.drop(
            call.s, actor=call.person, meeting=number, issue=text(sent, "issue").strip(),
            reason=text(sent, "reason"), now=call.now,
        )  # fmt: skip

    return _on_candidates(request, number, sent, act, "dropped")


@router.post("/meetings/{number:int}/items/{item:int}/propose")
def propose(request: Request, number: Id, item: Id, sent: FormData = Depends(posted)) -> Response:
    """The office's proposal and the item's place."""

    def act(call: Call) -> None:
        _own_item(call, number, item)
        agenda.propose(
            call.s, actor=call.person, item=item, proposal=text(sent, "proposal"),
            place=plain_number(text(sent, "place")), now=call.now,
            expected_version=kit.version_of(sent),
        )  # fmt: skip

    return _on_agenda(request, number, sent, act, "saved")


@router.post("/meetings/{number:int}/fix")
def fix(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """The agenda stands; its paper is prepared, its units are called."""

    def act(call: Call) -> None:
        agenda.fix(
            call.s, actor=call.person, meeting=number, now=call.now,
            expected_version=kit.version_of(sent),
        )  # fmt: skip

    return _on_agenda(request, number, sent, act, "fixed")


@router.post("/meetings/{number:int}/reopen")
def reopen(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """The agenda is taken back."""

    def act(call: Call) -> None:
        agenda.reopen(
            call.s, actor=call.person, meeting=number, reason=text(sent, "reason"),
            now=call.now, expected_version=kit.version_of(sent),
        )  # fmt: skip

    return _on_agenda(request, number, sent, act, "reopened")


# ---------------------------------------------------------------- in the meeting


@router.post("/meetings/{number:int}/open")
def open_(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """The chief opens it."""

    def act(call: Call) -> None:
        session.open_session(
            call.s, actor=call.person, meeting=number, now=call.now,
            expected_version=kit.version_of(sent),
        )  # fmt: skip

    return _on_agenda(request, number, sent, act, "opened", to="/session")


@router.post("/meetings/{number:int}/close")
def close(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """The chief closes it."""

    def act(call: Call) -> None:
        session.close(call.s, actor=call.person, meeting=number, now=call.now)

    return _on_agenda(request, number, sent, act, "closed")


@router.post("/meetings/{number:int}/decide")
def decide(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """A decision is recorded; one that is to be a task becomes it at once."""

    def act(call: Call) -> None:
        form = Decided(
            text(sent, "kind"), text(sent, "text"), text(sent, "lead"),
            kit.date_of(text(sent, "due"), "due"), plain_number(text(sent, "item")),
        )  # fmt: skip
        tasks.decide(call.s, actor=call.person, meeting=number, form=form, now=call.now)

    return _on_session(request, number, sent, "decide", act, "decided")


@router.post("/meetings/{number:int}/raise")
def raise_(request: Request, number: Id, sent: FormData = Depends(posted)) -> Response:
    """An issue is raised on the spot, and is an item at once."""

    def act(call: Call) -> None:
        project = text(sent, "project").strip()
        form = Report(
            text(sent, "title"), text(sent, "description"), text(sent, "category"),
            project=project or None, board=text(sent, "board") or None,
            no_project_reason="" if project else "调度会现场提出",
        )  # fmt: skip
        session.raise_issue(call.s, actor=call.person, meeting=number, form=form, now=call.now)

    return _on_session(request, number, sent, "raise", act, "raised")


@router.post("/meetings/{number:int}/items/{item:int}/{step}")
def item_step(
    request: Request, number: Id, item: Id, step: str, sent: FormData = Depends(posted)
) -> Response:
    """speak: a position; defer: to the next meeting; take-up: for breakdown."""

    def act(call: Call) -> None:
        _own_item(call, number, item)
        about: dict[str, Any] = {"actor": call.person, "item": item, "now": call.now}
        if step == "speak":
            session.speak(call.s, text=text(sent, "text"), unit=text(sent, "unit"), **about)
        elif step == "defer":
            session.defer(call.s, reason=text(sent, "reason"), **about)
        elif step == "take-up":
            session.take_up(call.s, **about)
        else:
            raise not_visible(step)

    return _on_session(request, number, sent, step, act, step)


@router.post("/meetings/{number:int}/decisions/{decision:int}/{step}")
def decision_step(
    request: Request, number: Id, decision: Id, step: str, sent: FormData = Depends(posted)
) -> Response:
    """answer: with a date; task: hand it over; done: carried out; amend: its words."""

    def act(call: Call) -> None:
        found = store.find_decision(call.s, call.person, decision)
        if found.meeting_id != number:
            raise not_visible(str(decision))
        about: dict[str, Any] = {
            "actor": call.person, "decision": decision, "now": call.now,
            "expected_version": kit.version_of(sent),
        }  # fmt: skip
        if step == "answer":
            due = kit.date_of(text(sent, "due"), "due")
            decisions.answer(call.s, text=text(sent, "text"), due=due, **about)
        elif step == "task":
            tasks.make_task(call.s, **about)
        elif step == "done":
            decisions.done(call.s, note=text(sent, "note"), **about)
        elif step == "amend":
            decisions.amend(call.s, text=text(sent, "text"), **about)
        else:
            raise not_visible(step)

    if step in ("done", "amend"):
        return _on_agenda(request, number, sent, act, step)
    answered = decision if step == "answer" else None
    return _on_session(request, number, sent, step, act, step, answered)


def _own_item(call: Call, number: int, item: int) -> None:
    if store.find_item(call.s, call.person, item).meeting_id != number:
        raise not_visible(str(item))
