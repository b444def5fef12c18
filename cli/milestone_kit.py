"""What the commands about plans of projects share: arguments, running a command, its answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from cli.kit import Common, option
from config.i18n import N_
from config.i18n import gettext as _

PROJECT = click.argument("project", metavar="PROJECT")
ID = click.argument("row_id", metavar="ID", type=int)
REASON = option("--reason", required=True, help=N_("Why."))
CONFIRM = option("--confirm", is_flag=True, help=N_("Although something before it is open."))


def project_of(call: Any, text: str) -> Any:
    """A project by id or exact name, within the scope of whoever asks."""
    from sqlalchemy import select

    from models import tables
    from projects.access import find_project
    from workflow.case import not_visible

    if text.isascii() and text.isdigit() and len(text) < 10:
        return find_project(call.s, call.actor, int(text))
    p = tables.project.c
    row = call.s.execute(select(p.id).where(p.name == text)).first()
    if row is None:
        raise not_visible(text)
    return find_project(call.s, call.actor, row.id)


def day(text: str | None, field: str) -> date | None:
    """A typed date, if any. Raises `Malformed`."""
    from workflow.typed import parse_date

    return parse_date(text, field) if text else None


def of_project(common: Common, command: Callable[..., Any], project: str, **given: Any) -> None:
    """Run a command on a project that is named by id or exact name, and say what it did."""
    from cli import session

    with session.writing(common) as call:
        project_id = int(project_of(call, project).id)
        made = _call(call, common, command, given | {"project_id": project_id})
    _told(common, made)


def run(common: Common, command: Callable[..., Any], **given: Any) -> None:
    """Run a command and say what it did."""
    from cli import session

    with session.writing(common) as call:
        made = _call(call, common, command, given)
    _told(common, made)


def _call(call: Any, common: Common, command: Callable[..., Any], given: dict[str, Any]) -> Any:
    if common.expected_version is not None:
        given = given | {"expected_version": common.expected_version}
    return command(call.s, actor=call.actor, now=call.now, **given)


def _told(common: Common, made: Any) -> None:
    from cli.output import print_json

    changed, issue = made if isinstance(made, tuple) else (made, None)
    data = {
        "id": getattr(changed, "id", changed.project_id), "project": changed.project_id,
        "version": changed.version, "issue": issue, "warnings": list(map(str, changed.warnings)),
    }  # fmt: skip
    if common.as_json:
        print_json(data)
        return
    click.echo(_("Saved."))
    if issue:
        click.echo(_("Issue {number}").format(number=issue))
    for warning in changed.warnings:
        click.echo(str(warning))
