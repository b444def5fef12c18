"""`xiaohao demo`: the demonstration."""

from __future__ import annotations

from importlib import import_module

from click import command

from cli.faults import Fault
from cli.kit import Command, Common, db_option, json_option, with_common
from config.i18n import N_
from config.i18n import gettext as _


@command(cls=Command, help=N_("Play the demonstration."))
@with_common(db_option, json_option)
def demo(common: Common) -> None:
    """Loads the zone, replays the public ledger, drives a sample ledger through half a year."""
    try:
        play = import_module("demo")
    except ModuleNotFoundError:
        raise Fault(
            "demo_missing",
            _("The demonstration is not part of this installation."),
            _("Run it from a checkout of the source: make demo"),
        ) from None
    play.run(db_url=common.db_url, as_json=common.as_json)
