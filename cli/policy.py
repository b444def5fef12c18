"""`xiaohao policy`: checking, simulating and activating the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, db_option, group, json_option, option
from cli.versions import add_versions
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Check, simulate and activate policies."))
def policy() -> None:
    """The policy."""


@policy.command("check", help=N_("Name every fault of policy and workflow, with its remedy."))
@option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("The policy; config/policy.toml by default."),
)
@option(
    "--workflow",
    "workflow_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("The workflow definition; config/workflow.toml by default."),
)
@option(
    "--db",
    "db_url",
    metavar="URL",
    help=N_("Also look up the units that the policy names in this database."),
)
@json_option
def check(
    policy_file: Path | None, workflow_file: Path | None, db_url: str | None, as_json: bool
) -> None:
    """Exit code 1 when there is any fault."""
    from cli.faults import REFUSED
    from cli.files import shown
    from cli.output import plain, print_json
    from config.policy import POLICY_FILE
    from config.workflow_definition import WORKFLOW_FILE
    from workflow.checks import check_definitions

    names = [shown(policy_file, POLICY_FILE), shown(workflow_file, WORKFLOW_FILE)]
    faults = check_definitions(
        _source(policy_file or POLICY_FILE),
        _source(workflow_file or WORKFLOW_FILE),
        policy_file=names[0],
        workflow_file=names[1],
        directory=_directory(db_url),
    )
    if as_json:
        print_json({"ok": not faults, "faults": [plain(fault) for fault in faults]})
    else:
        for fault in faults:
            click.echo(str(fault))
        click.echo(
            _("{n} faults found.").format(n=len(faults))
            if faults
            else _("No faults: {files}").format(files=", ".join(names))
        )
    if faults:
        raise click.exceptions.Exit(REFUSED)


def _directory(db_url: str | None) -> Any:
    from cli import session
    from workflow.context import context

    if db_url is None:
        return None
    with session.reading(Common(db_url=db_url)) as call:
        return context(call.s).directory


def _source(path: Path) -> str:
    from cli.files import read_text

    return read_text(path)


@policy.command("simulate", help=N_("Show deadline and ladder of a dispatch, without doing it."))
@option("--category", required=True, help=N_("Category, e.g. 杆线迁移."))
@option(
    "--dispatched",
    required=True,
    metavar="TIME",
    help=N_("When it is handed over, in local time, e.g. 2026-09-28T10:00."),
)
@option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("A policy's file; the one in force by default."),
)
@option("--urgent/--ordinary", default=None, help=N_("Urgent or not; as the category by default."))
@option("--days", type=int, help=N_("Another number of days or hours for that class."))
@option("--due", metavar="TIME", help=N_("A fixed deadline instead."))
@db_option
@json_option
def simulate(policy_file: Path | None, db_url: str | None, as_json: bool, **asked: Any) -> None:
    """Works without a database, too: then with the calendar that comes with the program."""
    from cli.output import print_json
    from cli.simulation import print_simulation, run

    found = run(policy_file, db_url, **asked)
    if as_json:
        print_json(found.to_json())
    else:
        print_simulation(found)


add_versions(
    policy,
    "policy",
    show=N_("Print the policy in force, or another version."),
    versions=N_("List the versions of the policy."),
    activate=N_("Put a policy in force for what is dispatched from now on."),
)
