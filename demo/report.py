"""The summary as tables, in the language of whoever reads it."""

from __future__ import annotations

import os
from io import StringIO

from rich.console import Console
from rich.table import Table

from config.i18n import gettext as _
from config.settings import settings
from demo.figures import PHASES, Summary
from notifications.kinds import KINDS
from workflow.wording import kind_name, role_name, word

LIGHTS = {"green": "green", "yellow": "yellow", "red": "red", "grey": "bright_black"}
OUTCOMES = ("fired", "prepared", "proposed", "superseded")
SHOWN = 12
"""How many faults of a kind are listed by name."""


def render(summary: Summary, *, colour: bool = False, width: int = 100) -> str:
    """Every table one after another."""
    console = Console(
        file=StringIO(), width=width, force_terminal=colour, no_color=not colour, highlight=False
    )
    for table in (_phases(summary), _rungs(summary), _notices(summary), _checks(summary)):
        console.print(table)
    for line in faults(summary):
        console.print(line, markup=False)
    if summary.cards:
        console.print(_cards(summary))
        for line in _where(summary):
            console.print(line, markup=False, soft_wrap=True)
    text = console.file.getvalue() if isinstance(console.file, StringIO) else ""
    return text.rstrip("\n")


def _table(title: str, *, show_header: bool = True) -> Table:
    return Table(title=title, title_justify="left", min_width=66, show_header=show_header)


def _phases(summary: Summary) -> Table:
    table = _table(_("Sample ledger (demonstration data): issues by phase and light"))
    table.add_column(_("Phase"))
    for light, style in LIGHTS.items():
        table.add_column(word("light", light), justify="right", style=style)
    table.add_column(_("Total"), justify="right")
    for phase in PHASES:
        counts = [summary.phases[phase, light] for light in LIGHTS]
        table.add_row(word("phase", phase), *map(str, counts), str(sum(counts)))
    totals = [sum(summary.phases[phase, light] for phase in PHASES) for light in LIGHTS]
    table.add_section()
    table.add_row(_("Total"), *map(str, totals), str(sum(totals)))
    return table


def _rungs(summary: Summary) -> Table:
    table = _table(_("Rungs of the ladder"))
    table.add_column(_("Level"), justify="right")
    table.add_column(_("Document"))
    for name in (_("Sent"), _("Prepared"), _("Proposed"), _("Superseded")):
        table.add_column(name, justify="right")
    kinds = sorted({(level, kind) for level, kind, _outcome in summary.rungs})
    for level, kind in kinds:
        counts = [summary.rungs[level, kind, outcome] for outcome in OUTCOMES]
        table.add_row(str(level), kind_name(kind), *(str(n) if n else "" for n in counts))
    return table


def _notices(summary: Summary) -> Table:
    table = _table(_("Notices by kind"))
    table.add_column(_("Kind"))
    table.add_column(_("People told"), justify="right")
    for kind in KINDS:
        if summary.notices[kind]:
            table.add_row(kind_name(kind), str(summary.notices[kind]))
    table.add_section()
    table.add_row(_("Total"), str(summary.notices.total()))
    table.add_row(_("Bundled into messages"), str(summary.messages))
    return table


def _checks(summary: Summary) -> Table:
    table = _table(_("Can it be believed?"), show_header=False)
    table.add_column()
    table.add_column()
    for name, text in _lines(summary):
        table.add_row(name, text)
    return table


def _cards(summary: Summary) -> Table:
    table = _table(_("Sign in as (demonstration accounts, one a role)"))
    for name in (_("Role"), _("Unit"), _("Username"), _("Password")):
        table.add_column(name)
    for card in summary.cards:
        table.add_row(role_name(card.role), card.unit, card.username, card.password)
    return table


def _where(summary: Summary) -> list[str]:
    address = settings().base_url
    served = os.environ.get("SERVE") != "0"  # as the Makefile says it
    return [
        _("Open {address} and sign in.").format(address=address)
        if served
        else _("Serve it with {command}, then open {address} and sign in.").format(
            command=_serving(summary), address=address
        ),
        _("The accounts are also in {path}.").format(path=summary.cards_file),
        _("Everybody else's password is the same; names: xiaohao person list"),
    ]


def _serving(summary: Summary) -> str:
    return (
        f"XIAOHAO_DATABASE_URL={summary.url} XIAOHAO_FOLDER_DIR={summary.notices_folder}"
        " .venv/bin/xiaohao serve"
    )


def _lines(summary: Summary) -> list[tuple[str, str]]:
    total = summary.balance.total
    lines = [
        (_("On-time rate"), str(summary.on_time)),
        (_("Ledger balance"), _(
            "{verdict}: opened {opened} = open {open} + closed {closed} + not accepted {rejected}"
            " + merged {merged}; relapses {relapses}"
        ).format(
            verdict=_verdict(summary.balance.balanced), opened=total.opened, open=total.open,
            closed=total.closed, rejected=total.rejected, merged=total.merged,
            relapses=total.relapses,
        )),
        (_("Audit of the history"), _("{verdict}: {events} events in {streams} chains").format(
            verdict=_verdict(summary.audit.ok), events=summary.audit.events,
            streams=summary.audit.streams)),
        (_("Watchdog"), _("{verdict}: {n} findings").format(
            verdict=_verdict(not summary.findings), n=len(summary.findings))),
        (_("Acts, rungs, limits and lights shown"), f"{summary.covered}"),
        (_("Totals of the annexes that equal their rows"), f"{summary.annexes}"),
    ]  # fmt: skip
    if summary.replayed is not None:
        name = _("Public ledger replayed: verdicts equal to the city's own")
        lines.append((name, f"{summary.replayed}"))
    return lines


def _verdict(good: bool) -> str:
    return _("correct") if good else _("WRONG")


def faults(summary: Summary) -> list[str]:
    """What does not hold, by name; empty when everything does."""
    unbalanced = [f"{r.dimension} {r.key}" for r in summary.balance.rows if not r.balanced]
    broken = [f"{f.issue_number} #{f.seq} {f.kind}" for f in summary.audit.faults]
    found = [f"{f.kind} {f.subject}: {f.detail}" for f in summary.findings]
    listed = (
        (_("Not shown by the sample ledger: {names}"), summary.missing),
        (_("Out of balance: {names}"), unbalanced),
        (_("Faults in the history: {names}"), broken),
        (_("Found by the watchdog: {names}"), found),
        (_("Verdicts that differ from the city's: {names}"), summary.disagreements),
    )
    return [text.format(names=", ".join(names[:SHOWN])) for text, names in listed if names]
