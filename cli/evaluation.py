"""`xiaohao evaluation`: evaluations of projects a year in production, and commitments."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, acting, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _
from config.inspections import OPERATORS

_ID = click.argument("number", metavar="ID", type=int)


@group(N_("Evaluations a year after the start of production, and commitments."))
def evaluation() -> None:
    """Evaluations."""


@evaluation.command("list", help=N_("List evaluations."))
@option("--state", default="", help=N_("Only of this state."))
@reading
def list_(common: Common, state: str) -> None:
    """Of the projects that the actor knows, newest first."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.evaluations.found import listed
    from workflow.wording import word

    with session.reading(common) as call:
        found = listed(call.s, call.actor, state=state, limit=500)
    names = ("id", "project", "state", "production_on", "due_on", "limit_at", "grade")
    rows: list[dict[str, Any]] = [{name: getattr(row, name) for name in names} for row in found]
    if common.as_json:
        print_json(rows)
        return
    print_table(
        (_("Id"), _("Project"), _("In production since"), _("State"), _("Grade")),
        [
            (r["id"], r["project"], r["production_on"],
             word("evaluation_state", r["state"]), r["grade"])
            for r in rows
        ],
        _("No evaluations."),
    )  # fmt: skip


@evaluation.command("figures", help=N_("Hand in the figures of an evaluation."))
@_ID
@option("--value", "values", multiple=True, metavar="CODE=NUMBER", help=N_("A figure."))
@option("--note", "notes", multiple=True, metavar="CODE=TEXT", help=N_("Why there is none."))
@option("--layout", default="", help=N_("Layout of industry."))
@option("--driving", default="", help=N_("What it drives along."))
@option("--innovation", default="", help=N_("Innovation."))
@acting
def figures(
    common: Common, number: int, values: tuple[str, ...], notes: tuple[str, ...], **words: str
) -> None:
    """For who answers for the project."""
    from cli.session import writing
    from projects.evaluations import commands

    form = commands.Answer(_pairs(values), _pairs(notes), **words)
    with writing(common) as call:
        made = commands.answer(
            call.s, actor=call.actor, evaluation=number, form=form, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
    _done(common, made, _("The figures were handed in."))


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        code, sign, text = one.partition("=")
        if not sign:
            raise click.UsageError(_("{text} is not of the form CODE=VALUE.").format(text=one))
        found[code.strip()] = text
    return found


@evaluation.command("return", help=N_("Send the figures back."))
@_ID
@option("--reason", required=True, help=N_("Why."))
@acting
def return_(common: Common, number: int, reason: str) -> None:
    """For the office."""
    from cli.session import writing
    from projects.evaluations import commands

    with writing(common) as call:
        made = commands.send_back(
            call.s, actor=call.actor, evaluation=number, reason=reason, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
    _done(common, made, _("The figures went back for correction."))


@evaluation.command("grade", help=N_("Give the grade."))
@_ID
@click.argument("grade", metavar="GRADE")
@option("--opinion", default="", help=N_("Needed where the grade is not the suggested one."))
@acting
def grade(common: Common, number: int, grade: str, opinion: str) -> None:
    """For the office chief or the deputy director."""
    from cli.session import writing
    from projects.evaluations import commands

    with writing(common) as call:
        made = commands.grade(
            call.s, actor=call.actor, evaluation=number, grade=grade, opinion=opinion,
            now=call.now, expected_version=common.expected_version,
        )  # fmt: skip
    _done(common, made, _("The grade is given, and the project is tagged with it."))


@evaluation.command("commit", help=N_("Attach a commitment to a project."))
@click.argument("project", metavar="PROJECT", type=int)
@option("--indicator", default="", help=N_("Code of an indicator of the rules."))
@option("--name", default="", help=N_("Name of another figure."))
@option("--unit", default="", help=N_("Unit of another figure."))
@option("--op", type=click.Choice(OPERATORS), default=">=", help=N_("Comparison."))
@option("--value", required=True, help=N_("The promised figure."))
@option("--by", "by", metavar="DATE", help=N_("By when."))
@option("--agreement", default="", help=N_("The agreement it stands in."))
@reading
def commit(common: Common, project: int, by: str | None, **fields: str) -> None:
    """For the office."""
    from cli.session import writing
    from projects.evaluations import commitments
    from workflow.typed import parse_date

    form = commitments.Pledge(by_on=parse_date(by, "by_on") if by else None, **fields)
    with writing(common) as call:
        made = commitments.attach(
            call.s, actor=call.actor, project=project, form=form, now=call.now
        )
    _done(common, made, _("The commitment is attached."))


@evaluation.command("commitments", help=N_("List the commitments of a project."))
@click.argument("project", metavar="PROJECT", type=int)
@reading
def commitments_(common: Common, project: int) -> None:
    """With what was promised and what came of it."""
    from cli import session
    from cli.output import print_json, print_table
    from projects.access import find_project
    from projects.evaluations.found import commitments
    from projects.evaluations.numbers import plain
    from workflow.wording import word

    with session.reading(common) as call:
        find_project(call.s, call.actor, project)
        found = commitments(call.s, project)
    rows: list[dict[str, Any]] = [
        {"id": r.id, "name": r.name, "op": r.op, "value": plain(r.value), "unit": r.unit,
         "figure": plain(r.figure), "result": r.result, "active": r.active}
        for r in found
    ]  # fmt: skip
    if common.as_json:
        print_json(rows)
        return
    print_table(
        (_("Id"), _("Commitment"), _("Promised"), _("Reached"), _("Result")),
        [
            (r["id"], r["name"], f"{word('operator', r['op'])} {r['value']} {r['unit']}",
             r["figure"], word("commitment_result", r["result"]))
            for r in rows
        ],
    )  # fmt: skip


def _done(common: Common, data: Any, text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
