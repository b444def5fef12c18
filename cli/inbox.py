"""`xiaohao inbox`: notices as their recipient reads them."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Command, Common, option, reading
from config.i18n import N_
from config.i18n import gettext as _


@click.command(cls=Command, help=N_("Read the notices sent to you."))
@option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help=N_("At most so many."),
)
@option("--full", is_flag=True, help=N_("With the whole text."))
@option("--mark-read", is_flag=True, help=N_("Mark what is shown as read."))
@reading
def inbox(common: Common, limit: int, full: bool, mark_read: bool) -> None:
    """Newest first."""
    from cli import session
    from notifications import inbox as notices

    opener = session.writing if mark_read else session.reading
    with opener(common) as call:
        items = notices.inbox(call.s, call.actor.id, limit)
        waiting = notices.unread(call.s, call.actor.id)
        if mark_read:
            notices.mark_read(call.s, call.actor.id, [i.id for i in items], call.now)
        shown = [_rendered(call.s, item, call.zone) for item in items]
    _print_inbox(common, shown, waiting, full)


def _rendered(s: Any, item: Any, zone: Any) -> dict[str, Any]:
    from config.i18n import current_language
    from notifications.published import in_force
    from notifications.render import RenderError, render_notice

    try:
        text = render_notice(item.kind, current_language(), item.facts, in_force(s))
        subject, body = text.subject, text.text
    except RenderError as error:
        subject, body = item.kind, str(error)
    return {
        "id": item.id,
        "kind": item.kind,
        "subject": subject,
        "text": body,
        "urgent": item.urgent,
        "read": item.read_at is not None,
        "at": item.created_at.astimezone(zone).isoformat(timespec="minutes"),
    }


def _print_inbox(common: Common, items: list[dict[str, Any]], waiting: int, full: bool) -> None:
    from cli.output import moment, print_json, print_table

    if common.as_json:
        print_json({"unread": waiting, "notices": items})
        return
    if full:
        for item in items:
            click.echo(f"#{item['id']}  {moment(item['at'])}  {item['subject']}\n{item['text']}")
    else:
        print_table(
            (_("No."), _("When"), _("Read"), _("Subject")),
            [(i["id"], moment(i["at"]), i["read"], i["subject"]) for i in items],
            _("No notices."),
        )
    click.echo(_("{n} unread").format(n=waiting))
