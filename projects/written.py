"""Numbers as people write them. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

_WRITTEN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII)
LONGEST = 60


def decimal_written(text: str) -> Decimal | None:
    """An exact decimal of plain digits with at most one point; None for anything else.

    `Decimal` alone also reads what nobody means by an amount, such as 1_0 and 1e2.
    """
    return Decimal(text) if len(text) <= LONGEST and _WRITTEN.fullmatch(text) else None
