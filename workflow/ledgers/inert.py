"""Texts that spreadsheet programs would take for formulas, made inert in CSV and read back."""

from __future__ import annotations

DANGEROUS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four are their wide forms
"""How a text begins that a spreadsheet program takes for a formula (OWASP, "CSV injection")."""


def inert(text: str) -> str:
    """A text that no spreadsheet program takes for a formula.

    One that begins like an inert text gets one more apostrophe, so that `bare` gives it back.
    """
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def bare(text: str) -> str:
    """The text that `inert` was given."""
    guarded = text.startswith("'") and text.lstrip("'").startswith(DANGEROUS)
    return text[1:] if guarded else text
