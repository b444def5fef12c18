"""`xiaohao demand` and `xiaohao search`: demands of enterprises, and the index of like ones."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, acting, group, option, reading, using_database
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Demands of enterprises: take up, link, answer, decline."))
def demand() -> None:
    """Demands."""


@demand.command("list", help=N_("List demands."))
@option("--view", default="", help=N_("waiting, late, running, answered, disputed, ended ..."))
@option("--board", default="", help=N_("A town or street, by code or name."))
@option("--category", default="", help=N_("Name of a category."))
@option("--month", default="", metavar="YYYY-MM", help=N_("Month of receipt."))
@option("--text", default="", help=N_("Words in number, enterprise, text or project."))
@option("--limit", type=click.IntRange(1, 500), default=50, help=N_("How many at most."))
@reading
def list_(common: Common, board: str, limit: int, **wanted: str) -> None:
    """Within the actor's scope; what waits for the office comes first."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.demands import listing
    from projects.demands.base import headline
    from projects.demands.words import state_word
    from workflow.context import context

    _settle(common)
    with session.reading(common) as call:
        people = context(call.s).directory
        chosen = listing.Wanted(board_id=_board(people, board), **_checked(wanted))
        rows, total = listing.listed(call.s, call.actor, chosen, call.now, size=limit)
        found = [
            {
                "number": row.number, "state": row.state, "enterprise": row.enterprise,
                "text": headline(row), "board": people.unit_name(row.board_id),
                "category": row.category, "received": row.received_at,
                "take_up_due": row.take_up_due_at, "issue": row.issue_number,
                "repeat": row.repeat,
            }
            for row in rows
        ]  # fmt: skip
    if common.as_json:
        print_json({"total": total, "items": found})
        return
    shown = ("enterprise", "text", "board", "issue")
    print_table(
        (_("Demand"), _("State"), _("Enterprise"), _("Text"), _("Town or street"), _("Issue")),
        [
            (one["number"], state_word(one["state"]), *(one[name] for name in shown))
            for one in found
        ],
        _("No demand matches."),
    )  # fmt: skip


@demand.command("show", help=N_("One demand, what is like it, and what is proposed."))
@click.argument("number", metavar="DEMAND")
@reading
def show(common: Common, number: str) -> None:
    """Facts, history, proposals."""
    from cli import session
    from cli.output import print_json
    from projects.demands.case import demand_case

    _settle(common)
    with session.reading(common) as call:
        found = demand_case(call.s, call.actor, number)
    if common.as_json:
        print_json(found)
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: dict[str, Any]) -> list[str]:
    from projects.demands.words import event_word, state_word

    lines = [
        f"{found['number']}  {state_word(found['state'])}  {found['enterprise']}",
        found["text"],
    ]
    lines += [f"  {_('Issue')}: {found['issue']}"] if found["issue"] else []
    lines += [f"  {_('Told to the enterprise')}: {found['answer']}"] if found["answer"] else []
    lines += (
        [f"  {_('Result told to the enterprise')}: {found['result']}"] if found["result"] else []
    )
    proposed, like = _("Proposed category and unit"), _("Like issues and demands")
    for one in found["suggestions"]:
        why = "、".join((*one["words"], *one["past"]))
        said = f"{one['category']} → {one['unit']} {one['share']:.0%} ({why})"
        lines.append(f"  {proposed}: {said}")
    for one in found["like"]:
        lines.append(f"  {like}: {one['number']} {one['title']} {one['score']:.0%}")
    for one in reversed(found["history"]):
        lines.append(f"  {one['at']}  {event_word(one['tag'])}  {one['actor']}")
    return lines


@demand.command("take-up", help=N_("Raise the issue that a demand is about."))
@click.argument("number", metavar="DEMAND")
@option("--category", required=True, help=N_("Name of a category."))
@option("--title", default="", help=N_("Title of the issue; the text's beginning by default."))
@option("--board", default="", help=N_("A town or street, by code or name."))
@option("--project", default="", help=N_("A project's name as it stands in the library."))
@option("--urgent", is_flag=True, default=None, help=N_("Whether it is urgent."))
@acting
def take_up(common: Common, number: str, **fields: Any) -> None:
    """Into the closed loop."""
    from projects.demands import deciding

    _act(common, number, deciding.take_up, form=deciding.TakeUp(**fields))


@demand.command("link", help=N_("Link a repeat to the issue that is there already."))
@click.argument("number", metavar="DEMAND")
@click.argument("issue", metavar="ISSUE")
@acting
def link(common: Common, number: str, issue: str) -> None:
    """A repeat is counted."""
    from projects.demands import deciding

    _act(common, number, deciding.link, issue=issue)


@demand.command("answer", help=N_("Answer the enterprise directly; it reads this very text."))
@click.argument("number", metavar="DEMAND")
@option("--text", required=True, help=N_("The answer."))
@option("--category", default="", help=N_("Name of a category."))
@acting
def answer(common: Common, number: str, text: str, category: str) -> None:
    """Without an issue."""
    from projects.demands import deciding

    _act(common, number, deciding.answer, text=text, category=category)


@demand.command("result", help=N_("Tell the enterprise the result of its closed issue."))
@click.argument("number", metavar="DEMAND")
@option("--text", required=True, help=N_("What the enterprise reads."))
@acting
def result(common: Common, number: str, text: str) -> None:
    """Until it has judged."""
    from projects.demands import telling_result

    _act(common, number, telling_result.tell_result, text=text)


@demand.command("decline", help=N_("Decline a demand; the enterprise reads the reason."))
@click.argument("number", metavar="DEMAND")
@option("--reason", required=True, help=N_("Why."))
@acting
def decline(common: Common, number: str, reason: str) -> None:
    """不予受理."""
    from projects.demands import deciding

    _act(common, number, deciding.decline, reason=reason)


@demand.command("address", help=N_("Make a new secret address; the former stops working."))
@click.argument("number", metavar="DEMAND")
@acting
def address(common: Common, number: str) -> None:
    """Shown once."""
    from projects.demands import deciding

    _act(common, number, deciding.reissue_link)


@group(N_("The index of like issues and demands."))
def search() -> None:
    """Full-text search."""


@search.command("rebuild", help=N_("Put every text into the index anew."))
@using_database
def rebuild(common: Common) -> None:
    """In one transaction."""
    from cli.output import print_json
    from cli.session import writing
    from projects.search.catching_up import rebuild as anew

    with writing(common) as call:
        n = anew(call.s, call.now)
    if common.as_json:
        print_json({"texts": n})
    else:
        click.echo(_("{n} texts are in the index.").format(n=n))


def _settle(common: Common) -> None:
    """Let demands follow their issues, as the desk does, unless the database is busy."""
    from sqlalchemy.exc import SQLAlchemyError

    from cli import session
    from projects.demands import settling

    with session.reading(common) as call:
        now, pending = call.now, call.person is not None and settling.pending(call.s)
    if not pending:
        return
    with session.opened(common.db_url) as db:
        try:
            with db.write_unless_busy() as s:
                settling.settle(s, now)
        except SQLAlchemyError:
            return


def _act(common: Common, number: str, command: Any, **fields: Any) -> None:
    from cli.output import print_json
    from cli.session import writing
    from config.settings import settings
    from projects.demands.words import state_word

    with writing(common) as call:
        done = command(
            call.s, actor=call.actor, demand=number, now=call.now,
            expected_version=common.expected_version, **fields,
        )  # fmt: skip
    where = f"{settings().base_url.rstrip('/')}/enterprise/{done.secret}" if done.secret else ""
    if common.as_json:
        facts = {"number": done.number, "state": done.state, "version": done.version}
        print_json(facts | {"issue": done.issue, "address": where})
        return
    text = _("{number}: {state}.").format(number=done.number, state=state_word(done.state))
    click.echo(" ".join(filter(None, (text, done.issue, where))))


def _board(people: Any, text: str) -> int | None:
    from workflow.errors import Malformed, Reason

    if not text:
        return None
    unit = people.find_unit(text)
    if unit is None or not unit.is_board:
        message = _("Unknown town or street {name}.").format(name=text)
        remedy = _("Use the code or full name of a town or street.")
        raise Malformed(Reason("board_unknown", message, "board", remedy))
    return int(unit.id)


def _checked(wanted: dict[str, str]) -> dict[str, str]:
    import re

    from projects.demands.listing import VIEWS
    from workflow.errors import Malformed, Reason

    if wanted["view"] and wanted["view"] not in VIEWS:
        message = _("Unknown list {name}.").format(name=wanted["view"])
        remedy = _("Use one of: {names}.").format(names=", ".join(VIEWS))
        raise Malformed(Reason("view_unknown", message, "view", remedy))
    if wanted["month"] and not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", wanted["month"]):
        message = _("{value} is no month.").format(value=wanted["month"])
        raise Malformed(Reason("month_malformed", message, "month", _("Write it as 2026-09.")))
    return wanted
