"""Exact figures as people type them."""

from __future__ import annotations

from decimal import Decimal

from config.i18n import gettext as _
from projects.written import decimal_written
from workflow.errors import Malformed, Reason

WHOLE, PLACES = 10, 4
"""Digits before and after the point that the columns hold (NUMERIC(14, 4))."""


def number(field: str, text: str) -> Decimal | None:
    """An exact decimal; None for a blank one, which is "not stated" and never zero.

    Raises `Malformed` for what is no number, or has more digits than are kept.
    """
    if not text.strip():
        return None
    value = decimal_written(text.strip())
    if value is None:
        message = _("{value} is not a number.").format(value=text.strip()[:40])
        raise _wrong(field, message, _("Write digits with at most one decimal point."))
    if abs(value) >= 10**WHOLE or value != value.quantize(Decimal(1).scaleb(-PLACES)):
        message = _("{value} has too many digits.").format(value=text.strip()[:40])
        raise _wrong(
            field,
            message,
            _("At most {whole} digits before and {places} after the point.").format(
                whole=WHOLE, places=PLACES
            ),
        )
    return value


def plain(value: Decimal | None) -> str:
    """The shortest writing of a figure; empty for none."""
    return "" if value is None else format(value.normalize(), "f")


def _wrong(field: str, message: str, remedy: str) -> Malformed:
    return Malformed(Reason("figure_malformed", message, field, remedy))
