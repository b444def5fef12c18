"""The one way in for a file of evidence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from config.settings import Settings, settings
from models import tables
from models.db import Session
from workflow import evidence_store
from workflow.context import context
from workflow.evidence_safety.kinds import HEIC, JPEG, PNG, FileKind
from workflow.evidence_safety.names import clean_name
from workflow.evidence_safety.pictures import examine, forget_place
from workflow.evidence_safety.scanning import scan
from workflow.evidence_safety.sniffing import kind_of

_PICTURES = (JPEG, PNG, HEIC)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was taken. `digest` (SHA-256, hex) names its content, `name` is made harmless;
    `place_removed`: it told where it was taken, and no longer does."""

    name: str
    digest: str
    size: int
    media_type: str
    place_removed: bool = False


def accept(
    source: BinaryIO, declared_name: str, *, keep_gps: bool = False, config: Settings | None = None
) -> Stored:
    """Take a file from an open stream: look at it, make it harmless, store it.

    Size and pixels are limited by the settings, kinds by `kinds.KINDS`. Photos lose where they
    were taken unless `keep_gps` (see `keeps_gps`). Raises `Malformed` on the field `evidence` for
    whatever is wrong with the file, `GuardFailed` when the virus scanner failed; nothing is kept
    then. Call it before the transaction, which it would otherwise hold open.
    """
    found = config or settings()
    name = clean_name(declared_name)

    def inspect(path: Path) -> tuple[FileKind, bool]:
        kind = kind_of(path, name)
        scan(path, found)
        if kind not in _PICTURES:
            return kind, False
        examine(path, kind, found.evidence_max_pixels)
        return kind, not keep_gps and forget_place(path, kind)

    digest, size, (kind, removed) = evidence_store.keep(
        found.var_dir / "evidence",
        source,
        name,
        inspect,
        max_bytes=found.evidence_max_mb * 1024 * 1024,
    )
    return Stored(name, digest, size, kind.media_type, removed)


def accept_file(path: Path, *, keep_gps: bool = False) -> Stored:
    """Take a file by its path, as the command line does. Raises as `accept` does."""
    with evidence_store.open_regular(path) as source:
        return accept(source, path.name, keep_gps=keep_gps)


def keeps_gps(s: Session, task: str) -> bool:
    """Whether the policy of a task's category keeps where photos were taken; False if unknown."""
    columns = tables.task.c
    chosen = select(columns.category, columns.policy_version_id).where(columns.number == task)
    row = s.execute(chosen).one_or_none()
    if row is None:
        return False
    category = context(s).policy(row.policy_version_id).categories.get(row.category)
    return category is not None and category.evidence.keep_gps
