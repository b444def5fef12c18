"""What the commands of the project library share: options, filters, pairs of field and text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, option
from config.i18n import N_
from config.i18n import gettext as _
from config.projects import LISTS, STAGES

FILE = click.Path(path_type=Path)
LIST_CODES, STAGE_CODES = [str(code) for code in LISTS], [str(code) for code in STAGES]
FIELD = option(
    "--set", "fields", multiple=True, metavar="FIELD=TEXT",
    help=N_("A field of the record; may be repeated. Empty: not stated."),
)  # fmt: skip
_NARROW = (
    option("--list", "list", type=click.Choice(LIST_CODES), help=N_("Only those on this list.")),
    option("--year", metavar="YEAR", help=N_("Only those on a list of this year.")),
    option("--stage", type=click.Choice(STAGE_CODES), help=N_("Only those in this stage.")),
    option("--light", type=click.Choice(("red", "yellow", "green", "grey")),
           help=N_("Only those with this light.")),
    option("--board", metavar="UNIT", help=N_("Only in this town or street.")),
    option("--chain", metavar="CHAIN", help=N_("Only of this industrial chain.")),
    option("--tag", metavar="TAG", help=N_("Only with this tag.")),
    option("--search", "q", metavar="WORDS", help=N_("Words of name, code, owner or content.")),
)  # fmt: skip


def narrowed(function: Any) -> Any:
    """The options that narrow the library."""
    for one in reversed(_NARROW):
        function = one(function)
    return function


def wanted(call: Any, given: dict[str, Any]) -> Any:
    """The filter that these options mean. Raises `Malformed`."""
    from projects.library.asked import read
    from workflow.context import context

    asked = {name: [value] for name, value in given.items() if value}
    return read(context(call.s).directory, asked)


def pairs_of(pairs: tuple[str, ...]) -> dict[str, str]:
    """FIELD=TEXT as a table. Raises `Malformed`."""
    from workflow.errors import Malformed, Reason

    found = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            message = _("{text} is no FIELD=TEXT.").format(text=pair[:40])
            raise Malformed(Reason("pair_malformed", message, "set", _("Write e.g. owner=ACME.")))
        found[name.strip()] = text
    return found


def done(common: Common, data: Any, text: str) -> None:
    """Say what was done, in words or as JSON."""
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
