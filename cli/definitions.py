"""What `policy` and `workflow` have in common: showing, listing and activating versions."""

from __future__ import annotations

from pathlib import Path

import click

from cli import session
from cli.files import read_text
from cli.kit import Common
from cli.output import print_json, print_table
from config.i18n import gettext as _
from workflow import definitions
from workflow.definitions import What
from workflow.errors import NotVisible, Reason


def show_source(common: Common, what: What, version: int | None) -> None:
    """Print a stored text."""
    with session.reading(common) as call:
        source = definitions.source_of(call.s, what, version)
    if source is None:
        raise NotVisible(
            Reason(
                "version_unknown",
                _("There is no version {n}.").format(n=version),
                "version",
            )
        )
    if common.as_json:
        print_json({"version": version, "source": source})
    else:
        click.echo(source, nl=False)


def list_versions(common: Common, what: What) -> None:
    """Print every version, newest first."""
    with session.reading(common) as call:
        found = definitions.versions(call.s, what)
        zone = call.zone
    if common.as_json:
        print_json(found)
        return
    print_table(
        (_("Version"), _("Digest"), _("Stored"), _("In force")),
        [
            (v.id, v.digest[:12], f"{v.created_at.astimezone(zone):%Y-%m-%d %H:%M}", v.in_force)
            for v in found
        ],
    )


def activate(common: Common, what: What, file: Path) -> None:
    """Put a file's text in force."""
    source = read_text(file)
    with session.writing(common) as call:
        version = definitions.activate(
            call.s, what, source, file=str(file), actor=call.person, now=call.now
        )
    if common.as_json:
        print_json(version)
    else:
        click.echo(
            _(
                "Version {n} is in force for what is dispatched from now on; running tasks "
                "keep theirs."
            ).format(n=version.id)
        )
