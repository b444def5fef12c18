"""`xiaohao demo`: the demonstration."""

from __future__ import annotations

import json
from typing import Any

import click
from click import command, option

from cli.kit import Command, Common, json_option, with_common
from config.i18n import N_


@command(cls=Command, help=N_("Play the demonstration."))
@option("--db", "url", default=None, help=N_("Database of the demonstration."))
@option("--replay/--no-replay", default=True, help=N_("Replay the public ledger too."))
@with_common(json_option)
def demo(common: Common, url: str | None, replay: bool) -> None:
    """Load the zone, drive a sample ledger through half a year, replay the public ledger."""
    from demo.run import DEFAULT_URL, run

    quiet: Any = (lambda *_a, **_k: None) if common.as_json else print
    summary = run(url or DEFAULT_URL, out=quiet, replay=replay, progress=not common.as_json)
    if common.as_json:
        click.echo(json.dumps(summary.to_json(), ensure_ascii=False, indent=1))
    raise SystemExit(summary.exit_code)
