"""Settings of official documents (`documents.toml`): issuers, the rule on notices, fonts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from config.settings import settings


class Issuer(BaseModel):
    """An issuing office: the red name, the word of its numbers (机关代字), the name at the end."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    mark: str = Field(min_length=1, max_length=120)
    word: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=120)


class Fonts(BaseModel):
    """Families by the role that GB/T 9704-2012 gives them, best first."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    xiaobiaosong: tuple[str, ...] = Field(min_length=1)
    fangsong: tuple[str, ...] = Field(min_length=1)
    kaiti: tuple[str, ...] = Field(min_length=1)
    heiti: tuple[str, ...] = Field(min_length=1)
    songti: tuple[str, ...] = Field(min_length=1)


class DocumentRules(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    characters: int = Field(ge=1)
    feedback_days: int = Field(ge=1, le=60)
    directive_forms: frozenset[str]
    party_and_government: frozenset[str]
    may_direct: frozenset[str]
    submit_to: str
    issuers: dict[str, Issuer]
    fonts: Fonts

    def issuer(self, code: str, name: str) -> Issuer:
        """The office behind a unit's code; a unit that is not listed goes by its own name."""
        return self.issuers.get(code) or Issuer(mark=name, word=name[:40], name=name)


def document_rules() -> DocumentRules:
    """The shipped rules, or those with the office's own file laid over them.

    Raises `ValueError` (pydantic's among them) for a file that is wrong, `OSError` for none.
    """
    return _rules(settings().documents_file)


@cache
def _rules(path: Path | None) -> DocumentRules:
    shipped = files("config").joinpath("documents.toml").read_text(encoding="utf-8")
    values = tomllib.loads(shipped)
    own = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path is not None else {}
    return DocumentRules.model_validate(_laid_over(values, own))


def _laid_over(values: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """One table over another, table by table."""
    merged = dict(values)
    for name, value in own.items():
        below = merged.get(name)
        nested = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = _laid_over(below, value) if nested else value  # type: ignore[arg-type]
    return merged
