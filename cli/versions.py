"""Commands that `policy` and `workflow` have alike: show, versions and activate."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from cli.kit import Common, option, reading
from config.i18n import N_


def add_versions(
    group: click.Group,
    what: Literal["policy", "workflow"],
    *,
    show: str,
    versions: str,
    activate: str,
) -> None:
    """Give a group the three commands, with their help texts."""

    @group.command("show", help=show)
    @option("--version", "version", type=int, metavar="N", help=N_("Number of the version."))
    @reading
    def show_command(common: Common, version: int | None) -> None:
        """The text as it was stored."""
        from cli.definitions import show_source

        show_source(common, what, version)

    @group.command("versions", help=versions)
    @reading
    def versions_command(common: Common) -> None:
        """Newest first."""
        from cli.definitions import list_versions

        list_versions(common, what)

    @group.command("activate", help=activate)
    @click.argument("file", type=click.Path(path_type=Path))
    @reading
    def activate_command(common: Common, file: Path) -> None:
        """Refused with every fault of the text."""
        from cli.definitions import activate as put_in_force

        put_in_force(common, what, file)
