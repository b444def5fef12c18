"""Rules of inspections, instructions, evaluations and commitments (`inspections.toml`)."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from config.i18n import current_language

Kind = Literal["patrol", "monthly", "quarterly", "site"]
KINDS: tuple[str, ...] = ("patrol", "monthly", "quarterly", "site")
"""日常巡查、月度点评、季度督查 (S2 2.2), 现场督查 (S3 3.1)."""
RULES: tuple[str, ...] = ("named", "red", "yellow", "unvisited", "lot")
"""How sites are chosen: by hand, by their light, because nobody has been there, by lot."""
OPERATORS: tuple[str, ...] = (">=", "<=", ">", "<", "=")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InspectionRules(_Part):
    """Days are calendar days."""

    unvisited_days: int = Field(ge=1)
    sample_size: int = Field(ge=1)
    most_sites: int = Field(ge=1, le=200)


class QuarterlyRules(_Part):
    """The clock's own suggestion, once a quarter."""

    suggest: bool
    working_days_before_end: int = Field(ge=1, le=60)


class InstructionRules(_Part):
    """Working days."""

    limit_wd: int = Field(ge=1)
    chase_every_wd: int = Field(ge=1)


class _Named(_Part):
    code: str
    zh: str
    en: str

    @property
    def name(self) -> str:
        """In the present language."""
        return self.en if current_language() == "en" else self.zh


class Indicator(_Named):
    """A figure of the evaluation and the unit it is given in."""

    unit: str


class Grade(_Named):
    """A result of the evaluation and what follows from it."""

    min_share: Decimal = Field(ge=0, le=1)
    consequence: str


def _falling(grades: tuple[Grade, ...]) -> tuple[Grade, ...]:
    shares = [grade.min_share for grade in grades]
    if not shares or shares != sorted(shares, reverse=True) or shares[-1] != 0:
        raise ValueError("min_share must fall from grade to grade and end with 0")
    return grades


class EvaluationRules(_Part):
    """`after_months` counts from the start of production, the limits in working days."""

    after_months: int = Field(ge=1)
    limit_wd: int = Field(ge=1)
    chase_every_wd: int = Field(ge=1)
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    grades: Annotated[tuple[Grade, ...], AfterValidator(_falling)]

    def indicator(self, code: str) -> Indicator | None:
        """The indicator of that code."""
        return next((one for one in self.indicators if one.code == code), None)

    def grade(self, code: str) -> Grade | None:
        """The grade of that code."""
        return next((one for one in self.grades if one.code == code), None)


class Rules(_Part):
    """The whole file."""

    inspection: InspectionRules
    quarterly: QuarterlyRules
    instruction: InstructionRules
    evaluation: EvaluationRules


def read(text: str) -> Rules:
    """Rules from TOML. Raises `ValueError` (pydantic's among them) for what is wrong."""
    values: dict[str, Any] = tomllib.loads(text)
    return Rules.model_validate(values)


@cache
def rules() -> Rules:
    """The rules in force."""
    return read(files("config").joinpath("inspections.toml").read_text(encoding="utf-8"))
