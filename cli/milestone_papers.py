"""Permits and land-service lists of projects."""

from __future__ import annotations

import click

from cli.kit import Command, Common, acting, option, reading
from cli.milestone_kit import CONFIRM, ID, PROJECT, REASON, day, of_project, run
from config.i18n import N_


@click.command("permit", cls=Command, help=N_("Record a permit."))
@PROJECT
@click.argument("kind", metavar="KIND")
@click.argument("on", metavar="DATE")
@option("--number", default="", help=N_("Its number."))
@option("--until", metavar="DATE", help=N_("Valid until; as its kind holds by default."))
@option("--done", "proves", is_flag=True, help=N_("Record its milestone as done, too."))
@CONFIRM
@reading
def permit(
    common: Common, project: str, kind: str, on: str, number: str, until: str | None,
    proves: bool, confirm: bool,
) -> None:  # fmt: skip
    """KIND is a key of the default network's permits."""
    from projects.milestones.permits import grant

    of_project(
        common, grant, project, kind=kind, granted_on=day(on, "on"), number=number,
        valid_until=day(until, "until"), done=proves, confirmed=confirm,
    )  # fmt: skip


@click.command("withdraw", cls=Command, help=N_("Withdraw a permit."))
@ID
@REASON
@acting
def withdraw(common: Common, row_id: int, reason: str) -> None:
    """It stays on record."""
    from projects.milestones.permits import withdraw as command

    run(common, command, permit_id=row_id, reason=reason)


@click.command("land-list", cls=Command, help=N_("Record the land-service list of a project."))
@PROJECT
@click.argument("on", metavar="DATE")
@option("--item", "items", multiple=True, required=True, metavar="NAME[|UNIT]",
        help=N_("An item with its unit; repeated for each."))  # fmt: skip
@option("--contract", default="", help=N_("Number of the land contract."))
@reading
def land_list(common: Common, project: str, on: str, items: tuple[str, ...], contract: str) -> None:
    """Once; nothing is added to it later."""
    from projects.milestones.land import hand_out

    parted = [item.partition("|") for item in items]
    of_project(
        common, hand_out, project, issued_on=day(on, "on"), contract=contract,
        items=[(name.strip(), unit.strip()) for name, _bar, unit in parted],
    )  # fmt: skip


@click.command("demand", cls=Command, help=N_("Record what was asked for after the list."))
@PROJECT
@click.argument("text", metavar="TEXT")
@click.argument("on", metavar="DATE")
@option("--unit", default="", help=N_("Who asks."))
@option("--item", type=int, help=N_("Item of the list; without one it is beyond the list."))
@reading
def demand(common: Common, project: str, text: str, on: str, unit: str, item: int | None) -> None:
    """What is beyond the list may become an issue."""
    from projects.milestones.land import demand as command

    of_project(common, command, project, text=text, raised_on=day(on, "on"), unit=unit, item=item)


@click.command("land-report", cls=Command, help=N_("Report a demand beyond the list as an issue."))
@ID
@acting
def land_report(common: Common, row_id: int) -> None:
    """ID is the demand's."""
    from projects.milestones.land import report as command

    run(common, command, demand_id=row_id)


PAPERS = (permit, withdraw, land_list, demand, land_report)
"""Commands of the group `milestone` about permits and land-service lists."""
