"""`xiaohao meeting decisions`: what meetings decided and is not carried out yet."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Command, Common, option, reading
from config.i18n import N_
from config.i18n import gettext as _


@click.command(
    "decisions", cls=Command, help=N_("List what meetings decided and is not carried out yet.")
)
@option("--unit", metavar="CODE", help=N_("Of this responsible unit."))
@option("--late", is_flag=True, help=N_("Only those that are overdue."))
@reading
def decisions(common: Common, unit: str | None, late: bool) -> None:
    """Of all meetings in your scope, nearest date first."""
    from cli import session
    from cli.output import print_json, print_table
    from cli.target_kit import business
    from projects.meetings.followup import open_decisions
    from workflow.calendar_years import find_unit_id

    with session.reading(common) as call:
        business(call)
        unit_id = find_unit_id(call.s, unit, "unit")
        found = open_decisions(call.s, call.actor, call.now, unit_id=unit_id)
        rows = [_line(call, one) for one in found if not late or one.status == "overdue"]
    if common.as_json:
        print_json([{k: v for k, v in row.items() if k != "word"} for row in rows])
        return
    titles = (_("ID"), _("Meeting"), _("Decision"), _("Responsible unit"), _("Due"), _("Issue"),
              _("Task"), _("State"))  # fmt: skip
    names = ("id", "meeting", "text", "unit", "due", "issue", "task", "word")
    cells = [tuple(row[name] for name in names) for row in rows]
    print_table(titles, cells, _("No decision waits to be carried out."))


def _line(call: Any, one: Any) -> dict[str, Any]:
    from workflow.context import context

    row = one.row
    return {
        "id": row.id, "meeting": row.meeting_number, "text": row.text,
        "unit": context(call.s).directory.unit_name(row.lead_unit_id), "due": one.due,
        "issue": row.issue_number, "task": row.task_number, "status": one.status,
        "word": one.word,
    }  # fmt: skip
