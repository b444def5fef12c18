"""`xiaohao account`: who may sign in to the portal, with which password, and where they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.kit import Common, group, joined, option, reading
from config.i18n import N_
from config.i18n import gettext as _

F = TypeVar("F", bound=Callable[..., Any])


def with_password(command: F) -> F:
    """The options that say where a password comes from; a prompt asks for it by default."""
    return joined(
        option(
            "--password-file",
            "file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=N_("Take the password from the first line of a file."),
        ),
        option(
            "--generate",
            is_flag=True,
            help=N_("Make a random password and print it, once."),
        ),
    )(command)


@group(N_("Make accounts, set passwords anew, unlock."))
def account() -> None:
    """Accounts."""


@account.command("create", help=N_("Give a person an account with an initial password."))
@click.argument("username", metavar="USERNAME")
@with_password
@reading
def create(common: Common, username: str, file: Path | None, generate: bool) -> None:
    """The password has to be changed at the first sign-in."""
    from workflow.accounts import admin

    _set(common, admin.create, username, file, generate, _("{name} now has an account."))


@account.command("reset", help=N_("Set a forgotten password anew."))
@click.argument("username", metavar="USERNAME")
@with_password
@reading
def reset(common: Common, username: str, file: Path | None, generate: bool) -> None:
    """Ends a lock and every session of the person."""
    from workflow.accounts import admin

    _set(common, admin.reset, username, file, generate, _("{name} now has a new password."))


@account.command("unlock", help=N_("End the lock after too many failed tries."))
@click.argument("username", metavar="USERNAME")
@reading
def unlock(common: Common, username: str) -> None:
    """Before its time."""
    from cli.session import writing
    from workflow.accounts import admin

    with writing(common) as call:
        admin.unlock(call.s, username=username, actor=call.person, now=call.now)
    _done(common, {"username": username}, _("{name} is unlocked.").format(name=username))


@account.command("list", help=N_("List people with the state of their accounts."))
@reading
def list_(common: Common) -> None:
    """Everybody."""
    from cli import session
    from cli.output import moment, print_json, print_table
    from workflow.accounts import admin

    with session.reading(common) as call:
        rows = admin.overview(call.s, actor=call.person, now=call.now)
        zone = call.zone
    for row in rows:
        for key in ("locked_until", "last_signed_in_at"):
            row[key] = row[key].astimezone(zone).isoformat() if row[key] else None
    if common.as_json:
        print_json(rows)
        return
    titles = (
        _("Username"), _("Name"), _("Active"), _("Account"), _("Must change the password"),
        _("Locked until"), _("Last signed in"),
    )  # fmt: skip
    shown = ("username", "name", "active", "account", "must_change")
    print_table(
        titles,
        [
            (*(r[k] for k in shown), moment(r["locked_until"]), moment(r["last_signed_in_at"]))
            for r in rows
        ],
    )


@account.command("sessions", help=N_("List a person's open sessions; your own by default."))
@click.argument("username", metavar="USERNAME", required=False)
@reading
def sessions(common: Common, username: str | None) -> None:
    """Where somebody is signed in."""
    from cli import session
    from cli.output import moment, print_json, print_table
    from workflow.accounts import sessions as kept

    with session.reading(common) as call:
        found = kept.of_person(
            call.s,
            username=username or call.actor.username,
            actor=call.person,
            now=call.now,
        )
        rows = [_session(info, call.zone) for info in found]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("No."), _("Signed in"), _("Last seen"), _("Ends"), _("Address"), _("Browser"))
    print_table(
        titles,
        [
            (r["id"], *(moment(r[k]) for k in _MOMENTS), r["address"], r["agent"])
            for r in rows
        ],
    )  # fmt: skip


@account.command("end-sessions", help=N_("Sign a person out everywhere."))
@click.argument("username", metavar="USERNAME")
@reading
def end_sessions(common: Common, username: str) -> None:
    """Every session ends at once."""
    from cli.session import writing
    from workflow.accounts import sessions as kept

    with writing(common) as call:
        ended = kept.end_every(call.s, username=username, actor=call.person, now=call.now)
    text = _("{n} sessions of {name} were ended.").format(n=ended, name=username)
    _done(common, {"username": username, "ended": ended}, text)


_MOMENTS = ("created_at", "seen_at", "expires_at")


def _session(info: Any, zone: Any) -> dict[str, Any]:
    moments = {name: getattr(info, name).astimezone(zone).isoformat() for name in _MOMENTS}
    return {"id": info.id, **moments, "address": info.address, "agent": info.agent}


def _set(
    common: Common,
    command: Callable[..., None],
    username: str,
    file: Path | None,
    generate: bool,
    text: str,
) -> None:
    """Run a command that hashes between two transactions; print a generated password, once."""
    from cli.session import opened, reading

    with reading(common) as call:
        person, now = call.person, call.now
    password = _password(file, generate)
    with opened(common.db_url) as db:
        command(db, username=username, password=password, actor=person, now=now)
    shown = {"password": password} if generate else {}
    if generate and not common.as_json:
        click.echo(text.format(name=username), err=True)
        click.echo(password)
    else:
        _done(common, {"username": username, **shown}, text.format(name=username))


def _password(file: Path | None, generate: bool) -> str:
    from cli.faults import MALFORMED, Fault
    from cli.files import read_text
    from workflow.accounts import passwords

    if file is not None and generate:
        message = _("A password is either read from a file or generated.")
        raise Fault("password_twice", message, _("Leave one out."), MALFORMED)
    if generate:
        return passwords.generate()
    if file is not None:
        return (read_text(file).splitlines() or [""])[0]
    asked: str = click.prompt(
        _("New password"), hide_input=True, confirmation_prompt=True, err=True
    )
    return asked


def _done(common: Common, data: dict[str, Any], text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
