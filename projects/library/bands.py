"""Size bands (目标分档) of projects, in two currencies, as `config/projects.toml` sets them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, or_

from config.project_rules import WAN_IN_YI, Band, project_rules


def band_of(project: Any) -> Band | None:
    """The largest band that a project's total investment reaches, in yuan or in dollars."""
    return project_rules().band_of(project.total_invest_yi, project.total_invest_usd_wan)


def within(columns: Any, band: Band) -> ColumnElement[bool]:
    """The same as a condition on `project` for exactly this band: it is reached, none above it.

    One amount that is not stated says nothing against the other (NULL is neither).
    """
    larger = _larger(band)
    condition = _reaches(columns, band.cny_yi, band.usd_yi)
    return condition & ~_reaches(columns, larger.cny_yi, larger.usd_yi) if larger else condition


def _larger(band: Band) -> Band | None:
    bands = project_rules().bands
    place = bands.index(band)
    return bands[place - 1] if place else None


def _reaches(columns: Any, cny_yi: Decimal, usd_yi: Decimal) -> ColumnElement[bool]:
    yuan, dollars = columns.total_invest_yi, columns.total_invest_usd_wan
    return or_(
        yuan.is_not(None) & (yuan >= cny_yi),
        dollars.is_not(None) & (dollars >= usd_yi * WAN_IN_YI),
    )
