"""`xiaohao rung`: steps that the ladder has prepared and a person must take."""

from __future__ import annotations

import click

from cli.kit import Command, Common, acting, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Issue or dismiss what the ladder has prepared."))
def rung() -> None:
    """Prepared steps."""


@rung.command("list", help=N_("Steps that wait for a person, highest level first."))
@reading
def list_(common: Common) -> None:
    """What waits, within the actor's scope."""
    from cli import session
    from cli.output import print_json, print_table
    from models.queries.issues import find_issue
    from workflow.commands.supervision import open_prepared
    from workflow.wording import kind_name, word

    with session.reading(common) as call:
        rows = [
            row
            for row in open_prepared(call.s)
            if find_issue(call.s, call.actor, row.task_number) is not None
        ]
        zone = call.zone
    if common.as_json:
        print_json(
            [
                {
                    "id": r.id,
                    "task": r.task_number,
                    "rung": r.rung,
                    "level": r.level,
                    "kind": r.kind,
                    "mode": r.mode,
                    "prepared_at": r.prepared_at.astimezone(zone),
                }
                for r in rows
            ]
        )
        return
    titles = (_("No."), _("Task"), _("Level"), _("Document"), _("Mode"), _("Prepared at"))
    print_table(
        titles,
        [
            (
                r.id,
                r.task_number,
                r.level,
                kind_name(r.kind),
                word("mode", r.mode),
                f"{r.prepared_at.astimezone(zone):%Y-%m-%d %H:%M}",
            )
            for r in rows
        ],
        _("Nothing waits for a decision."),
    )


def _decision(name: str, help_text: str, issue_it: bool) -> None:
    @click.argument("prepared_id", metavar="ID", type=int)
    @option("--reason", default="", help=N_("Why."))
    @acting
    def decide(common: Common, prepared_id: int, reason: str) -> None:
        from cli.perform import perform
        from workflow.commands.supervision import decide_prepared

        perform(
            common,
            lambda call: decide_prepared(
                call.s,
                actor=call.actor,
                prepared_id=prepared_id,
                issue_it=issue_it,
                reason=reason,
                now=call.now,
                expected_version=common.expected_version,
            ),
        )

    rung.add_command(click.command(name, cls=Command, help=help_text)(decide))


_decision("issue", N_("Issue a prepared step."), True)
_decision("dismiss", N_("Dismiss a prepared step."), False)
