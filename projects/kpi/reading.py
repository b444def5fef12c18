"""Figures as somebody may read them: the bureau and the leaders all, a unit its own.

Of other units a unit knows what an issued bulletin told (`projects.bulletins.reading`). A frozen
month is read from its snapshot, any other as it stands, and said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import months, snapshots
from projects.access import sees_business
from projects.kpi.base import Content, Figure
from projects.kpi.compute import Place, Table, frozen_table, ranks
from projects.kpi.declared import KPIS
from projects.kpi.live import standing
from projects.kpi.scopes import ZONE, Unit, scopes, units_of
from projects.snapshots import Frozen
from workflow.case import not_visible
from workflow.errors import Malformed, Reason


@dataclass(frozen=True, slots=True)
class View:
    """A month's figures within somebody's sight. `frozen` None: as the month stands now."""

    month: str
    content: Content
    figures: Table
    frozen: Frozen | None
    seen: tuple[str, ...]
    wide: bool

    @property
    def until(self) -> str:
        """Up to when facts are in it, in UTC."""
        return str(self.content["period"][0]["until"])

    def units(self) -> list[Unit]:
        """The units in sight that have any figure, by class."""
        mine = [unit for unit in units_of(self.content) if unit.scope in self.seen]
        return [u for u in mine if any(self.figures[key, u.scope].n for key in KPIS)]

    def places(self, key: str) -> dict[int, Place]:
        """Places within classes; for who sees all of a class only."""
        return ranks(self.content, self.figures, key) if self.wide else {}

    def figure(self, key: str, scope: str) -> Figure | None:
        """A figure in sight; None where there is none. Raises `NotVisible` for others' figures,
        `Malformed` for a figure that is not declared."""
        if scope not in self.seen:
            raise not_visible(scope)
        if key not in KPIS and not key.startswith("target:"):
            message = _("There is no figure {name}.").format(name=key[:40])
            raise Malformed(Reason("kpi_unknown", message, "kpi", _("Choose one from the table.")))
        return self.figures.get((key, scope))


def view(
    s: Session, actor: PersonInfo, now: datetime, month: str = "", edition: int | None = None
) -> View:
    """A month's figures; the newest frozen month by default, else this one. `edition`: one of the
    editions of a frozen month, the newest by default.

    Raises `NotVisible` for who sees no business, `Malformed` for what is no month.
    """
    if not sees_business(actor):
        raise not_visible("figures")
    month = months.checked(month) if month else default_month(s, now)
    content, figures, frozen = _of(s, month, now, edition)
    everything = scopes(content)
    wide = actor.sees_all
    seen = everything if wide else [name for name in everything if name == f"unit:{actor.unit_id}"]
    return View(month, content, figures, frozen, tuple(seen), wide)


def default_month(s: Session, now: datetime) -> str:
    """The newest frozen month, or this one where none is."""
    frozen = frozen_months(s)
    return frozen[0] if frozen else months.this_month(s, now)


def frozen_months(s: Session) -> list[str]:
    """Frozen months, newest first."""
    t = tables.snapshot.c
    chosen = select(t.period).where(t.kind == snapshots.KIND).distinct().order_by(t.period.desc())
    return [str(period) for period in s.execute(chosen).scalars()]


def default_scope(seen: View) -> str:
    """What somebody looks at first: the zone, or the own unit."""
    return seen.seen[0] if seen.seen else ZONE


def _of(
    s: Session, month: str, now: datetime, edition: int | None
) -> tuple[Content, Table, Frozen | None]:
    if edition is not None or snapshots.latest_edition(s, month):
        frozen = snapshots.load(s, month, edition)
        return frozen.content, frozen_table(frozen.content, frozen.digest), frozen
    content, figures = standing(s, month, now)
    return content, figures, None
