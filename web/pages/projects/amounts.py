"""Amounts of a project in words, exact to their last digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from config.i18n import gettext as _

WAN_IN_YI = 10_000


def plain(value: Decimal) -> str:
    """An amount without the zeros of its column."""
    return format(value.normalize(), "f")


def invested(project: Any) -> str:
    """The total investment with its unit, both currencies where both are stated; empty for none."""
    told = []
    if project.total_invest_yi is not None:
        told.append(yuan(project.total_invest_yi))
    if project.total_invest_usd_wan is not None:
        text = plain(project.total_invest_usd_wan)
        told.append(_("{n} × 10,000 dollars").format(n=text))
    return " / ".join(told)


def yuan(value: Decimal | None) -> str:
    """An amount of 亿元; empty for none."""
    return _("{n} × 100 million yuan").format(n=plain(value)) if value is not None else ""


def density(project: Any) -> str:
    """亩均强度: investment over land, in 万元 a mu; empty where one is not stated."""
    if not project.total_invest_yi or not project.land_mu:
        return ""
    value = project.total_invest_yi * WAN_IN_YI / project.land_mu
    return _("{n} × 10,000 yuan a mu").format(n=plain(round(value, 1)))
