"""`xiaohao meeting pack`: the papers of a meeting as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Command, Common, option, reading
from config.i18n import N_

_FORM = click.Choice(["zip", "pdf"])


@click.command(
    "pack", cls=Command, help=N_("Write the agenda pack to a file: Word and PDF, or one PDF.")
)
@click.argument("number", metavar="NUMBER")
@option("--form", type=_FORM, default="zip", help=N_("zip, or pdf to print."))
@option("--out", type=click.Path(path_type=Path), default=Path(), help=N_("Folder or file."))
@reading
def pack(common: Common, number: str, form: Any, out: Path) -> None:
    """Every paper about the items, the agenda first."""
    from cli import session
    from cli.output import print_json
    from projects.meetings import papers, store

    with session.reading(common) as call:
        row = store.by_number(call.s, call.actor, number)
        made = papers.pack(call.s, call.actor, row.id, form, call.now)
    target = out / made.name if out.is_dir() else out
    target.write_bytes(made.content)
    if common.as_json:
        print_json({"number": number, "file": str(target)})
    else:
        click.echo(str(target))
