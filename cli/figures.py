"""`xiaohao figures`: monthly figures of projects, frozen months."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, group, option, reading
from cli.target_kit import DRY, MONTH, business, done, path_of
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Monthly figures of projects: report, import, freeze, show."))
def figures() -> None:
    """Monthly figures."""


@figures.command("report", help=N_("Report a project's figures of a month, in 100 million yuan."))
@click.argument("project", metavar="PROJECT")
@MONTH
@option("--reported", metavar="AMOUNT", help=N_("Reported investment of the month."))
@option("--statistical", metavar="AMOUNT", help=N_("Statistical investment of it."))
@option("--progress", help=N_("Physical progress at its end."))
@option("--note", help=N_("A note."))
@option("--reason", default="", help=N_("Why a frozen month is corrected (the office chief)."))
@reading
def report(
    common: Common, project: str, month: str, reported: str | None, statistical: str | None,
    progress: str | None, note: str | None, reason: str,
) -> None:  # fmt: skip
    """PROJECT: its number, code or full name. What is not named stays; "" takes it back."""
    from cli.session import writing
    from projects.figures import freezing
    from projects.figures.amounts import wan
    from projects.figures.commands import completed, report_figures
    from projects.months import checked

    amounts = (("reported", reported), ("statistical", statistical))
    given: dict[str, Any] = {
        f"{name}_wan": wan(text, name) for name, text in amounts if text is not None
    }
    texts = (("progress", progress), ("note", note))
    given |= {name: text for name, text in texts if text is not None}
    with writing(common) as call:
        key = _project(call, project)
        figure = completed(call.s, checked(month), key, given)
        if reason:
            freezing.correct(call.s, month=month, reason=reason, actor=call.actor, now=call.now,
                             corrected=[figure])  # fmt: skip
        else:
            report_figures(call.s, month=month, figures=[figure], actor=call.actor, now=call.now)
    done(common, {"project": key, "month": month}, _("The figures were saved."))


@figures.command("import", help=N_("Import the figures of many projects, whole or not at all."))
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@MONTH
@DRY
@reading
def import_figures(common: Common, path: str, month: str, dry_run: bool) -> None:
    """A blank cell leaves what stands there."""
    from cli.session import writing
    from projects.figures import imports as figure_import
    from projects.tables_in import read_table

    table = read_table(path_of(path), figure_import.NAMES, figure_import.NEEDED)
    with writing(common) as call:
        do = figure_import.preview if dry_run else figure_import.apply
        found = do(call.s, table, month=month, actor=call.actor, now=call.now)
    counts = {"rows": len(found.entries), "changed": len(found.changed)}
    text = _("{rows} rows, {changed} changed.").format(**counts)
    done(common, counts | {"dry_run": dry_run}, text)


@figures.command("freeze", help=N_("Freeze a month that has ended."))
@MONTH
@option("--reason", default="", help=N_("Why a month that is frozen already is frozen again."))
@reading
def freeze(common: Common, month: str, reason: str) -> None:
    """For the office chief."""
    from cli.session import writing
    from projects import snapshots

    with writing(common) as call:
        made = snapshots.freeze(call.s, month, call.actor, call.now, reason)
    data = {"month": month, "edition": made.edition, "digest": made.digest}
    text = _("{month} is frozen, edition {edition}, SHA-256 {digest}.").format(**data)
    done(common, data, text)


@figures.command("show", help=N_("The figures of a month; without one: the frozen months."))
@option("--month", default="", metavar="MONTH", help=N_("The month, e.g. 2026-09."))
@reading
def show(common: Common, month: str) -> None:
    """Figures within the reader's view, or the editions of every frozen month."""
    from cli.output import print_json, print_table
    from cli.session import reading as opened

    with opened(common) as call:
        business(call)
        rows = _figures(call, month) if month else _editions(call)
    if common.as_json:
        print_json(rows)
        return
    of_month = (_("Project"), _("Reported investment"), _("Statistical investment"),
                _("Physical progress"), _("Note"))  # fmt: skip
    frozen = (_("Month"), _("Edition"), _("Frozen at"), _("Reason"), "SHA-256")
    print_table(of_month if month else frozen, [tuple(row.values()) for row in rows])


@figures.command("missing", help=N_("Projects of which no amount is reported for a month."))
@option("--month", default="", metavar="MONTH", help=N_("The month, e.g. 2026-09."))
@reading
def missing(common: Common, month: str) -> None:
    """Of those that you answer for, or oversee; without a month: of the last."""
    from cli.output import print_json, print_table
    from cli.session import reading as opened
    from projects import months
    from projects.figures import dates, reminders
    from workflow.context import context

    with opened(common) as call:
        business(call)
        month = months.checked(month) if month else months.reported_now(call.s, call.now)
        due, directory = dates.due_on(call.s, month), context(call.s).directory
        rows = [
            {"project": r.id, "name": r.name, "board": directory.unit_name(r.board_id),
             "month": month, "due_on": due}
            for r in reminders.missing_for(call.s, month, call.actor)
        ]  # fmt: skip
    if common.as_json:
        print_json(rows)
        return
    titles = (_("No."), _("Project"), _("Town or street"), _("Month"), _("Due"))
    print_table(titles, [tuple(row.values()) for row in rows], _("Nothing is missing."))


def _figures(call: Any, month: str) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from models import tables
    from models.queries.projects import visible_projects
    from projects import months
    from projects.sections.shared import yi_text
    from workflow.context import context

    m, p = tables.project_month, tables.project
    chosen = select(m, p.c.name).join(p, p.c.id == m.c.project_id).where(
        m.c.month == months.checked(month),
        visible_projects(call.actor, context(call.s).directory),
    )  # fmt: skip
    return [
        {"project": r.name, "reported": yi_text(r.reported_wan),
         "statistical": yi_text(r.statistical_wan), "progress": r.progress, "note": r.note}
        for r in call.s.execute(chosen.order_by(m.c.project_id))
    ]  # fmt: skip


def _editions(call: Any) -> list[dict[str, Any]]:
    from projects import snapshots

    return [
        {"month": e.month, "edition": e.edition,
         "at": e.at.astimezone(call.zone).strftime("%Y-%m-%d %H:%M"), "reason": e.reason,
         "digest": e.digest}
        for e in snapshots.editions(call.s)
    ]  # fmt: skip


def _project(call: Any, text: str) -> int:
    """A project's number by number, code or name; 0 for none, which nobody may know of."""
    from sqlalchemy import or_, select

    from models import tables

    p = tables.project.c
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    found = call.s.execute(select(p.id).where(or_(p.name == text, p.code == text))).first()
    return int(found.id) if found else 0
