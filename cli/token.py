"""`xiaohao token`: keys with which other programs use the API as a person."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, group, option, reading, using_database
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Make, list and revoke keys of the API."))
def token() -> None:
    """API tokens."""


@token.command("create", help=N_("Make a key that acts as a person, and print it, once."))
@option("--person", "username", required=True, metavar="USERNAME", help=N_("As whom it acts."))
@option("--name", default="cli", show_default=True, help=N_("What it is for."))
@option(
    "--scope",
    "scopes",
    type=click.Choice(["read", "write", "intake"]),
    multiple=True,
    help=N_("What it is cut down to; all that the person may do by default; may be repeated."),
)
@option(
    "--days",
    type=int,
    default=90,
    show_default=True,
    help=N_("For how many days it counts."),
)
@using_database
def create(common: Common, username: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Nobody is named to act: like `--as`, it trusts whoever can open the database."""
    from cli.output import print_json
    from cli.session import writing
    from workflow.accounts import tokens
    from workflow.context import find_actor

    with writing(common) as call:
        made = tokens.create(
            call.s,
            person=find_actor(call.s, username),
            actor=None,
            name=name,
            scopes=scopes or tokens.SCOPES,
            days=days,
            now=call.now,
        )
        until = made.expires_at.astimezone(call.zone).isoformat()
    if common.as_json:
        print_json({"id": made.id, "token": made.text, "expires_at": until})
        return
    click.echo(_hint(username, until), err=True)
    click.echo(made.text)


@token.command("list", help=N_("List a person's keys; your own by default."))
@option("--person", "username", metavar="USERNAME", help=N_("Whose."))
@reading
def list_(common: Common, username: str | None) -> None:
    """Without their texts, which are stored nowhere."""
    from cli import session
    from cli.output import moment, print_json, print_table
    from workflow.accounts import tokens

    with session.reading(common) as call:
        found = tokens.listed(call.s, username=username or call.actor.username, actor=call.person)
        rows = [_row(row, call.zone) for row in found]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("No."), _("Name"), _("Scopes"), _("Ends"), _("Revoked"), _("Last used"))
    print_table(
        titles,
        [(r["id"], r["name"], r["scopes"], *(moment(r[k]) for k in _MOMENTS[1:])) for r in rows],
    )


@token.command("revoke", help=N_("Make a key worthless at once."))
@click.argument("number", metavar="NO.", type=int)
@reading
def revoke(common: Common, number: int) -> None:
    """One's own, or as security administrator anybody's."""
    from cli.output import print_json
    from cli.session import writing
    from workflow.accounts import tokens

    with writing(common) as call:
        tokens.revoke(call.s, token_id=number, actor=call.actor, now=call.now)
    if common.as_json:
        print_json({"id": number, "revoked": True})
    else:
        click.echo(_("Token {n} was revoked.").format(n=number))


_MOMENTS = ("created_at", "expires_at", "revoked_at", "last_used_at")


def _row(row: Any, zone: Any) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in _MOMENTS}
    moments = {k: at.astimezone(zone).isoformat() if at else None for k, at in found.items()}
    return {"id": row.id, "name": row.name, "scopes": row.scopes.split(), **moments}


def _hint(username: str, until: str) -> str:
    from cli.output import moment

    return _("This key acts as {name} until {until}. It is not shown again.").format(
        name=username, until=moment(until)
    )
