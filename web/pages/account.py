"""我的账户: who I am, absence, password, sessions, tokens, calendar feed. Everybody's own only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.i18n import normalise
from config.settings import settings
from models.directory import PersonInfo
from web.call import Call, database, reading, settings_of, writing
from web.faults import forbidden
from web.forms import check_csrf, kept, posted, text, texts
from web.late import LateRoute
from web.middleware import LANGUAGE_COOKIE
from web.navigation import sees_business
from web.pages.admin.forms import FRESH, Box, Form, Typed, build, number
from web.shown_once import forget, led_on, waiting
from web.templating import page, url
from workflow import channel_choice, organisation, person_changes
from workflow.accounts import feeds, sessions, tokens
from workflow.accounts.change import change_password
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.typed import parse_moment
from workflow.wording import unit_name, word

router = APIRouter(route_class=LateRoute)
PATH = "/account"


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """Everything about oneself; a new token or feed address is shown this one time."""
    with reading(request) as call:
        made = {kind: waiting(request, kind) for kind in ("token", "feed")}
        answer = account(call, token=made["token"], feed=made["feed"])
    forget(request, answer)
    return answer


def account(call: Call, typed: Typed = FRESH, *, token: str = "", feed: str = "") -> HTMLResponse:
    """The page, with what is shown once."""
    person = call.person
    return page(
        call,
        "account.html",
        typed.status,
        forms={"away": _away(call, typed), "token": _token(typed)},
        language_form=_language(person, typed),
        channels=channel_choice.choices(call.s, person),
        channel_reasons=typed.general("channels", []),
        deputy=call.directory.person_name(person.deputy_id),
        sessions=sessions.own(call.s, person, call.now),
        current=call.request.state.session.id,
        tokens=tokens.listed(call.s, username=person.username, actor=person),
        feed=feeds.current(call.s, person) if sees_business(person) else None,
        has_feed=sees_business(person),
        new_token=token,
        new_feed=feed,
        reasons=typed.general("own", []),
        scopes=_scopes(typed),
        done=call.request.query_params.get("done", ""),
    )


def _away(call: Call, typed: Typed) -> Form:
    person, zone = call.person, call.zone

    def shown(moment: Any) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" if moment is not None else ""

    colleagues = [
        (p.username, f"{p.name} · {unit_name(call.directory, p.unit_id)}")
        for p in call.directory.people.values()
        if p.active and p.id != person.id and p.unit_id == person.unit_id
    ]
    deputy = call.directory.people.get(person.deputy_id or 0)
    boxes = [
        Box("since", _("Absent from"), shown(person.away_from), type="datetime-local",
            optional=True, help=_("Empty: you are back.")),
        Box("until", _("Until"), shown(person.away_until), type="datetime-local", optional=True),
        Box("deputy", _("Who stands in for you"), deputy.username if deputy else "",
            optional=True, options=colleagues,
            help=_("Notices go to your deputy meanwhile; your rights do not.")),
    ]  # fmt: skip
    return build("away", f"{PATH}/away", _("Record the absence"), boxes, typed)


def _language(person: PersonInfo, typed: Typed) -> Form:
    names = [("zh_CN", "中文"), ("en", "English")]
    box = Box("lang", _("Language of pages and notices"), person.language, options=names)
    return build("language", f"{PATH}/language", _("Save"), [box], typed)


def _token(typed: Typed) -> Form:
    most = settings().token_max_days
    boxes = [
        Box("name", _("What it is for"), help=_("e.g. the name of the program")),
        Box("days", _("Days until it ends"), str(min(90, most)), type="number",
            help=_("At most {n}.").format(n=most)),
    ]  # fmt: skip
    return build("token", f"{PATH}/tokens", _("Make a token"), boxes, typed)


def _scopes(typed: Typed) -> list[tuple[str, str, bool]]:
    chosen = typed.of("token").get("scopes", "read")
    return [(name, word("scope", name), name in chosen) for name in tokens.SCOPES]


def _own(
    request: Request,
    sent: FormData,
    form: str,
    act: Callable[[Call], Any],
    done: str,
) -> Response:
    """One change of one's own; refusals show the page again."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            act(call)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return account(call, Typed(form, kept(sent), error))
    return RedirectResponse(url(PATH, done=done), status_code=303)


@router.post(PATH + "/away")
def away(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Record one's own absence, or that one is back."""

    def act(call: Call) -> None:
        organisation.away(
            call.s, username=call.person.username, deputy=text(sent, "deputy") or None,
            since=_moment(call, sent, "since", "00:00"),
            until=_moment(call, sent, "until", "23:59"), actor=call.person, now=call.now,
        )  # fmt: skip

    return _own(request, sent, "away", act, "away")


def _moment(call: Call, sent: FormData, name: str, day_end: str) -> Any:
    given = text(sent, name).strip()
    return parse_moment(given, call.zone, name, day_end) if given else None


@router.post(PATH + "/language")
def language(request: Request, sent: FormData = Depends(posted)) -> Response:
    """The language of one's notices, and of this browser."""
    chosen = text(sent, "lang")

    def act(call: Call) -> None:
        person_changes.set_language(call.s, language=chosen, actor=call.person, now=call.now)

    answer = _own(request, sent, "language", act, "language")
    if answer.status_code == 303 and normalise(chosen):
        answer.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=365 * 24 * 3600, httponly=True, samesite="lax",
            secure=settings_of(request).base_url.startswith("https:"), path="/",
        )  # fmt: skip
    return answer


@router.post(PATH + "/channels")
def channels(request: Request, sent: FormData = Depends(posted)) -> Response:
    """通知方式: the channels that one's own notices take, as far as the policy leaves a choice."""

    def act(call: Call) -> None:
        channel_choice.choose(
            call.s, wanted=texts(sent, "channels"), actor=call.person, now=call.now
        )

    return _own(request, sent, "channels", act, "channels")


@router.post(PATH + "/sessions")
def end_session(request: Request, sent: FormData = Depends(posted)) -> Response:
    """End one of one's own sessions; of another's nothing is said."""

    def act(call: Call) -> None:
        chosen = number(text(sent, "session")) or 0
        mine = {info.id for info in sessions.own(call.s, call.person, call.now)}
        if chosen in mine:  # a security administrator ends others' on the page of the person
            sessions.end_one(call.s, session_id=chosen, actor=call.person, now=call.now)

    return _own(request, sent, "own", act, "sessions_ended")


@router.post(PATH + "/tokens")
def make_token(request: Request, sent: FormData = Depends(posted)) -> Response:
    """A new token of one's own. Its text is shown on the page that follows and kept nowhere."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            made = tokens.create(
                call.s, person=call.person, actor=call.person, name=text(sent, "name"),
                scopes=texts(sent, "scopes"), days=number(text(sent, "days")) or 0, now=call.now,
            )  # fmt: skip
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return account(call, Typed("token", kept(sent), error))
    return led_on(request, PATH, "token", made.text)


@router.post(PATH + "/tokens/revoke")
def revoke_token(request: Request, sent: FormData = Depends(posted)) -> Response:
    """End one of one's own tokens."""

    def act(call: Call) -> None:
        chosen = number(text(sent, "token")) or 0
        tokens.revoke(call.s, token_id=chosen, actor=call.person, now=call.now)

    return _own(request, sent, "own", act, "token_revoked")


@router.post(PATH + "/feed")
def make_feed(request: Request, sent: FormData = Depends(posted)) -> Response:
    """A new address of one's deadlines, shown on the next page; the former stops working."""
    with writing(request) as call:
        check_csrf(call, sent)
        if not sees_business(call.person):
            raise forbidden(_("There are no deadlines in an administrator's calendar."))
        secret = feeds.create(call.s, actor=call.person, now=call.now)
    address = f"{settings_of(request).base_url.rstrip('/')}/feeds/{secret}.ics"
    return led_on(request, PATH, "feed", address)


@router.post(PATH + "/feed/revoke")
def revoke_feed(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Stop one's feed."""

    def act(call: Call) -> None:
        feeds.revoke(call.s, actor=call.person, now=call.now)

    return _own(request, sent, "own", act, "feed_revoked")


@router.get(PATH + "/password")
def password_form(request: Request) -> HTMLResponse:
    """The form; the only page for whoever must change an initial or outdated password."""
    with reading(request, may_be_stale=True) as call:
        return _password(call, FRESH)


def _password(call: Call, typed: Typed) -> HTMLResponse:
    boxes = [
        Box("old_password", _("Present password"), type="password"),
        Box("new_password", _("New password"), type="password",
            help=_("At least 10 characters of 3 kinds: small letters, capitals, digits, others.")),
        Box("repeated", _("New password again"), type="password"),
    ]  # fmt: skip
    form = build("password", f"{PATH}/password", _("Change the password"), boxes, typed)
    for one in form.inputs:  # what was typed into these is never sent back
        one.value = ""
    forced = call.request.state.session.must_change
    return page(call, "account_password.html", typed.status, form=form, forced=forced)


@router.post(PATH + "/password")
def password(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Change it; hashing happens between two short transactions."""
    with reading(request, may_be_stale=True) as call:
        check_csrf(call, sent)
        person, now = call.person, call.now
    try:
        _refuse_different(sent)
        change_password(
            database(request), person=person, old=text(sent, "old_password"),
            new=text(sent, "new_password"), now=now, keep_session=request.state.session.id,
        )  # fmt: skip
    except WorkflowError as error:
        with reading(request, may_be_stale=True) as call:
            return _password(call, Typed("password", {}, error))
    return RedirectResponse(url(PATH, done="password"), status_code=303)


def _refuse_different(sent: FormData) -> None:
    if text(sent, "new_password") != text(sent, "repeated"):
        message = _("The two new passwords differ.")
        raise Malformed(Reason("password_differs", message, "repeated", _("Type them again.")))
