"""What a document says, part by part, before it is laid out. Frozen as JSON when prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

BODY, FIRST, SECOND, THIRD, FOURTH = range(5)
"""Levels of a paragraph: plain text, then 一、 · （一） · 1. · （1）."""


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph; its numeral, if any, stands in the text."""

    text: str
    level: int = BODY


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled cell of a form."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: columns with their relative widths, and rows of texts."""

    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Annex:
    """附件: begins on a new page, with its title on line 3."""

    title: str
    grid: Grid


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document's parts in the order of GB/T 9704-2012. `title` holds its line breaks.

    `layout` is `file` (文件格式), `letter` (信函格式) or `form`. `with_seal` leaves the place of a
    seal; `upward` names the signer beside the number. `imprint_to`: addressees too
    many for page 1, which stand in 版记.
    """

    layout: str
    mark: str
    title: str
    issuer: str
    addressees: str = ""
    paragraphs: tuple[Para, ...] = ()
    attachments: tuple[str, ...] = ()
    note: str = ""
    annexes: tuple[Annex, ...] = ()
    copies: str = ""
    imprint_to: str = ""
    printed_by: str = ""
    rows: tuple[Row, ...] = ()
    grid: Grid | None = None
    strips: tuple[str, ...] = ()
    copy_no: str = ""
    secrecy: str = ""
    urgency: str = ""
    with_seal: bool = True
    upward: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @property
    def imprint(self) -> tuple[str, ...]:
        """The lines of 版记 before that of the printing office."""
        lines = (("主送", self.imprint_to), ("抄送", self.copies))
        return tuple(f"{label}：{names}。" for label, names in lines if names)

    @property
    def characters(self) -> int:
        """How many characters its words have, blanks not counted (the 4,000 of the rules)."""
        cells = [t for a in self.annexes for r in a.grid.rows for t in r]
        cells += [t for r in (self.grid.rows if self.grid else ()) for t in r]
        words = [self.title, *(p.text for p in self.paragraphs), *(r.text for r in self.rows)]
        return sum(len("".join(text.split())) for text in [*words, *cells])


def read(plain: Mapping[str, Any]) -> Sheet:
    """A sheet from JSON. Raises TypeError or KeyError for what is none."""
    given = dict(plain)
    grid = given.get("grid")
    return Sheet(
        **given
        | {
            "paragraphs": tuple(Para(**p) for p in given["paragraphs"]),
            "rows": tuple(Row(**r) for r in given["rows"]),
            "attachments": tuple(given["attachments"]),
            "strips": tuple(given["strips"]),
            "annexes": tuple(Annex(a["title"], _grid(a["grid"])) for a in given["annexes"]),
            "grid": _grid(grid) if grid else None,
        }
    )


def _grid(plain: Mapping[str, Any]) -> Grid:
    return Grid(
        tuple(plain["columns"]),
        tuple(plain["widths"]),
        tuple(tuple(row) for row in plain["rows"]),
    )


@dataclass(frozen=True, slots=True)
class Stamp:
    """What signing adds: number, date (`2026年9月28日`) and signer; `state` marks a draft or void.

    `moment` (ISO) is written into the file as its time, so that it depends on no clock.
    """

    number: str = ""
    date: str = ""
    signer: str = ""
    state: str = ""
    moment: str = "2026-01-01T00:00:00+00:00"
