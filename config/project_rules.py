"""Rules of the project library (`projects.toml`): size bands, and what each stage asks for."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, field_validator

from config.i18n import current_language
from config.projects import STAGES

WAN_IN_YI = 10_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Named(_Part):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def name(self) -> str:
        """In the present language."""
        return self.en if current_language() == "en" else self.zh


class Band(_Named):
    """A size band: reached by 亿元 or by 亿美元, inclusively (S2 2.8, S0)."""

    code: str = Field(pattern="^[a-z0-9_]+$")
    cny_yi: Decimal = Field(gt=0)
    usd_yi: Decimal = Field(gt=0)

    def holds(self, cny_yi: Decimal | None, usd_wan: Decimal | None) -> bool:
        """Whether an investment in 亿元, or one in 万美元, reaches the band."""
        in_yuan = cny_yi is not None and cny_yi >= self.cny_yi
        return in_yuan or (usd_wan is not None and usd_wan >= self.usd_yi * WAN_IN_YI)


class Check(_Named):
    """A line of a checklist."""


class Phase(_Named):
    """Stages that ask for the same, their checks and usual categories of issues (S3 3.3)."""

    code: str
    stages: tuple[str, ...]
    categories: tuple[str, ...]
    checks: tuple[Check, ...]

    @field_validator("stages")
    @classmethod
    def _known(cls, stages: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(stages) - set(STAGES):
            raise ValueError(f"unknown stages: {', '.join(sorted(unknown))}")
        return stages


class ProjectRules(_Part):
    """The whole file."""

    first_legacy_year: int
    last_legacy_year: int
    bands: tuple[Band, ...]
    phases: tuple[Phase, ...]

    def band_of(self, cny_yi: Decimal | None, usd_wan: Decimal | None) -> Band | None:
        """The largest band that an investment reaches; None below all, or where none is stated."""
        return next((band for band in self.bands if band.holds(cny_yi, usd_wan)), None)

    def band(self, code: str) -> Band | None:
        """A band by its code."""
        return next((band for band in self.bands if band.code == code), None)

    def phase_of(self, stage: str) -> Phase | None:
        """What a stage belongs to."""
        return next((phase for phase in self.phases if stage in phase.stages), None)


@cache
def project_rules() -> ProjectRules:
    """The shipped rules. Raises `ValueError` for a file that is wrong."""
    text = files("config").joinpath("projects.toml").read_text(encoding="utf-8")
    return ProjectRules.model_validate(tomllib.loads(text))
