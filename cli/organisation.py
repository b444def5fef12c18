"""`xiaohao unit` and `xiaohao person`: who there is, and who may do what."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, group, option, reading
from config.i18n import LANGUAGES, N_
from config.i18n import gettext as _
from config.roles import Post, Role, UnitKind


@group(N_("Add and list units."))
def unit() -> None:
    """Units."""


@unit.command("add", help=N_("Add a unit."))
@click.argument("code", metavar="CODE")
@click.argument("name", metavar="NAME")
@option(
    "--kind", type=click.Choice([k.value for k in UnitKind]), required=True, help=N_("What it is.")
)
@option("--name-en", default="", help=N_("Its English name."))
@option("--parent", help=N_("The unit above it, by code or name."))
@option(
    "--board/--no-board",
    "is_board",
    default=None,
    help=N_("Whether it is a region; towns and streets are, by default."),
)
@reading
def add_unit(common: Common, name: str, **fields: Any) -> None:
    """A new unit."""
    from cli.session import writing
    from workflow import organisation

    with writing(common) as call:
        key = organisation.add_unit(call.s, name=name, actor=call.person, now=call.now, **fields)
    _done(common, {"id": key, "name": name}, _("Unit {name} was added.").format(name=name))


@unit.command("duty", help=N_("Name a unit's duty contact; without USERNAME: none."))
@click.argument("code", metavar="CODE")
@click.argument("username", metavar="USERNAME", required=False)
@reading
def duty(common: Common, code: str, username: str | None) -> None:
    """Who is told what reaches nobody else in the unit."""
    from cli.session import writing
    from workflow.duty import set_duty

    with writing(common) as call:
        set_duty(call.s, unit=code, person=username, actor=call.person, now=call.now)
    _done(common, {"unit": code, "duty": username}, _("The duty contact was saved."))


@unit.command("load", help=N_("Add the zone's units, named projects and targets from data/."))
@reading
def load_units(common: Common) -> None:
    """Repeatable: what is there already is left alone."""
    from cli.session import writing
    from projects import seeds
    from workflow.administrators import require

    with writing(common) as call:
        require(call.s, call.person, Role.SYSADMIN)
        done = {
            "units": seeds.load_zone(call.s, call.now, actor=call.person),
            "projects": seeds.load_projects(call.s, now=call.now),
            "targets": seeds.load_targets(call.s, now=call.now),
        }
    text = _("Added: {units} units, {projects} projects, {targets} targets.").format(
        **{name: loaded.added for name, loaded in done.items()}
    )
    _done(common, done, text)


@unit.command("list", help=N_("List units."))
@reading
def list_units(common: Common) -> None:
    """Every unit."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow.context import context
    from workflow.wording import word

    with session.reading(common) as call:
        people = context(call.s).directory
    rows: list[dict[str, Any]] = [
        {
            "code": u.code,
            "name": u.name,
            "name_en": u.name_en,
            "kind": u.kind,
            "parent": people.unit_name(u.parent_id),
            "is_board": u.is_board,
            "active": u.active,
        }
        for u in people.units.values()
    ]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("Code"), _("Name"), _("Type"), _("Above"), _("Region"), _("Active"))
    print_table(
        titles,
        [
            (r["code"], r["name"], word("kind", r["kind"]), r["parent"], r["is_board"], r["active"])
            for r in rows
        ],
    )


@group(N_("Add people, give and take rights."))
def person() -> None:
    """People."""


@person.command("add", help=N_("Add a person."))
@click.argument("username", metavar="USERNAME")
@click.argument("name", metavar="NAME")
@option("--unit", required=True, help=N_("The person's unit, by code or name."))
@option(
    "--post",
    type=click.Choice([p.value for p in Post]),
    default=Post.STAFF.value,
    help=N_("Place in the unit."),
)
@option(
    "--role",
    "roles",
    type=click.Choice([r.value for r in Role]),
    multiple=True,
    help=N_("A right; may be repeated."),
)
@option("--email", default="", help=N_("Mail address."))
@option("--phone", default="", help=N_("Telephone number."))
@option("--wecom", "wecom_userid", default="", help=N_("Account at WeCom."))
@option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    help=N_("Language of notices to the person."),
)
@reading
def add_person(common: Common, username: str, **fields: Any) -> None:
    """A new person."""
    from cli.session import writing
    from workflow import organisation

    with writing(common) as call:
        key = organisation.add_person(
            call.s, username=username, actor=call.person, now=call.now, **fields
        )
    text = _("{name} was added.").format(name=f"{fields['name']} ({username})")
    _done(common, {"id": key, "username": username, "roles": fields["roles"]}, text)


@person.command("channels", help=N_("Choose the channels of your own notices."))
@click.argument("names", metavar="[CHANNEL]...", nargs=-1)
@option("--none", "nothing", is_flag=True, help=N_("Switch every optional one off."))
@reading
def choose_channels(common: Common, names: tuple[str, ...], nothing: bool) -> None:
    """Without names: as they stand."""
    from cli.output import print_json, print_table
    from cli.session import reading as opened
    from cli.session import writing
    from workflow.channel_choice import choices, choose
    from workflow.wording import word

    if names or nothing:
        with writing(common) as call:
            choose(call.s, wanted=names, actor=call.actor, now=call.now)
    with opened(common) as call:
        found = choices(call.s, call.actor)
    if common.as_json:
        print_json(found)
        return
    print_table(
        (_("Channel"), _("Code"), _("On"), _("Optional"), _("Address")),
        [(word("channel", c.channel), c.channel, c.on, c.optional, c.address) for c in found],
    )


@person.command("list", help=N_("List people with their rights."))
@reading
def list_people(common: Common) -> None:
    """Everybody."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow.context import context
    from workflow.wording import role_name, word

    with session.reading(common) as call:
        directory, now = context(call.s).directory, call.now
    rows: list[dict[str, Any]] = [
        {
            "username": p.username,
            "name": p.name,
            "unit": directory.unit_name(p.unit_id),
            "post": p.post,
            "roles": sorted(p.roles),
            "email": p.email,
            "active": p.active,
            "away": p.away(now),
            "deputy": directory.person_name(p.deputy_id),
        }
        for p in directory.people.values()
    ]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("Username"), _("Name"), _("Unit"), _("Post"), _("Roles"), _("Away"), _("Deputy"))
    print_table(
        titles,
        [
            (
                r["username"],
                r["name"],
                r["unit"],
                word("post", r["post"]),
                [role_name(role) for role in r["roles"]],
                r["away"],
                r["deputy"],
            )
            for r in rows
        ],
    )


@person.command("grant", help=N_("Give a person a right."))
@click.argument("username", metavar="USERNAME")
@click.argument("role", metavar="ROLE")
@reading
def grant(common: Common, username: str, role: str) -> None:
    """One more right."""
    from cli.session import writing
    from workflow import rights
    from workflow.wording import role_name

    with writing(common) as call:
        rights.grant(call.s, username=username, role=role, actor=call.person, now=call.now)
    text = _("{name} now has the role {role}.").format(name=username, role=role_name(role))
    _done(common, {"username": username, "granted": role}, text)


@person.command("revoke", help=N_("Take a right from a person."))
@click.argument("username", metavar="USERNAME")
@click.argument("role", metavar="ROLE")
@reading
def revoke(common: Common, username: str, role: str) -> None:
    """One right less."""
    from cli.session import writing
    from workflow import rights
    from workflow.wording import role_name

    with writing(common) as call:
        rights.revoke(call.s, username=username, role=role, actor=call.person, now=call.now)
    text = _("{name} no longer has the role {role}.").format(name=username, role=role_name(role))
    _done(common, {"username": username, "revoked": role}, text)


@person.command("away", help=N_("Record an absence and who stands in; without --since: is back."))
@click.argument("username", metavar="USERNAME")
@option("--since", metavar="TIME", help=N_("Beginning of the absence."))
@option("--until", metavar="TIME", help=N_("End of the absence; open by default."))
@option("--deputy", help=N_("Username of whoever stands in."))
@reading
def away(
    common: Common, username: str, since: str | None, until: str | None, deputy: str | None
) -> None:
    """Absence and deputy."""
    from cli.session import writing
    from workflow import organisation

    with writing(common) as call:
        organisation.away(
            call.s,
            username=username,
            deputy=deputy,
            actor=call.person,
            now=call.now,
            since=call.moment(since, "since") if since else None,
            until=call.moment(until, "until") if until else None,
        )
    text = (_("{name} is recorded as away.") if since else _("{name} is recorded as back.")).format(
        name=username
    )
    _done(common, {"username": username, "since": since, "until": until}, text)


def _done(common: Common, data: dict[str, Any], text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
