"""`xiaohao project chain` and `chains`: industrial chains and who leads them."""

from __future__ import annotations

import click

from cli.kit import Command, Common, option, reading
from cli.project_kit import done
from config.i18n import N_
from config.i18n import gettext as _


@click.command("chains", cls=Command, help=N_("List the industrial chains with their leaders."))
@reading
def chains(common: Common) -> None:
    """With how many projects you may see."""
    from cli import session
    from cli.output import print_json, print_table
    from models.queries import library as queries
    from projects.access import not_allowed, sees_business
    from projects.library import tags
    from workflow.context import context

    with session.reading(common) as call:
        if not sees_business(call.actor):
            raise not_allowed()
        held = queries.by_chain(call.s, call.actor, context(call.s).directory)
        rows = [(row.id, row.name, row.leader, row.active, held[row.name])
                for row in tags.chains(call.s)]  # fmt: skip
    if common.as_json:
        names = ("id", "name", "leader", "active", "projects")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    titles = (_("No."), _("Industrial chain"), _("Chain leader"), _("In use"), _("Projects"))
    print_table(titles, rows)


@click.command("chain", cls=Command, help=N_("Add an industrial chain, or change its leader."))
@click.argument("name", metavar="NAME")
@option("--leader", default="", metavar="USERNAME", help=N_("Who leads it."))
@option("--leader-name", default="", metavar="TEXT", help=N_("A leader outside, by name."))
@option("--closed", is_flag=True, help=N_("No further project may be given it."))
@reading
def chain(common: Common, name: str, leader: str, leader_name: str, closed: bool) -> None:
    """A chain of that name is changed, whole."""
    from cli.session import writing
    from projects.library import tags

    with writing(common) as call:
        made = tags.keep_chain(call.s, actor=call.actor, name=name, leader=leader, now=call.now,
                               leader_name=leader_name, active=not closed)  # fmt: skip
    done(common, {"id": made, "name": name}, _("The chain {name} was saved.").format(name=name))
