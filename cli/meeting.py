"""`xiaohao meeting`: dispatch meetings, from their plan to their pack."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from cli.meeting_decisions import decisions
from cli.meeting_kit import shown
from cli.meeting_papers import pack
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Dispatch meetings: plan, choose items, decide, close, pack."))
def meeting() -> None:
    """Meetings."""


@meeting.command("list", help=N_("List the meetings in your scope, the latest first."))
@option("--year", type=int, help=N_("Of this year only."))
@reading
def list_(common: Common, year: int | None) -> None:
    """With what each decided and how much of it is done."""
    from cli import session
    from projects.meetings import store

    with session.reading(common) as call:
        found = store.list_meetings(call.s, call.actor, year=year, limit=200)
        counts = store.counts(call.s, call.actor, [row.id for row in found])
        rows = [
            {
                "number": row.number,
                "starts_at": row.starts_at.astimezone(call.zone).isoformat(" ")[:16],
                "place": row.place,
                "state": row.state,
                **counts[row.id],
            }
            for row in found
        ]
    titles = (_("Number"), _("When"), _("Where"), _("State"), _("Agenda items"), _("Decisions"),
              _("carried out"))  # fmt: skip
    shown(common, rows, titles, _("No meeting has been planned yet."))


@meeting.command("plan", help=N_("Plan a meeting; by default on the next day of the rule."))
@option("--when", metavar="TIME", help=N_("When it begins."))
@option("--place", required=True, help=N_("Where it is held."))
@option("--chair", required=True, metavar="USERNAME", help=N_("Who chairs it."))
@option("--unit", "units", multiple=True, metavar="CODE", help=N_("A unit invited; may repeat."))
@reading
def plan(common: Common, when: str | None, place: str, chair: str, units: tuple[str, ...]) -> None:
    """It takes the next number of its year."""
    from cli.session import writing
    from projects.meetings import planning

    with writing(common) as call:
        starts_at = call.moment(when, "starts_at") if when else planning.suggested(call.s, call.now)
        form = planning.Invitation(starts_at, place, chair, units)
        row = planning.plan(call.s, actor=call.actor, form=form, now=call.now)
    _done(common, row, _("Meeting {number} is planned.").format(number=row.number))


def _done(common: Common, row: Any, text: str, **more: Any) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json({"number": row.number, "state": row.state, "version": row.version, **more})
    else:
        click.echo(text)


@meeting.command("candidates", help=N_("List the issues that the rules propose, with reasons."))
@click.argument("number", metavar="NUMBER")
@reading
def candidates(common: Common, number: str) -> None:
    """For who sees every issue."""
    from cli import session
    from projects.meetings import store
    from projects.meetings.candidates import candidates as select
    from projects.meetings.candidates import reason_text

    with session.reading(common) as call:
        row = store.by_number(call.s, call.actor, number)
        rows = [
            {
                "issue": one.issue.number,
                "title": one.issue.title,
                "reasons": [reason_text(reason) for reason in one.reasons],
                "state": one.state,
                "note": one.note,
            }
            for one in select(call.s, call.actor, row, call.now)
        ]
    titles = (_("Issue"), _("Title"), _("Why"), _("State"), _("Note"))
    shown(common, rows, titles, _("No rule proposes an issue at present."))


@meeting.command("agenda", help=N_("Show the agenda; pick, leave out, or fix it."))
@click.argument("number", metavar="NUMBER")
@option("--pick", "picked", multiple=True, metavar="ISSUE", help=N_("Pick an issue; may repeat."))
@option("--drop", "dropped", metavar="ISSUE", help=N_("Leave an issue out."))
@option("--reason", default="", help=N_("Why it is left out."))
@option("--fix", is_flag=True, help=N_("Fix the agenda and call the units."))
@acting
def agenda(
    common: Common, number: str, picked: tuple[str, ...], dropped: str | None, reason: str,
    fix: bool,
) -> None:  # fmt: skip
    """First what became of the last decisions, then the items."""
    from cli.session import writing

    with writing(common) as call:
        _change_agenda(call, common, number, picked, dropped, reason, fix)
        rows = _agenda_rows(call, number)
    titles = (_("Part"), _("Issue"), _("Text"), _("Unit"), _("How far"))
    shown(common, rows, titles, _("The agenda is empty."))


def _change_agenda(
    call: Any, common: Common, number: str, picked: tuple[str, ...], dropped: str | None,
    reason: str, fix: bool,
) -> None:  # fmt: skip
    from projects.meetings import agenda as acts
    from projects.meetings import store

    row = store.by_number(call.s, call.actor, number)
    about: dict[str, Any] = {"actor": call.actor, "meeting": row.id, "now": call.now}
    first: dict[str, Any] = {"expected_version": common.expected_version}
    for issue in picked:
        acts.pick(call.s, issue=issue, **about, **first)
        first = {}
    if dropped:
        acts.drop(call.s, issue=dropped, reason=reason, **about, **first)
        first = {}
    if fix:
        acts.fix(call.s, **about, **first)


def _agenda_rows(call: Any, number: str) -> list[dict[str, Any]]:
    from projects.meetings import followup, store

    row = store.by_number(call.s, call.actor, number)
    people = _people(call)
    followed = followup.follow_up(call.s, call.actor, row, call.now)
    rows = [
        {"part": "follow_up", "issue": one.row.issue_number, "text": one.row.text,
         "unit": people.unit_name(one.row.lead_unit_id), "status": one.word}
        for one in followed
    ]  # fmt: skip
    return rows + [
        {"part": "item", "issue": item.issue_number, "text": item.issue_title, "unit": "",
         "status": item.outcome}
        for item in store.items_of(call.s, call.actor, row.id)
    ]  # fmt: skip


def _people(call: Any) -> Any:
    from workflow.context import context

    return context(call.s).directory


@meeting.command("change", help=N_("Move a meeting that has not begun, or change who attends."))
@click.argument("number", metavar="NUMBER")
@option("--when", metavar="TIME", help=N_("When it begins."))
@option("--place", metavar="PLACE", help=N_("Where it is held."))
@option("--chair", metavar="USERNAME", help=N_("Who chairs it."))
@option("--unit", "units", multiple=True, metavar="CODE", help=N_("A unit invited; may repeat."))
@acting
def change(
    common: Common, number: str, when: str | None, place: str | None, chair: str | None,
    units: tuple[str, ...],
) -> None:  # fmt: skip
    """What is not given stays; where the agenda stands, units are called again."""
    from cli.session import writing
    from projects.meetings import moving, planning, store

    with writing(common) as call:
        row = store.by_number(call.s, call.actor, number)
        people = _people(call)
        invited = [people.units[u.unit_id].code for u in store.units_of(call.s, [row.id])[row.id]]
        form = planning.Invitation(
            call.moment(when, "starts_at") if when else row.starts_at, place or row.place,
            chair or people.people[row.chair_id].username, units or invited,
        )  # fmt: skip
        row = moving.change(
            call.s, actor=call.actor, meeting=row.id, form=form, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
    _done(common, row, _("The meeting was changed."))


@meeting.command("call-off", help=N_("Call a meeting off before it begins."))
@click.argument("number", metavar="NUMBER")
@option("--reason", required=True, help=N_("Why; everybody who attends is told."))
@acting
def call_off(common: Common, number: str, reason: str) -> None:
    """Its number stays; its items are candidates of the next meeting."""
    from cli.session import writing
    from projects.meetings import moving, store

    with writing(common) as call:
        row = store.by_number(call.s, call.actor, number)
        row = moving.call_off(
            call.s, actor=call.actor, meeting=row.id, reason=reason, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
    _done(common, row, _("The meeting is called off; everybody who attends has been told."))


@meeting.command("open", help=N_("Open the meeting."))
@click.argument("number", metavar="NUMBER")
@acting
def open_(common: Common, number: str) -> None:
    """By the office chief."""
    _session(common, number, "open_session", _("The meeting is open."))


@meeting.command("close", help=N_("Close the meeting; what was not decided is left over."))
@click.argument("number", metavar="NUMBER")
@acting
def close(common: Common, number: str) -> None:
    """By the office chief."""
    _session(common, number, "close", _("The meeting is closed. Next: prepare the minutes."))


def _session(common: Common, number: str, name: str, text: str) -> None:
    from cli.session import writing
    from projects.meetings import session, store

    with writing(common) as call:
        row = store.by_number(call.s, call.actor, number)
        row = getattr(session, name)(
            call.s, actor=call.actor, meeting=row.id, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
    _done(common, row, text)


@meeting.command("decide", help=N_("Record a decision; one of the kind task becomes it at once."))
@click.argument("number", metavar="NUMBER")
@option("--kind", type=click.Choice(["task", "ask", "follow", "city"]), default="task",
        help=N_("What becomes of it."))  # fmt: skip
@option("--text", required=True, help=N_("The decision, or the question."))
@option("--lead", required=True, metavar="CODE", help=N_("The responsible unit."))
@option("--due", metavar="DATE", help=N_("By when."))
@option("--issue", metavar="ISSUE", help=N_("The item that it is about."))
@acting
def decide(
    common: Common, number: str, kind: str, text: str, lead: str, due: str | None,
    issue: str | None,
) -> None:  # fmt: skip
    """By the office chief, in the meeting."""
    from cli.session import writing
    from projects.meetings import store, tasks
    from projects.meetings.decisions import Decided
    from workflow.typed import parse_date

    with writing(common) as call:
        row = store.by_number(call.s, call.actor, number)
        form = Decided(
            kind, text, lead, parse_date(due, "due") if due else None, _item(call, row, issue)
        )
        made = tasks.decide(
            call.s, actor=call.actor, meeting=row.id, form=form, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
        row = store.by_number(call.s, call.actor, number)
    _done(common, row, _("Decision {n} is recorded.").format(n=made), decision=made)


def _item(call: Any, row: Any, issue: str | None) -> int | None:
    from projects.meetings import store
    from workflow.case import not_visible

    if issue is None:
        return None
    for item in store.items_of(call.s, call.actor, row.id):
        if item.issue_number == issue:
            return int(item.id)
    raise not_visible(issue)


for _one in (decisions, pack):
    meeting.add_command(_one)
