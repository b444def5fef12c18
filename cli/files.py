"""Reading text files that people name."""

from __future__ import annotations

from pathlib import Path

from config.i18n import gettext as _


def read_text(path: Path) -> str:
    """A file's text in UTF-8, with or without byte-order mark. Raises `OSError` or `Malformed`."""
    from workflow.errors import Malformed, Reason

    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed(
            Reason(
                "not_utf8",
                _("{path} is no text in UTF-8.").format(path=path),
                "file",
                _("Save it as UTF-8."),
            )
        ) from None


def needed(*paths: Path) -> None:
    """Raise `OSError` for a file that is not there or cannot be opened, before anything begins."""
    for path in paths:
        path.open("rb").close()


def shown(path: Path | None, shipped: Path) -> str:
    """How a definition's file is named in messages: as given, or as it stands in the program."""
    return str(path) if path is not None else f"config/{shipped.name}"
