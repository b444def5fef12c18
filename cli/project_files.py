"""`xiaohao project merge`, `import` and `export`: two sides compared, and files in and out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from cli.kit import Command, Common, option, reading
from cli.project_kit import FILE, LIST_CODES, done, narrowed, pairs_of, wanted
from config.i18n import N_
from config.i18n import gettext as _


@click.command("merge", cls=Command, help=N_("Compare two records, or merge OTHER into KEEP."))
@click.argument("keep", metavar="KEEP", type=int)
@click.argument("other", metavar="OTHER", type=int)
@option("--choose", "chosen", multiple=True, metavar="FIELD=keep|take",
        help=N_("Which side holds for a field; may be repeated."))  # fmt: skip
@option("--expect", metavar="DIGEST", help=N_("Merge, if the records are still as compared."))
@reading
def merge(
    common: Common, keep: int, other: int, chosen: tuple[str, ...], expect: str | None
) -> None:
    """Without --expect the two sides are shown and nothing is written."""
    from cli import session
    from cli.output import print_json
    from projects.library import merging

    if expect is None:
        with session.reading(common) as call:
            found = merging.compare(call.s, actor=call.actor, keep=keep, other=other)
        if common.as_json:
            print_json({"differences": found.differences, "digest": found.digest})
            return
        _print_differences(found.differences)
        click.echo(_("To merge them: --expect {digest}").format(digest=found.digest))
        return
    with session.writing(common) as call:
        made = merging.merge(call.s, actor=call.actor, keep=keep, other=other,
                             choices=pairs_of(chosen), expect=expect, now=call.now)  # fmt: skip
    done(common, made, _("The records were merged into project {id}.").format(id=made.id))


def _print_differences(found: Any) -> None:
    from projects.library.comparing import label

    for one in found:
        sides = f"{one.ours or '-'} | {one.theirs}"
        click.echo(
            _("{label}: {text}").format(label=f"{label(one.field)} ({one.field})", text=sides)
        )


@click.command("import", cls=Command, help=N_("Compare a list with the library, or take it."))
@click.argument("file", metavar="FILE", type=FILE)
@option("--list", "list_code", type=click.Choice(LIST_CODES), required=True, help=N_("Which list."))
@option("--year", type=int, required=True, metavar="YEAR", help=N_("Of which year."))
@option("--library", required=True, help=N_("Library that the list is from."))
@option("--as-of", metavar="DATE", help=N_("Day of the list; today by default."))
@option("--rest", type=click.Choice(("keep", "take")), default=None,
        help=N_("Which side holds where nothing was chosen."))  # fmt: skip
@option("--choose", "chosen", multiple=True, metavar="ROW:FIELD=keep|take",
        help=N_("Which side holds for a field of a row; may be repeated."))  # fmt: skip
@option("--doubtful", multiple=True, metavar="ROW=same|skip",
        help=N_("Whether a doubtful row is the same project; may be repeated."))  # fmt: skip
@option("--partial", is_flag=True, help=N_("Take good rows although others are refused."))
@option("--expect", metavar="DIGEST", help=N_("Take it, if everything is still as shown."))
@reading
def import_list(
    common: Common, file: Path, list_code: str, year: int, library: str, as_of: str | None,
    rest: str | None, chosen: tuple[str, ...], doubtful: tuple[str, ...], partial: bool,
    expect: str | None,
) -> None:  # fmt: skip
    """Without --expect the differences are shown and nothing is written."""
    from cli import session
    from cli.files import needed
    from projects.library.imports import taking
    from projects.library.imports.plan import Target
    from workflow.typed import parse_date

    needed(file)
    with (session.writing if expect else session.reading)(common) as call:
        day: date = parse_date(as_of, "as_of") if as_of else call.now.astimezone(call.zone).date()
        target = Target(list_code, year, library, day)
        if expect is None:
            found = taking.read(call.s, actor=call.actor, path=file, target=target)
            _print_plan(common, found)
            return
        choices = taking.Choices(_rows(chosen), _doubts(doubtful), rest or "", partial)
        made = taking.take(call.s, actor=call.actor, path=file, target=target, choices=choices,
                           expect=expect, now=call.now)  # fmt: skip
    counts = ("added", "changed", "listed", "unchanged", "left_out")
    told = {name: getattr(made, name) for name in counts}
    done(common, told, _(
        "Added: {added}, changed: {changed}, only put on the list: {listed}, the same: {unchanged},"
        " left out: {left_out}."
    ).format(**told))  # fmt: skip


KINDS = {
    "new": N_("new"), "different": N_("different, or new on the list"), "same": N_("the same"),
    "doubtful": N_("doubtful"), "refused": N_("row refused"),
}  # fmt: skip


def _print_plan(common: Common, found: Any) -> None:
    from cli.output import print_json

    plan = found.plan
    if common.as_json:
        rows = [_told(row) for row in plan.rows]
        told = {"counts": plan.counts, "rows": rows, "unknown": found.unknown}
        print_json(told | {"digest": plan.digest})
        return
    for row in plan.rows:
        head = _("Row {n}").format(n=row.entry.number)
        click.echo(f"{head}: {_(KINDS[row.kind])} {row.entry.text('name')}")
        _print_differences(row.differences)
        for reason in row.reasons:
            click.echo(f"  {reason}")
    if found.unknown:
        names = ", ".join(found.unknown)
        click.echo(_("These columns are not known and left out: {names}.").format(names=names))
    click.echo(_("To take the list: --expect {digest}").format(digest=plan.digest))


def _told(row: Any) -> dict[str, Any]:
    return {
        "row": row.entry.number,
        "kind": row.kind,
        "project": row.project,
        "differences": row.differences,
        "reasons": row.reasons,
    }


@click.command("export", cls=Command, help=N_("Write the projects that you may see to a file."))
@option("--format", "fmt", type=click.Choice(["xlsx", "csv"]), default="xlsx", show_default=True,
        help=N_("Format of the file."))  # fmt: skip
@option("--out", type=FILE, required=True, metavar="FILE", help=N_("Where to."))
@narrowed
@reading
def export(common: Common, fmt: str, out: Path, **given: Any) -> None:
    """An import knows its headings again."""
    from cli import session
    from projects.library import export as writer

    with session.reading(common) as call:
        n = writer.write(call.s, call.actor, wanted(call, given), out, fmt, call.now)
    text = _("{n} projects written to {path}.").format(n=n, path=out)
    done(common, {"projects": n, "file": out, "format": fmt}, text)


def _rows(pairs: tuple[str, ...]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, choice in pairs_of(pairs).items():
        row, _colon, field = name.partition(":")
        found.setdefault(_number(row), {})[field] = choice
    return found


def _doubts(pairs: tuple[str, ...]) -> dict[int, str]:
    return {_number(row): choice for row, choice in pairs_of(pairs).items()}


def _number(text: str) -> int:
    from workflow.errors import Malformed, Reason

    if text.isascii() and text.isdigit() and len(text) < 8:
        return int(text)
    message = _("{text} is no number of a row.").format(text=text[:40])
    raise Malformed(Reason("row_malformed", message, "row", _("Write e.g. 2:owner=take.")))
