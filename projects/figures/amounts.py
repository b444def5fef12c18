"""Amounts as people write them: 亿元 with up to four decimals, exact to the 万元. Pure."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from config.i18n import gettext as _
from projects.sections.shared import WAN
from projects.written import decimal_written
from workflow.errors import Malformed, Reason

MOST_YI = Decimal(10_000)
"""No figure of a month or a target is larger than this; a slip of the unit is."""
MOST_VALUE = Decimal(10) ** 10
PLACES = 4


def number(text: str, field: str, *, most: Decimal = MOST_VALUE) -> Decimal | None:
    """An exact decimal with at most four places; None for a blank.

    Full-width digits and thousands separators are understood. Raises `Malformed`.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    if not plain:
        return None
    value = decimal_written(plain)
    if value is None:
        raise _wrong(field, _("{value} is not a number.").format(value=text[:40]),
                     _("Write digits with at most one decimal point."))  # fmt: skip
    if abs(value) > most:
        raise _wrong(field, _("{value} is too large.").format(value=text[:40]),
                     _("Check the unit."))  # fmt: skip
    if value != round(value, PLACES):
        raise _wrong(field, _("{value} has more than four decimals.").format(value=text[:40]),
                     _("Round it to four decimals."))  # fmt: skip
    return value


def wan(text: str, field: str) -> int | None:
    """An amount in 亿元 as whole 万元; None for a blank. Raises `Malformed`."""
    return as_wan(number(text, field, most=MOST_YI))


def as_wan(yi: Decimal | None) -> int | None:
    """亿元 as whole 万元; it must not have more than four decimals."""
    return None if yi is None else int(yi * WAN)


def _wrong(field: str, message: str, remedy: str) -> Malformed:
    return Malformed(Reason("number", message, field, remedy))
