"""A dispatch meeting in session: decisions, issues raised in it, minutes, what units say."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.meetings import papers, session, store, tasks
from projects.meetings.decisions import Decided
from web.api.access import ApiRoute, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.meeting_bodies import (
    MeetingDecisionBody,
    MeetingMinutesBody,
    MeetingPositionBody,
    MeetingRaisedBody,
    day,
)
from web.api.meetings import ACT, Data, act_on, done
from web.api.params import Id
from web.api.versions import IfMatch, etag
from web.call import Call
from workflow.commands.discovery import Report

router = APIRouter(route_class=ApiRoute, tags=["meetings"])


@router.post("/meetings/{id}/open", summary=N_("Open the meeting"), **ACT)
def open_(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """By the office chief."""

    def act(call: Call, version: int | None) -> Data:
        session.open_session(
            call.s, actor=call.person, meeting=id, now=call.now, expected_version=version
        )
        return {}

    return act_on(request, id, if_match, key, {}, act)


@router.post("/meetings/{id}/close", summary=N_("Close the meeting"), **ACT)
def close(request: Request, id: Id, if_match: IfMatch = None, key: Key = None) -> JSONResponse:
    """Items without a decision are left over for the next one."""

    def act(call: Call, version: int | None) -> Data:
        session.close(call.s, actor=call.person, meeting=id, now=call.now, expected_version=version)
        return {}

    return act_on(request, id, if_match, key, {}, act)


@router.post("/meetings/{id}/decisions", summary=N_("Record a decision"), **ACT)
def decide(
    request: Request, id: Id, body: MeetingDecisionBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """A decision of the kind task becomes one at once."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> Data:
        form = Decided(sent["kind"], sent["text"], sent["lead"], day(sent), sent.get("item"))
        made = tasks.decide(
            call.s, actor=call.person, meeting=id, form=form, now=call.now,
            expected_version=version,
        )  # fmt: skip
        return {"decision": made}

    return act_on(request, id, if_match, key, sent, act)


@router.post("/meetings/{id}/issues", summary=N_("Raise an issue in the meeting"), **ACT)
def raise_(
    request: Request, id: Id, body: MeetingRaisedBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """Reported with the meeting as its source; an item at once."""
    sent = plain(body)

    def act(call: Call, _version: int | None) -> Data:
        project = sent.get("project", "").strip()
        form = Report(
            sent["title"], sent["description"], sent["category"], project=project or None,
            board=sent.get("board") or None,
            no_project_reason="" if project else "调度会现场提出",
        )  # fmt: skip
        made = session.raise_issue(call.s, actor=call.person, meeting=id, form=form, now=call.now)
        return {"issue": made.issue_number}

    return act_on(request, id, if_match, key, sent, act)


@router.post("/meetings/{id}/minutes", summary=N_("Prepare the minutes"), **ACT)
def minutes(
    request: Request, id: Id, body: MeetingMinutesBody, if_match: IfMatch = None, key: Key = None
) -> JSONResponse:
    """From the record where words are left out; decisions are frozen from now on."""
    sent = plain(body)

    def act(call: Call, version: int | None) -> Data:
        words = papers.suggest_minutes(call.s, call.person, id)
        words |= {name: text for name, text in sent.items() if text is not None}
        made = papers.prepare_minutes(
            call.s, actor=call.person, meeting=id, now=call.now, expected_version=version, **words
        )
        return {"document": made.id}

    return act_on(request, id, if_match, key, sent, act)


@router.post(
    "/meeting-items/{id}/positions", summary=N_("What a unit has to say on an item"), **ACT
)
def speak(request: Request, id: Id, body: MeetingPositionBody, key: Key = None) -> JSONResponse:
    """By the unit's own liaison or leader, or taken down by the office."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            session.speak(
                call.s, actor=call.person, item=id, text=sent["text"],
                unit=sent.get("unit", ""), now=call.now,
            )  # fmt: skip
            found = store.find_item(call.s, call.person, id)
            row = store.find_meeting(call.s, call.person, found.meeting_id)
            return Answer(200, done(row, item=id), etag(row.version))

        return once(call, key, sent, produce)
