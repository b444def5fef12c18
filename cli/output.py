"""What the terminal shows: JSON, tables that know the width of Chinese, confirmations."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from config.i18n import gettext as _

_COLOURS = {"green": "green", "yellow": "yellow", "red": "red", "grey": "bright_black"}


def print_json(data: Any) -> None:
    """Data as JSON, readable by people and programs."""
    click.echo(json.dumps(plain(data), ensure_ascii=False, indent=2))


def plain(data: Any) -> Any:
    """Data of only those kinds that JSON has."""
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        return {f.name: plain(getattr(data, f.name)) for f in dataclasses.fields(data)}
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, str | int | float | bool) or data is None:
        return data
    if isinstance(data, datetime | date):
        return data.isoformat()
    if isinstance(data, timedelta):
        return data.total_seconds()
    if isinstance(data, Path):
        return str(data)
    return [plain(value) for value in data] if isinstance(data, Iterable) else str(data)


def print_table(titles: Sequence[str], rows: Iterable[Sequence[Any]], empty: str = "") -> None:
    """Rows in columns; on a terminal cells wrap, in a file they stay whole."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(Text(title), overflow="fold")
    count = 0
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
        count += 1
    if not count:
        click.echo(empty or _("(nothing)"))
        return
    width = None if sys.stdout.isatty() else 400
    console = Console(file=sys.stdout, width=width, highlight=False)
    with console.capture() as capture:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines() if line.strip()))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return "、".join(_cell(v) for v in value)
    return str(value)


def moment(text: str | None) -> str:
    """A moment of a case file as people read it."""
    return text.replace("T", " ")[:16] if text else "-"


def light(colour: str, reason: str) -> str:
    """A light with its reason, coloured on a terminal."""
    from workflow.wording import word

    name = f"{word('light', colour)} ({word('reason', reason)})"
    return click.style(name, fg=_COLOURS.get(colour))


def line(label: str, value: Any, indent: int = 0) -> None:
    """One labelled line, left out when there is nothing to say."""
    if value not in (None, "", [], ()):
        click.echo(" " * indent + pair(label, _cell(value)))


def pair(label: str, text: str) -> str:
    """A label and what it is about, with the punctuation of the language."""
    return _("{label}: {text}").format(label=label, text=text)


def print_row_faults(faults: Iterable[Any]) -> None:
    """Faults of a file's rows, a line each, with the remedy."""
    for fault in faults:
        click.echo(
            _("Row {row}, column {column}, value {value}: {message}").format(
                row=fault.row,
                column=fault.column or "-",
                value=repr(fault.value),
                message=fault.message,
            )
            + (f" -> {fault.remedy}" if fault.remedy else "")
        )
