"""`xiaohao tick`, `worker`, `serve` and `watchdog`: the clock's work."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import (
    Command,
    Common,
    at_option,
    db_option,
    json_option,
    option,
    time_option,
    with_common,
)
from config.i18n import N_
from config.i18n import gettext as _


@click.command(cls=Command, help=N_("Fire everything that is due, once."))
@with_common(db_option, time_option, json_option)
def tick(common: Common) -> None:
    """One sweep; an identical second call does nothing."""
    from cli.output import print_json
    from cli.session import moment_of, opened
    from workflow.sweep import tick as sweep

    with opened(common.db_url) as db:
        report = sweep(db, moment_of(db, common))
    if common.as_json:
        print_json(report)
        return
    if report.idle:
        click.echo(_("Nothing was due."))
        return
    rungs = ", ".join(
        _("level {n}").format(n=level) + f" × {count}"
        for level, count in sorted(report.rungs.items())
    )
    click.echo(
        _(
            "Issues: {issues}. Rungs: {rungs}. Superseded: {superseded}. Limits passed: "
            "{limits}. Notices: {notices}."
        ).format(
            issues=report.issues,
            rungs=rungs or "-",
            superseded=report.superseded,
            limits=report.limits,
            notices=report.notices,
        )
    )
    for subject in report.deferred:
        click.echo(_("Put off, because it raised: {subject}").format(subject=subject), err=True)


@click.command(cls=Command, help=N_("Run the scheduler until it is told to stop."))
@with_common(db_option)
def worker(common: Common) -> None:
    """SIGTERM drains it: what is under way ends, nothing new begins."""
    from cli.session import opened
    from workflow.scheduler import run_worker

    settings = _configured()
    with opened(common.db_url) as db:
        run_worker(db, settings)


@click.command(cls=Command, help=N_("Run the web server and the scheduler."))
@option("--host", help=N_("Address to listen on; XIAOHAO_HOST by default."))
@option("--port", type=int, help=N_("Port to listen on; XIAOHAO_PORT by default."))
@with_common(db_option)
def serve(common: Common, host: str | None, port: int | None) -> None:
    """Everything in one process."""
    from cli.session import given, opened

    settings = _configured(**given(host=host, port=port))
    with opened(common.db_url) as db:
        address = f"http://{settings.host}:{settings.port}"
        click.echo(_("Serving on {address} (health: {address}/healthz).").format(address=address))
        _server().serve(db, settings)


def _server() -> Any:
    """The web face, by name: the two faces do not know each other, only this command does."""
    from importlib import import_module

    return import_module("web.server")


def _configured(**changes: Any) -> Any:
    """Settings with the logs set up; what the libraries say of every beat is left out."""
    import logging

    from config import logs
    from config.settings import settings

    found = settings().model_copy(update=changes)
    logs.configure(found.log_level, "json" if found.log_format == "json" else "text")
    if found.log_level.upper() != "DEBUG":
        for name in ("apscheduler", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
    return found


@click.command(cls=Command, help=N_("Check that nothing is overdue unseen."))
@with_common(db_option, at_option, json_option)
def watchdog(common: Common) -> None:
    """Independent of the engine; exit code 1 with any finding."""
    from cli.output import print_json
    from cli.session import moment_of, opened
    from workflow.watchdog import examine

    with opened(common.db_url) as db:
        findings = examine(db, moment_of(db, common))
    if common.as_json:
        print_json({"ok": not findings, "findings": findings})
    elif findings:
        for finding in findings:
            click.echo(f"{finding.kind}: {finding.subject}: {finding.detail}")
        click.echo(_("{n} findings.").format(n=len(findings)))
    else:
        click.echo(_("Nothing has been missed."))
    if findings:
        raise click.exceptions.Exit(1)
