"""`xiaohao workflow`: drawing, activating and migrating definitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Common, group, option, reading
from cli.versions import add_versions
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Draw, activate and migrate workflow definitions."))
def workflow() -> None:
    """The state machines."""


@workflow.command("diagram", help=N_("Draw a state machine."))
@option(
    "--machine",
    type=click.Choice(["issue", "task"]),
    default="issue",
    show_default=True,
    help=N_("Which machine."),
)
@option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot"]),
    default="mermaid",
    show_default=True,
    help=N_("Format of the drawing."),
)
@option(
    "--workflow",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("The workflow definition; config/workflow.toml by default."),
)
def diagram(machine: str, form: str, file: Path | None) -> None:
    """As text, for any viewer."""
    from cli.files import read_text
    from config.workflow_definition import parse_workflow, shipped_workflow
    from workflow.diagram import diagram as draw

    source = read_text(file) if file else shipped_workflow()
    definition = parse_workflow(source, str(file or "config/workflow.toml"))
    click.echo(draw(definition.machine(machine), form), nl=False)


add_versions(
    workflow,
    "workflow",
    show=N_("Print the definition in force, or another version."),
    versions=N_("List the versions of the definition."),
    activate=N_("Put a definition in force for new issues."),
)


@workflow.command("migrate", help=N_("Move running issues to the definition in force."))
@option("--dry-run/--apply", "dry_run", default=None, help=N_("Only show, or do it."))
@option(
    "--mapping",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("TOML with tables [issue] and [task]: old state = new state."),
)
@option(
    "--to",
    "to_version",
    type=int,
    metavar="N",
    help=N_("Number of the version; the one in force by default."),
)
@reading
def migrate(
    common: Common, dry_run: bool | None, mapping: Path | None, to_version: int | None
) -> None:
    """A verdict per running issue; exit code 1 when an issue does not land."""
    from cli import session
    from workflow.migration import apply_migration, plan_migration

    if dry_run is None:
        raise click.UsageError(_("Give either --dry-run or --apply."))
    names = _mapping(mapping)
    if dry_run:
        with session.reading(common) as call:
            verdicts = plan_migration(call.s, to_version, names)
        _show(common, verdicts, None)
        left = [v for v in verdicts if v.verdict != "lands"]
    else:
        with session.writing(common) as call:
            result = apply_migration(call.s, call.actor, call.now, names, to_version)
        _show(common, result.moved + result.left, result.batch)
        left = result.left
    if left:
        raise click.exceptions.Exit(1)


def _mapping(path: Path | None) -> Any:
    from cli.files import read_text
    from config.texts import read_toml

    return read_toml(read_text(path), str(path)) if path else None


def _show(common: Common, verdicts: list[Any], batch: str | None) -> None:
    from cli.output import print_json, print_table

    if common.as_json:
        print_json({"batch": batch, "applied": batch is not None, "verdicts": verdicts})
        return
    words = {
        "lands": _("lands"),
        "needs_mapping": _("needs a mapping"),
        "refused": _("cannot be moved"),
    }
    print_table(
        (_("Issue"), _("From version"), _("To version"), _("Verdict"), _("States"), _("Reasons")),
        [
            (
                v.issue_number,
                v.from_version,
                v.to_version,
                words[v.verdict],
                [f"{name}: {old} → {new}" for name, (old, new) in v.states.items()],
                v.reasons,
            )
            for v in verdicts
        ],
        _("No running issue is under another definition."),
    )
    landing = sum(v.verdict == "lands" for v in verdicts)
    if batch is not None:
        click.echo(
            _("Moved: {n}; left: {m}; batch {batch}").format(
                n=landing, m=len(verdicts) - landing, batch=batch
            )
        )
