"""The command `xiaohao`: one file per group of commands, loaded when called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

import click

from cli import faults
from cli.click_texts import speak_our_language
from cli.kit import Group, Late, Option, option
from config.i18n import DEFAULT_LANGUAGE, LANGUAGES, N_, language, normalise

COMMANDS = {
    "db": Late("cli.database", "db", N_("Prepare the database and see its state.")),
    "policy": Late("cli.policy", "policy", N_("Check, simulate and activate policies.")),
    "workflow": Late(
        "cli.workflow_definition",
        "workflow",
        N_("Draw, activate and migrate workflow definitions."),
    ),
    "calendar": Late("cli.calendar", "calendar", N_("Check, import and edit the calendar.")),
    "unit": Late("cli.organisation", "unit", N_("Add and list units.")),
    "person": Late("cli.organisation", "person", N_("Add people, give and take rights.")),
    "account": Late("cli.account", "account", N_("Make accounts, set passwords anew, unlock.")),
    "token": Late("cli.token", "token", N_("Make, list and revoke keys of the API.")),
    "issue": Late("cli.issue", "issue", N_("Report, plan, dispatch, approve and see issues.")),
    "task": Late("cli.task", "task", N_("Acknowledge, report on, submit and verify tasks.")),
    "request": Late("cli.request", "request", N_("Ask for return, extension, parking, change.")),
    "rule": Late("cli.rule", "rule", N_("Rule on requests.")),
    "rung": Late("cli.rung", "rung", N_("Issue or dismiss what the ladder has prepared.")),
    "document": Late(
        "cli.document", "document", N_("Official documents: numbers, signatures, receipts, files.")
    ),
    "kpi": Late("cli.kpi", "kpi", N_("Figures of units by month: show, check, export.")),
    "bulletin": Late(
        "cli.bulletin",
        "bulletin",
        N_("Monthly bulletins: draft, check, sign, issue, make again."),
    ),
    "meeting": Late(
        "cli.meeting", "meeting", N_("Dispatch meetings: plan, choose items, decide, close, pack.")
    ),
    "coordination": Late(
        "cli.coordination", "coordination", N_("Coordination levels: who can solve an issue.")
    ),
    "template": Late(
        "cli.template", "template", N_("Write, check and publish the texts of notices.")
    ),
    "milestone": Late(
        "cli.milestone", "milestone", N_("Plans of projects: milestones, permits, lights.")
    ),
    "inbox": Late("cli.inbox", "inbox", N_("Read the notices sent to you.")),
    "outbox": Late("cli.outbox", "outbox", N_("See and retry the messages that go out.")),
    "channels": Late("cli.channels", "channels", N_("See the channels for notices, and try them.")),
    "source": Late(
        "cli.source", "source", N_("Platforms that hand issues in, and the news to them.")
    ),
    "target": Late(
        "cli.target", "target", N_("Plans of targets: list, edit, check totals, import.")
    ),
    "figures": Late(
        "cli.figures", "figures", N_("Monthly figures of projects: report, import, freeze, show.")
    ),
    "demand": Late("cli.demand", "demand", N_("Demands of enterprises.")),
    "search": Late("cli.demand", "search", N_("The index of like issues and demands.")),
    "tick": Late("cli.engine", "tick", N_("Fire everything that is due, once.")),
    "worker": Late("cli.engine", "worker", N_("Run the scheduler until it is told to stop.")),
    "serve": Late("cli.engine", "serve", N_("Run the web server and the scheduler.")),
    "backup": Late(
        "cli.keeping", "backup", N_("Write everything into one file, while the system works.")
    ),
    "restore": Late("cli.keeping", "restore", N_("Restore a backup into an empty database.")),
    "archive": Late(
        "cli.archive", "archive", N_("Move closed issues into files, verify them, read them back.")
    ),
    "watchdog": Late("cli.engine", "watchdog", N_("Check that nothing is overdue unseen.")),
    "audit": Late("cli.audit", "audit", N_("Verify and anchor the history.")),
    "project": Late("cli.project", "project", N_("Keep the library of key projects.")),
    "ledger": Late("cli.ledger", "ledger", N_("Reconcile the ledger.")),
    "import": Late("cli.ledger", "import_command", N_("Take issues from a ledger file.")),
    "export": Late("cli.ledger", "export", N_("Write the ledger to a file.")),
    "inspection": Late(
        "cli.inspection",
        "inspection",
        N_("Inspections: plan, note findings, make issues of them, close."),
    ),
    "instruction": Late(
        "cli.instruction", "instruction", N_("Leaders' instructions and the answers to them.")
    ),
    "evaluation": Late(
        "cli.evaluation",
        "evaluation",
        N_("Evaluations a year after the start of production, and commitments."),
    ),
    "replay": Late("cli.replay", "replay", N_("Play a historical ledger through the engine.")),
    "demo": Late("cli.demo_command", "demo", N_("Play the demonstration.")),
}


class Root(Group):
    """Chooses the language first, and turns every refusal into text and an exit code."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        """Run the command line; `args` without the program's name."""
        chosen, words = _language(list(sys.argv[1:] if args is None else args))
        speak_our_language()
        with language(chosen):
            return super().main(words, *rest, obj=tuple(words), **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it refuses is printed, with every reason."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get("XIAOHAO_LOG_LEVEL", "").upper() == "DEBUG":
                raise
            ctx.exit(faults.answer(error, as_json=_wants_json(ctx)))


def _language(words: list[str]) -> tuple[str, list[str]]:
    """The language that the words or the environment ask for, and the words without it.

    `--lang` may stand anywhere. One that is not known is put in front, where Click refuses it.
    """
    asked, rest, place = None, [], 0
    while place < len(words):
        word, place = words[place], place + 1
        if word == "--":
            rest += words[place - 1 :]
            break
        if word == "--lang" and place < len(words):
            asked, place = words[place], place + 1
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
        else:
            rest.append(word)
    fallback = normalise(os.environ.get("XIAOHAO_LANG", "")) or DEFAULT_LANGUAGE
    if asked is not None and normalise(asked) is None:
        return fallback, ["--lang", asked, *rest]
    return (normalise(asked) if asked else None) or fallback, rest


def _wants_json(ctx: click.Context) -> bool:
    return "--json" in (ctx.obj or ())


@click.group(
    cls=Root,
    late=COMMANDS,
    help=N_("Xiaohao (销号): issues are found, broken down, handed over, chased and closed."),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@option(
    "--lang",
    type=click.Choice(LANGUAGES),
    expose_value=False,
    help=N_("Language of texts; XIAOHAO_LANG by default."),
)
@click.version_option(
    package_name="xiaohao",
    prog_name="xiaohao",
    cls=Option,
    help=N_("Show the version and exit."),
)
def cli() -> None:
    """All commands."""


def main() -> None:
    """Entry point of the script `xiaohao`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show it gets a mark
            stream.reconfigure(errors="replace")
    cli.main(prog_name="xiaohao")


if __name__ == "__main__":
    main()
