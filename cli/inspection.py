"""`xiaohao inspection`: plan, visit, note findings, make issues of them, close; samples."""

from __future__ import annotations

import secrets
from calendar import monthrange
from datetime import date
from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _
from config.inspections import KINDS, RULES

Data = dict[str, Any]


@group(N_("Inspections: plan, note findings, make issues of them, close."))
def inspection() -> None:
    """Inspections."""


@inspection.command("list", help=N_("List inspections."))
@option("--state", default="", help=N_("Only of this state."))
@reading
def list_(common: Common, state: str) -> None:
    """Those that the actor may know of, newest first."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.inspections.listing import listed
    from workflow.wording import word

    with session.reading(common) as call:
        found = listed(call.s, call.actor, state=state, limit=500)
    names = ("id", "number", "kind", "title", "state", "starts_on", "ends_on")
    rows: list[Data] = [{name: getattr(row, name) for name in names} for row in found]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("Id"), _("Number"), _("Kind"), _("Title"), _("State"), _("Days"))
    print_table(
        titles,
        [
            (r["id"], r["number"], word("inspection_kind", r["kind"]), r["title"],
             word("inspection_state", r["state"]), f"{r['starts_on']} – {r['ends_on']}")
            for r in rows
        ],
        _("No inspections."),
    )  # fmt: skip


@inspection.command("plan", help=N_("Plan an inspection."))
@click.argument("title", metavar="TITLE")
@option("--kind", type=click.Choice(KINDS), required=True, help=N_("Kind of inspection."))
@option("--on", "starts_on", metavar="DATE", required=True, help=N_("Its first day."))
@option("--until", "ends_on", metavar="DATE", help=N_("Its last day; the first by default."))
@option("--leader", default="", help=N_("Username of the leader."))
@option("--leader-name", default="", help=N_("A leader who has no account."))
@option("--member", "members", multiple=True, help=N_("Username of a member; may be repeated."))
@option("--purpose", default="", help=N_("What is looked at."))
@option("--quiet", "quiet", is_flag=True, help=N_("Do not tell the units beforehand."))
@option("--rule", type=click.Choice(RULES), default="named", help=N_("How sites are chosen."))
@option("--project", "projects", type=int, multiple=True, help=N_("Id of a site; in their order."))
@option("--board", default="", help=N_("Only projects of this town or street."))
@option("--stage", default="", help=N_("Only projects of this stage."))
@option("--days", type=int, help=N_("Days after which a project counts as not visited."))
@option("--size", type=int, help=N_("How many are drawn by lot."))
@reading
def plan(
    common: Common, title: str, kind: str, starts_on: str, ends_on: str | None, quiet: bool,
    members: tuple[str, ...], purpose: str, leader: str, leader_name: str, **choice: Any,
) -> None:  # fmt: skip
    """A new plan."""
    from cli.session import writing
    from projects.inspections import plan as planning
    from projects.inspections.choosing import Choice
    from workflow.typed import parse_date

    last = parse_date(ends_on, "ends_on") if ends_on else None
    form = planning.Plan(
        kind, title, parse_date(starts_on, "starts_on"), last, leader, leader_name, members,
        purpose, not quiet, Choice(**choice),
    )  # fmt: skip
    with writing(common) as call:
        made = planning.plan(call.s, actor=call.actor, form=form, now=call.now)
    _done(common, made, _("{number} was planned (id {id}).").format(number=made.number, id=made.id))


@inspection.command("note", help=N_("Note a finding."))
@click.argument("number", metavar="ID", type=int)
@option("--project", type=int, required=True, help=N_("Id of the site."))
@option("--title", required=True, help=N_("What was found."))
@option("--category", required=True, help=N_("Category of the issue it may become."))
@option("--detail", default="", help=N_("Details."))
@option("--urgent", is_flag=True, help=N_("It is urgent."))
@option("--token", default="", help=N_("The same token again is the same finding."))
@reading
def note(common: Common, number: int, token: str, **fields: Any) -> None:
    """One finding."""
    from cli.session import writing
    from projects.inspections import findings

    entry = findings.Noted(token=token or secrets.token_urlsafe(16), **fields)
    with writing(common) as call:
        made = findings.record(
            call.s, actor=call.actor, inspection=number, form=entry, now=call.now
        )
    _done(common, made, _("Finding {id} was noted.").format(id=made.id))


@inspection.command("issues", help=N_("Make issues of all open findings."))
@click.argument("number", metavar="ID", type=int)
@reading
def issues(common: Common, number: int) -> None:
    """Exit code 1 when one is refused; the others are made."""
    from cli.output import print_json, print_table
    from cli.session import writing
    from projects.inspections.issues import raise_issues

    with writing(common) as call:
        made = raise_issues(call.s, actor=call.actor, inspection=number, now=call.now)
    if common.as_json:
        print_json(made)
    else:
        rows = [(one.finding, one.issue, "; ".join(map(str, one.refused))) for one in made]
        print_table((_("Finding"), _("Issue"), _("Refused")), rows, _("No open findings."))
    if any(one.refused for one in made):
        raise click.exceptions.Exit(1)


@inspection.command("close", help=N_("Close an inspection and freeze its report."))
@click.argument("number", metavar="ID", type=int)
@option("--conclusion", required=True, help=N_("The conclusion of the report."))
@acting
def close(common: Common, number: int, conclusion: str) -> None:
    """With a conclusion."""
    from cli.session import writing
    from projects.inspections import steps

    with writing(common) as call:
        made = steps.close(
            call.s, actor=call.actor, inspection=number, conclusion=conclusion, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
    _done(common, made, _("{number} was closed.").format(number=made.number))


@inspection.command("report", help=N_("Write the report of an inspection to a file."))
@click.argument("number", metavar="ID", type=int)
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False))
@reading
def report(common: Common, number: int, path: str) -> None:
    """docx or pdf, by the file's name."""
    from pathlib import Path

    from cli import session
    from projects.inspections.paper import report_file

    with session.reading(common) as call:
        form = Path(path).suffix.removeprefix(".").lower()
        found = report_file(call.s, call.actor, number, form, call.now)
    Path(path).write_bytes(found.content)
    _done(
        common,
        {"file": path, "bytes": len(found.content)},
        _("{path} was written.").format(path=path),
    )


@inspection.command("redraw", help=N_("Draw the sites of an inspection again."))
@click.argument("number", metavar="ID", type=int)
@reading
def redraw(common: Common, number: int) -> None:
    """From the recorded seed; exit code 1 when the result is another one."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.inspections.found import find
    from projects.inspections.lots import draw
    from workflow.errors import GuardFailed, Reason

    with session.reading(common) as call:
        record = find(call.s, call.actor, number).draw
    if record.get("rule") != "lot":
        text = _("The sites of this inspection were not drawn by lot.")
        raise GuardFailed(Reason("no_lot", text, "inspection"))
    chances = draw(record["seed"], record["population"], record["size"])
    same = [one.id for one in chances if one.chosen] == record["chosen"]
    if common.as_json:
        print_json({"same": same, "seed": record["seed"], "drawn": chances})
    else:
        rows = [(one.id, f"{one.number:.8f}", one.chosen) for one in chances]
        print_table((_("Project"), _("Number drawn"), _("Chosen")), rows)
        click.echo(_("The result is the same.") if same else _("The result is another one."))
    if not same:
        raise click.exceptions.Exit(1)


@inspection.command("samples", help=N_("Draw the look-back sample of a month again."))
@click.argument("month", metavar="MONTH")
@reading
def samples(common: Common, month: str) -> None:
    """Exit code 1 when a result differs."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.access import require
    from projects.inspections.lookbacks import sample
    from projects.instructions.commands import GIVERS
    from workflow.typed import parse_date

    first = parse_date(f"{month}-01", "month")
    last = date(first.year, first.month, monthrange(first.year, first.month)[1])
    with session.reading(common) as call:
        require(call.actor, GIVERS)
        found = sample(call.s, call.actor, first, last)
    if common.as_json:
        print_json(found.rows)
    else:
        titles = (_("Issue"), _("Closed on"), _("Number drawn"), _("Share"), _("Look-back"))
        print_table(
            titles,
            [
                (r.issue, r.closed_on, f"{r.number:.8f}", r.share, _basis(r.basis))
                for r in found.rows
            ],
            _("No issue was closed in this month."),
        )
    if not all(row.agrees for row in found.rows):
        raise click.exceptions.Exit(1)


def _basis(basis: str) -> str:
    """Why a closure is looked back on, in words; nothing where it is not."""
    from workflow.wording import word

    if basis == "sample":
        return _("drawn by lot")
    return word("lookback_basis", basis) if basis else _("not drawn")


def _done(common: Common, data: Any, text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
