"""Exporting the bureau's ledger (问题清单) as xlsx or CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Unpack

from xlsxwriter.exceptions import FileCreateError

from config.i18n import current_language
from config.i18n import gettext as _
from config.i18n import language as speaking
from models.db import Database, Session
from models.directory import PersonInfo
from workflow.context import context, find_actor
from workflow.errors import Malformed, Reason
from workflow.ledgers.listing import Filters, LedgerRow, ledger_rows, lines_of
from workflow.ledgers.sheets import Writer, open_csv, open_xlsx

Progress = Callable[[int], None]
FORMATS = ("xlsx", "csv")
_TOLD_EVERY = 500


def export_ledger(
    db: Database,
    actor: PersonInfo | str,
    path: Path | str,
    fmt: str = "xlsx",
    *,
    now: datetime,
    language: str | None = None,
    progress: Progress | None = None,
    **filters: Unpack[Filters],
) -> int:
    """Write what the actor may see of the ledger and return the number of lines.

    One line per task, one for an issue without tasks; columns as `columns.COLUMNS`, headed in
    `language` (the current one by default), times in the policy's zone, lights as of `now`. The
    file appears whole or not at all. `progress` is told the number of lines so far. Raises
    `Malformed` for an unknown format or filter and for a place that cannot be written.
    """
    _known(fmt)
    with speaking(language or current_language()), db.read() as s:
        person = find_actor(s, actor) if isinstance(actor, str) else actor
        lines = ledger_rows(s, person, now, filters)
        return _write(s, lines, Path(path), fmt, now, progress)


def export_issues(
    s: Session,
    issues: Iterable[Any],
    path: Path | str,
    fmt: str = "xlsx",
    *,
    now: datetime,
    progress: Progress | None = None,
) -> int:
    """Write the lines of these issues in their order and return how many there are.

    As `export_ledger`, in the caller's transaction and the present language. Issues are rows of
    `issue` with their `project_name`; that the reader may see them is the caller's to ensure.
    """
    _known(fmt)
    return _write(s, lines_of(s, issues, now), Path(path), fmt, now, progress)


def _known(fmt: str) -> None:
    if fmt not in FORMATS:
        raise Malformed(
            Reason(
                "format_unknown",
                _("Unknown format {name}.").format(name=fmt),
                "format",
                _("Use one of: {names}.").format(names=", ".join(FORMATS)),
            )
        )


def _write(
    s: Session,
    lines: Iterable[LedgerRow],
    path: Path,
    fmt: str,
    now: datetime,
    progress: Progress | None,
) -> int:
    with _whole(path) as draft, _writer(s, draft, fmt, now) as writer:
        return _copy(lines, writer, progress or (lambda _done: None))


def _copy(lines: Iterable[LedgerRow], writer: Writer, progress: Progress) -> int:
    count = 0
    for count, row in enumerate(lines, 1):
        row.values["row"] = count
        writer.write(row)
        if count % _TOLD_EVERY == 0:
            progress(count)
    progress(count)
    return count


@contextmanager
def _writer(s: Session, path: Path, fmt: str, now: datetime) -> Iterator[Writer]:
    if fmt == "csv":
        with open_csv(path) as writer:
            yield writer
        return
    with open_xlsx(path, now.astimezone(context(s).calendar().tz)) as writer:
        yield writer


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A draft beside the file that replaces it once it is complete."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.touch()  # finds out before the work whether it can be written
        yield draft
        draft.replace(path)
    except (OSError, FileCreateError) as error:
        detail = getattr(error, "strerror", None) or error
        raise Malformed(
            Reason(
                "file_unwritable",
                _("{name} cannot be written: {detail}").format(name=path.name, detail=detail),
                "path",
                _("Choose another place, or close the file in other programs."),
            )
        ) from error
    finally:
        draft.unlink(missing_ok=True)
