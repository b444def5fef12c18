"""`xiaohao coordination`: who can solve an issue, raised by the clock or on request."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, acting, group, option, reading, using_database
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Coordination levels: who can solve an issue."))
def coordination() -> None:
    """Levels."""


@coordination.command("run", help=N_("Raise what has been unsolved for too long, as each day."))
@using_database
def run(common: Common) -> None:
    """Repeatable: what was raised is not raised again."""
    from cli.output import print_json
    from cli.session import moment_of, opened
    from projects.coordination import levels

    with opened(common.db_url) as db:
        raised = levels.run(db, moment_of(db, common))
    if common.as_json:
        print_json({"raised": raised})
    else:
        click.echo(_("Raised: {n}").format(n=raised))


@coordination.command("show", help=N_("Show an issue's level with its reason and requests."))
@click.argument("number", metavar="ISSUE")
@reading
def show(common: Common, number: str) -> None:
    """Within your scope."""
    from cli import session
    from cli.output import print_json, print_table

    with session.reading(common) as call:
        facts = _coordination(call, number)
    if common.as_json:
        print_json(facts)
        return
    click.echo(f"{facts['issue']}  L{facts['level']}  {facts['since'] or ''}  {facts['reason']}")
    titles = (_("No."), _("Unit"), _("Cause"), _("State"), _("Reason"))
    print_table(titles, [tuple(row.values()) for row in facts["requests"]])


def _coordination(call: Any, number: str) -> dict[str, Any]:
    from models.queries.issues import find_issue
    from projects.coordination.facts import standings
    from projects.coordination.requests import requests_of
    from workflow.case import not_visible
    from workflow.context import context
    from workflow.wording import word

    issue = find_issue(call.s, call.actor, number)
    if issue is None:
        raise not_visible(number)
    found, people = standings(call.s, [issue.id])[issue.id], context(call.s).directory
    since = found.since if issue.coordination_level > 1 else None
    return {
        "issue": issue.number,
        "level": issue.coordination_level,
        "since": since.astimezone(call.zone).isoformat(" ")[:16] if since else None,
        "cause": found.cause,
        "reason": found.reason,
        "requests": [
            {"id": row.id, "unit": people.unit_name(row.unit_id),
             "cause": word("cause", row.cause), "state": row.state, "reason": row.reason}
            for row in requests_of(call.s, issue.id)
        ],
    }  # fmt: skip


@coordination.command("ask", help=N_("Ask for coordination: consult, district, city, element."))
@click.argument("number", metavar="ISSUE")
@option("--cause", required=True, help=N_("What is needed."))
@option("--reason", required=True, help=N_("Why, and what was tried."))
@acting
def ask(common: Common, number: str, cause: str, reason: str) -> None:
    """L1 becomes L2 at once."""
    from cli.output import print_json
    from cli.session import writing
    from projects.coordination import requests

    with writing(common) as call:
        made = requests.ask(
            call.s, actor=call.actor, issue=number, cause=cause, reason=reason, now=call.now,
            expected_version=common.expected_version,
        )  # fmt: skip
    if common.as_json:
        print_json({"issue": made.issue_number, "version": made.issue_version})
    else:
        click.echo(_("Coordination was asked for: {number}").format(number=made.issue_number))
