"""`xiaohao request`: what a unit may ask for on a task."""

from __future__ import annotations

from typing import Any

import click

from cli.build import NEW_DUE, REASON, REVIEW_ON, Field, loop_command
from cli.kit import Common, acting, group, option
from config.i18n import N_

KINDS = ("return", "extension", "park", "adjust")


@group(N_("Ask for return, extension, parking, change."))
def request() -> None:
    """Requests on a task."""


_BASIS = Field("basis", N_("Legal or duty basis of the objection."))
_PROGRESS = Field("progress", N_("What has been done so far."))


@request.command("return", help=N_("Say that the task is not the unit's own."))
@click.argument("number", metavar="NUMBER")
@option("--reason", default="", help=N_("Why."))
@option("--basis", default="", help=_BASIS.help)
@option("--suggest", "suggested_unit", help=N_("The unit whose task it is, by code or name."))
@acting
def return_(common: Common, number: str, **fields: Any) -> None:
    """退单."""
    from cli.perform import perform
    from workflow.commands import requests

    perform(
        common,
        lambda call: requests.request_return(
            call.s,
            actor=call.actor,
            task=number,
            now=call.now,
            expected_version=common.expected_version,
            **fields,
        ),
    )


@request.command("adjust", help=N_("Ask to change one of the four fields."))
@click.argument("number", metavar="NUMBER")
@option("--problem", help=N_("New problem statement."))
@option("--measures", help=N_("New measures."))
@option("--lead", "lead_unit", help=N_("New lead unit, by code or name."))
@option("--due", help=NEW_DUE.help)
@option("--reason", default="", help=N_("Why."))
@acting
def adjust(common: Common, number: str, due: str | None, reason: str, **fields: Any) -> None:
    """A change of problem, measures, unit or deadline."""
    from cli.perform import perform
    from cli.session import Call, given
    from workflow.commands import requests
    from workflow.commands.base import Outcome

    def act(call: Call) -> Outcome:
        changes = given(**fields) | ({"due": call.moment(due, "deadline")} if due else {})
        return requests.request_adjustment(
            call.s,
            actor=call.actor,
            task=number,
            changes=changes,
            reason=reason,
            now=call.now,
            expected_version=common.expected_version,
        )

    perform(common, act)


@request.command("withdraw", help=N_("Take back the unit's own request."))
@click.argument("number", metavar="NUMBER")
@option("--kind", type=click.Choice(KINDS), required=True, help=N_("Kind of the request."))
@acting
def withdraw(common: Common, number: str, kind: str) -> None:
    """End one's own request before the ruling."""
    from cli.perform import perform
    from workflow.commands import requests

    perform(
        common,
        lambda call: requests.withdraw_request(
            call.s,
            actor=call.actor,
            task=number,
            kind=kind,
            now=call.now,
            expected_version=common.expected_version,
        ),
    )


loop_command(
    request,
    "extension",
    N_("Ask for a later deadline."),
    "requests:request_extension",
    "task",
    NEW_DUE,
    REASON,
    _PROGRESS,
)
loop_command(
    request,
    "park",
    N_("Say that it cannot be solved now."),
    "requests:request_park",
    "task",
    REASON,
    REVIEW_ON,
)
