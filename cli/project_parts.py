"""`xiaohao project`: who answers for a project, its tags, the lists it leaves, its attribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cli.kit import Command, Common, acting, option
from cli.project_kit import done
from config.i18n import N_
from config.i18n import gettext as _
from config.projects import DUTIES, TAG_KINDS

ID = click.argument("project_id", metavar="ID", type=int)
ROLE = click.argument("role", metavar="ROLE", type=click.Choice([str(code) for code in DUTIES]))
KIND = click.argument(
    "kind", metavar="KIND", type=click.Choice([k for k in TAG_KINDS if k != "evaluation"])
)
REASON = option("--reason", required=True, help=N_("Why."))


@click.command("duty", cls=Command, help=N_("Give a part in the chain of responsibility."))
@ID
@ROLE
@option("--since", required=True, metavar="DATE", help=N_("Since when."))
@option("--unit", default="", metavar="UNIT", help=N_("The unit that holds it."))
@option("--person", default="", metavar="USERNAME", help=N_("The person who holds it."))
@option("--name", default="", help=N_("Somebody who has no account; gives no rights."))
@acting
def duty(common: Common, since: str, **given: Any) -> None:
    """Whoever held it before holds it until that day."""
    from projects.library.duties import assign
    from workflow.typed import parse_date

    _run(common, assign, since=parse_date(since, "since"), **given)


@click.command("duty-end", cls=Command, help=N_("End a part in the chain of responsibility."))
@ID
@ROLE
@option("--until", required=True, metavar="DATE", help=N_("Until that day."))
@acting
def duty_end(common: Common, until: str, **given: Any) -> None:
    """Without a successor."""
    from projects.library.duties import end
    from workflow.typed import parse_date

    _run(common, end, until=parse_date(until, "until"), **given)


@click.command("tag", cls=Command, help=N_("Add a tag, or an industrial chain."))
@ID
@KIND
@click.argument("tag", metavar="TAG")
@acting
def tag(common: Common, **given: Any) -> None:
    """A repeat changes nothing."""
    from projects.library.tags import put

    _run(common, put, **given)


@click.command("untag", cls=Command, help=N_("Remove a tag."))
@ID
@KIND
@click.argument("tag", metavar="TAG")
@acting
def untag(common: Common, **given: Any) -> None:
    """It stays in the history."""
    from projects.library.tags import drop

    _run(common, drop, **given)


@click.command("list-off", cls=Command, help=N_("Take a project off a list."))
@ID
@click.argument("listing_id", metavar="ENTRY", type=int)
@option("--on", "on", required=True, metavar="DATE", help=N_("Since that day."))
@REASON
@acting
def list_off(common: Common, on: str, **given: Any) -> None:
    """ENTRY is the id of its entry, as `show` has it."""
    from projects.library.listings import delist
    from workflow.typed import parse_date

    _run(common, delist, removed_on=parse_date(on, "on"), **given)


@click.command("attribute", cls=Command, help=N_("Count a project in another town or street."))
@ID
@option("--board", default="", metavar="UNIT", help=N_("Where it counts; empty: where it lies."))
@REASON
@acting
def attribute(common: Common, **given: Any) -> None:
    """Where it lies does not change."""
    from projects.library.commands import attribute as command

    _run(common, command, **given)


def _run(common: Common, command: Callable[..., Any], **given: Any) -> None:
    from cli.session import writing

    with writing(common) as call:
        made = command(call.s, actor=call.actor, now=call.now,
                       expected_version=common.expected_version, **given)  # fmt: skip
    done(common, made, _("Project {id} was saved.").format(id=made.id))


PARTS = (duty, duty_end, tag, untag, list_off, attribute)
"""Commands of the group `project` beside the record's own fields."""
