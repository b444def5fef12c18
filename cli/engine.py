"""`xiaohao tick`, `worker`, `serve` and `watchdog`: the clock's work."""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import AbstractContextManager
from datetime import datetime
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
@option(
    "--simulate",
    is_flag=True,
    help=N_("Let --at lie in the future, on a training copy: what it fires stays fired."),
)
@with_common(db_option, time_option, json_option)
def tick(common: Common, simulate: bool) -> None:
    """One sweep, and the day's jobs; an identical second call does nothing."""
    from cli.output import plain, print_json
    from cli.session import moment_of, opened
    from projects.clock import JOBS
    from workflow.daily import run_due
    from workflow.sweep import tick as sweep

    with opened(common.db_url) as db:
        moment = moment_of(db, common)
        if common.at and not simulate:
            _refuse_future(moment)
        report = sweep(db, moment)
        jobs = run_due(db, moment, JOBS)
    if common.as_json:
        print_json(plain(report) | {"jobs": jobs})
        return
    if jobs:
        click.echo(_("Jobs of the day that were done: {n}.").format(n=jobs))
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


def _refuse_future(moment: datetime) -> None:
    """What fires stays fired, so nobody's steps may be fired before their time."""
    from config import clock
    from workflow.errors import Malformed, Reason

    if moment > clock.now():
        raise Malformed(
            Reason(
                "at_in_future",
                _("{moment} has not come yet; what is fired early stays fired.").format(
                    moment=f"{moment:%Y-%m-%d %H:%M}"
                ),
                "at",
                _("Leave out --at; on a training copy add --simulate."),
            )
        )


@click.command(cls=Command, help=N_("Run the scheduler until it is told to stop."))
@with_common(db_option)
def worker(common: Common) -> None:
    """SIGTERM drains it: what is under way ends, nothing new begins."""
    from cli.session import opened
    from projects.clock import JOBS
    from workflow.scheduler import run_worker

    settings = _configured()
    with opened(common.db_url, serving=True) as db:
        run_worker(db, settings, JOBS)


@click.command(cls=Command, help=N_("Run the web server and the scheduler."))
@option("--host", help=N_("Address to listen on; XIAOHAO_HOST by default."))
@option("--port", type=int, metavar="N", help=N_("Port to listen on; XIAOHAO_PORT by default."))
@with_common(db_option)
def serve(common: Common, host: str | None, port: int | None) -> None:
    """Everything in one process."""
    changes = {"host": host, "port": port}
    settings = _configured(**{name: value for name, value in changes.items() if value is not None})
    server = _server()
    _refuse_taken(settings.host, settings.port)
    settings = _reachable(settings)
    with server.prepared(settings) as shared, _opened(common) as db:
        # uvicorn drains and then raises the signal again: that is an orderly end, not a failure
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
        address = f"http://{settings.host}:{settings.port}"
        click.echo(_("Serving on {address} (health: {address}/healthz).").format(address=address))
        server.serve(db, settings, shared=shared)


def _reachable(settings: Any) -> Any:
    """Settings whose links lead to where this process listens, unless they name another place.

    Every process that is forked reads its settings anew, so it is set in the environment, too.
    """
    import os

    from config.settings import settings as usual

    if "base_url" in usual().model_fields_set:
        return settings
    if settings.host in ("0.0.0.0", "::"):  # what it listens on is nobody's address
        hint = _("Set XIAOHAO_BASE_URL: links would lead to {address}.")
        click.echo(hint.format(address=settings.base_url), err=True)
        return settings
    where = f"http://{settings.host}:{settings.port}"
    os.environ["XIAOHAO_BASE_URL"] = where
    usual.cache_clear()
    return settings.model_copy(update={"base_url": where})


def _opened(common: Common) -> AbstractContextManager[Any]:
    """The database; what this takes to load is loaded while the application is loading, too."""
    from cli.session import opened

    return opened(common.db_url, serving=True)


def _refuse_taken(host: str, port: int) -> None:
    """Raise `Fault` where nobody can listen, before anything is started."""
    from cli.faults import Fault

    try:
        family, _kind, _proto, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # not the port that was looked up: some systems fold 70000 into 4464
            trial.bind((address[0], port, *address[2:]))
    except (OSError, OverflowError) as error:
        raise Fault(
            "address_unusable",
            _("Nobody can listen on {host}, port {port}: {detail}").format(
                host=host, port=port, detail=getattr(error, "strerror", None) or error
            ),
            _("Stop what listens there, or choose another: --host, --port (1 to 65535)."),
        ) from None


def _server() -> Any:
    """The web face, by name: the two faces do not know each other, only this command does."""
    from importlib import import_module

    return import_module("web.serving")


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
    from cli.session import moment_of, opened, zone_of
    from workflow.finding_words import finding_text
    from workflow.watchdog import examine

    with opened(common.db_url) as db:
        findings, zone = examine(db, moment_of(db, common)), zone_of(db)
    if common.as_json:
        print_json({"ok": not findings, "findings": findings})
    elif findings:
        for finding in findings:
            click.echo(finding_text(finding, zone))
        click.echo(_("{n} findings.").format(n=len(findings)))
    else:
        click.echo(_("Nothing has been missed."))
    if findings:
        raise click.exceptions.Exit(1)
