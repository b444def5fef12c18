"""The library of a snapshot as the formulas read it: lists, dates, amounts of one year. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from projects import months
from projects.sections.shared import decimal

Project = dict[str, Any]
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """A year up to the end of one of its months, as date texts that compare as dates do."""

    year: int
    month: str

    @property
    def begin(self) -> str:
        """The first day of the year."""
        return f"{self.year:04d}-01-01"

    @property
    def end(self) -> str:
        """The last day of the month."""
        return months.last_day(self.month).isoformat()

    def holds(self, day: str | None) -> bool:
        """Whether a day lies within."""
        return day is not None and self.begin <= day <= self.end

    def reached(self, day: str | None) -> bool:
        """Whether a day is past by the end of the span."""
        return day is not None and day <= self.end

    @property
    def year_before(self) -> Span:
        """The same span a year earlier."""
        return Span(self.year - 1, months.moved(self.month, -12))


@dataclass(slots=True)
class LibraryView:
    """Projects of a zone (`whole`; all where empty) by the lists that they are on."""

    content: Content
    whole: str = ""
    _listed: dict[tuple[str, int], list[tuple[Project, dict[str, Any]]]] = field(init=False)
    _figures: dict[int, dict[str, Any]] = field(init=False)
    _amounts: dict[tuple[int, str], list[tuple[str, Decimal]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listed = defaultdict(list)
        for project in self.content.get("projects", ()):
            if self.whole and project["zone"] not in ("", self.whole):
                continue
            for listing in project["listings"]:
                self._listed[listing["list_code"], listing["year"]].append((project, listing))
        self._figures = {row["id"]: row for row in self.content.get("figures", ())}

    @property
    def year(self) -> int:
        """The year of the content's month."""
        return months.year_of(self.content["month"])

    def carried(self, list_code: str, year: int) -> bool:
        """Whether the library holds that list of that year at all."""
        return bool(self._listed.get((list_code, year)))

    def on_list(self, list_code: str, span: Span) -> list[tuple[Project, dict[str, Any]]]:
        """Projects on a list of the span's year at its end, each with its place on the list."""
        return [
            (project, listing)
            for project, listing in self._listed.get((list_code, span.year), ())
            if (listing["listed_on"] is None or span.reached(listing["listed_on"]))
            and not span.reached(listing["removed_on"])
        ]

    def invested(self, project_id: int, which: str, span: Span) -> Decimal | None:
        """A project's `reported` or `statistical` investment of the span in 亿元.

        None where nothing was reported. Of the year before only the same months are known.
        """
        row = self._figures.get(project_id)
        if row is None:
            return None
        if span.year != self.year:
            return decimal(row["last_year"][which])
        stated = [amount for month, amount in self._stated(row, which) if month <= span.month]
        return sum(stated, Decimal()) if stated else None

    def _stated(self, row: dict[str, Any], which: str) -> list[tuple[str, Decimal]]:
        """The amounts of a project that were reported, by month."""
        key = (row["id"], which)
        if key not in self._amounts:
            self._amounts[key] = [
                (month, Decimal(one[which]))
                for month, one in row["months"].items() if one[which] is not None
            ]  # fmt: skip
        return self._amounts[key]
