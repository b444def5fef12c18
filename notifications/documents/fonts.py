"""Fonts for PDF: which families are at hand, and which stand in for those that are not."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pylopdf_fonts_zh_cn

from config.documents import document_rules
from config.settings import settings

if TYPE_CHECKING:  # 40 MB of compiler, which most processes never need
    import typst

ROLES = ("xiaobiaosong", "fangsong", "kaiti", "heiti", "songti")


class FontsMissing(Exception):
    """Not one family of a role is at hand; the text names them."""


@lru_cache(maxsize=4)
def _at_hand(folder: Path | None) -> tuple[typst.Fonts, frozenset[str]]:
    """The office's own fonts and the ones that came with us; never what a machine happens to have,
    or the same document would look different on the next."""
    import typst

    shipped = Path(pylopdf_fonts_zh_cn.__file__).parent
    paths = [str(p) for p in (folder, shipped) if p is not None]
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
    return found, frozenset(found.families())


def collection() -> typst.Fonts:
    """The fonts as the compiler takes them."""
    return _at_hand(settings().document_fonts_dir)[0]


def chosen() -> dict[str, str]:
    """The family used for each role. Raises FontsMissing."""
    families = {name.lower(): name for name in _at_hand(settings().document_fonts_dir)[1]}
    rules = document_rules().fonts
    return {role: _first(role, getattr(rules, role), families) for role in ROLES}


def substitutions() -> dict[str, str]:
    """Roles whose own family is not at hand -> the family that stands in, to be recorded."""
    rules = document_rules().fonts
    return {role: used for role, used in chosen().items() if used != getattr(rules, role)[0]}


def _first(role: str, wanted: tuple[str, ...], families: dict[str, str]) -> str:
    for name in wanted:
        if name.lower() in families:
            return families[name.lower()]
    raise FontsMissing(f"{role}: {', '.join(wanted)}")
