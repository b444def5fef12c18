"""`xiaohao audit`: proving that the history is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cli.kit import Common, group, option, using_database
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Verify and anchor the history."))
def audit() -> None:
    """The history's chains."""


@audit.command("verify", help=N_("Find any event that was edited, removed, inserted or moved."))
@option(
    "--anchor",
    "anchor_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("Compare with a copy that `audit anchor` wrote earlier."),
)
@using_database
def verify(common: Common, anchor_file: Path | None) -> None:
    """Exit code 1 when anything is wrong."""
    from cli import session
    from cli.output import print_json
    from workflow.audit import verify as walk
    from workflow.finding_words import fault_text

    kept = _anchored(anchor_file) if anchor_file else None
    with session.reading(common) as call:
        report = walk(call.s, kept)
    if common.as_json:
        print_json(
            {
                "ok": report.ok,
                "streams": report.streams,
                "events": report.events,
                "faults": report.faults,
            }
        )
    else:
        for fault in report.faults:
            click.echo(fault_text(fault))
        click.echo(
            _("{events} events in {streams} chains, {faults} faults").format(
                events=report.events, streams=report.streams, faults=len(report.faults)
            )
        )
    if not report.ok:
        raise click.exceptions.Exit(1)


def _anchored(path: Path) -> Any:
    from cli.files import read_text
    from workflow.errors import Malformed, Reason

    try:
        found = json.loads(read_text(path))
        good = all(isinstance(v, list) and len(v) == 2 for v in found.values())
    except (ValueError, AttributeError):
        good = False
    if not good:
        raise Malformed(
            Reason(
                "anchor_malformed",
                _("{path} is no anchor.").format(path=path),
                "anchor",
                _("Name a file that `xiaohao audit anchor` wrote."),
            )
        )
    return found


@audit.command("anchor", help=N_("Write down the newest event of every chain."))
@option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("Where to; standard output by default. Keep it elsewhere."),
)
@using_database
def anchor(common: Common, out: Path | None) -> None:
    """A copy kept elsewhere also shows a history rewritten from its beginning."""
    from cli import session
    from cli.output import print_json
    from workflow.audit import anchor as heads

    with session.reading(common) as call:
        found = heads(call.s)
    if out is None:
        print_json(found)
        return
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    click.echo(_("{n} chains anchored in {path}.").format(n=len(found), path=out))
