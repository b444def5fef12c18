"""What a bulletin's figures come from: the frozen month, and the same month a year before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from projects import months, snapshots
from projects.kpi.compute import Place, Table, frozen_table, ranks
from projects.snapshots import Content, Frozen
from workflow.errors import GuardFailed, Reason

_S = tables.snapshot.c


@dataclass(frozen=True, slots=True)
class Source:
    """A frozen month with all of its figures; `before` those of a year earlier, if frozen."""

    month: str
    frozen: Frozen
    figures: Table
    before: Table | None
    before_digest: str = ""

    @property
    def content(self) -> Content:
        """The facts of the month."""
        return self.frozen.content

    def places(self, key: str) -> dict[int, Place]:
        """Places of the units within their classes."""
        return ranks(self.content, self.figures, key)


def snapshot_id(s: Session, month: str, edition: int | None = None) -> int | None:
    """The key of a frozen month's newest edition, or of the one named; None if there is none."""
    chosen = select(_S.id).where(_S.kind == snapshots.KIND, _S.period == month)
    if edition is not None:
        chosen = chosen.where(_S.edition == edition)
    found = s.execute(chosen.order_by(_S.edition.desc()).limit(1)).scalar_one_or_none()
    return int(found) if found is not None else None


def ids_for(s: Session, month: str) -> tuple[int, int | None]:
    """Keys of the month's snapshot and of that of the same month a year before, if frozen.

    Raises `GuardFailed` where the month is not frozen: a bulletin has no other figures.
    """
    found = snapshot_id(s, months.checked(month))
    if found is None:
        raise GuardFailed(
            Reason(
                "month_not_frozen",
                _("{month} is not frozen yet.").format(month=month),
                "month",
                _("Freeze the month first: a bulletin tells the figures of a frozen month."),
            )
        )
    return found, snapshot_id(s, months.moved(month, -12))


def source_of(s: Session, row: Any) -> Source:
    """The source of a stored bulletin: the snapshots that it names, whatever came later."""
    frozen = frozen_by_id(s, row.snapshot_id)
    before = frozen_by_id(s, row.compared_id) if row.compared_id is not None else None
    return Source(
        row.month,
        frozen,
        frozen_table(frozen.content, frozen.digest),
        frozen_table(before.content, before.digest) if before is not None else None,
        before.digest if before is not None else "",
    )


def frozen_by_id(s: Session, key: int) -> Frozen:
    """A snapshot by its key, checked against its digest."""
    row = s.execute(select(_S.period, _S.edition).where(_S.id == key)).one()
    return snapshots.load(s, row.period, row.edition)
