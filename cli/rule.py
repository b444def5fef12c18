"""`xiaohao rule`: rulings on requests."""

from __future__ import annotations

from typing import Any

import click

from cli.build import NEW_DUE
from cli.kit import Command, Common, acting, group, option
from config.i18n import N_


@group(N_("Rule on requests."))
def rule() -> None:
    """Rulings."""


@rule.command("return", help=N_("Uphold the assignment, or move the task to another unit."))
@click.argument("number", metavar="NUMBER")
@option("--reassign-to", help=N_("The unit that gets it, by code or name."))
@option("--uphold", is_flag=True, help=N_("The unit keeps it; that is final."))
@option("--opinion", default="", help=N_("Opinion or conclusion."))
@acting
def return_(
    common: Common, number: str, reassign_to: str | None, uphold: bool, opinion: str
) -> None:
    """退单裁定."""
    from cli.perform import perform
    from config.i18n import gettext as _
    from workflow.commands import requests

    if uphold == bool(reassign_to):
        raise click.UsageError(_("Give either --uphold or --reassign-to UNIT."))
    perform(
        common,
        lambda call: requests.rule_return(
            call.s,
            actor=call.actor,
            task=number,
            reassign_to=reassign_to,
            opinion=opinion,
            now=call.now,
            expected_version=common.expected_version,
        ),
    )


_granted = option("--grant/--refuse", "granted", default=None, help=N_("The ruling."))
_opinion = option("--opinion", default="", help=N_("Opinion or conclusion."))


@rule.command("extension", help=N_("Rule on an extension."))
@click.argument("number", metavar="NUMBER")
@_granted
@_opinion
@option("--new-due", help=NEW_DUE.help)
@acting
def extension(
    common: Common, number: str, granted: bool | None, opinion: str, new_due: str | None
) -> None:
    """延期批复."""
    from cli.perform import perform
    from workflow.commands import requests

    ruling = _decided(granted)
    perform(
        common,
        lambda call: requests.rule_extension(
            call.s,
            actor=call.actor,
            task=number,
            granted=ruling,
            opinion=opinion,
            now=call.now,
            new_due=call.moment(new_due, "new_due") if new_due else None,
            expected_version=common.expected_version,
        ),
    )


def _decided(granted: bool | None) -> bool:
    from config.i18n import gettext as _

    if granted is None:
        raise click.UsageError(_("Give either --grant or --refuse."))
    return granted


def _simple(name: str, help_text: str, function: str) -> None:
    @click.argument("number", metavar="NUMBER")
    @_granted
    @_opinion
    @acting
    def ruling(common: Common, number: str, granted: bool | None, opinion: str) -> None:
        from cli.perform import perform
        from workflow.commands import requests

        decided: Any = _decided(granted)
        perform(
            common,
            lambda call: getattr(requests, function)(
                call.s,
                actor=call.actor,
                task=number,
                granted=decided,
                opinion=opinion,
                now=call.now,
                expected_version=common.expected_version,
            ),
        )

    rule.add_command(click.command(name, cls=Command, help=help_text)(ruling))


_simple("park", N_("Rule on a request for parking."), "rule_park")
_simple("adjust", N_("Rule on a change of the four fields."), "rule_adjustment")
