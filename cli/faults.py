"""Refusals and faults as the terminal shows them: code, message, field, remedy; and exit codes.

1 refused by the rules, 2 malformed, 3 not allowed, 4 not visible, 5 any other fault.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from config.i18n import gettext as _

REFUSED, MALFORMED, NOT_ALLOWED, NOT_VISIBLE, BROKEN = 1, 2, 3, 4, 5
_BY_STATUS = {403: NOT_ALLOWED, 404: NOT_VISIBLE, 409: REFUSED, 422: MALFORMED}


class Fault(Exception):
    """Something outside the rules is wrong: a file, the database, a setting."""

    def __init__(self, code: str, message: str, remedy: str = "", status: int = BROKEN) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy, self.status = code, message, remedy, status


def answer(error: Exception, *, as_json: bool) -> int:
    """Print an error to standard error; returns the exit code."""
    code, status, reasons = _reasons(error)
    if as_json:
        text = json.dumps({"error": code, "reasons": reasons}, ensure_ascii=False, indent=2)
        click.echo(text, err=True)
        return status
    for reason in reasons:
        click.echo(_line(code, reason), err=True)
    return status


def _line(code: str, reason: dict[str, str]) -> str:
    name = reason["code"] if reason["code"] == code else f"{code}/{reason['code']}"
    field = _(" (field: {field})").format(field=reason["field"]) if reason["field"] else ""
    remedy = f" -> {reason['remedy']}" if reason["remedy"] else ""
    return f"{name}: {reason['message']}{field}{remedy}"


def _reasons(error: Exception) -> tuple[str, int, list[dict[str, str]]]:
    """Code, exit code and reasons of an error of any kind."""
    if isinstance(error, Fault):
        return error.code, error.status, [_reason(error.code, error.message, "", error.remedy)]
    for explain in (
        _of_workflow, _of_configuration, _of_calendar, _of_commit, _of_disk, _of_database,
        _of_settings,
    ):  # fmt: skip
        found = explain(error)
        if found is not None:
            return found
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror or error}"
        return "file", BROKEN, [_reason("file", message, "", _("Check its name and your rights."))]
    name = type(error).__name__
    return (
        "internal",
        BROKEN,
        [
            _reason(
                "internal",
                _("Fault of the program: {name}: {detail}").format(name=name, detail=error),
                "",
                _("Report it; XIAOHAO_LOG_LEVEL=DEBUG shows where it happened."),
            )
        ],
    )


Explained = tuple[str, int, list[dict[str, str]]]


def _reason(code: str, message: str, field: str, remedy: str) -> dict[str, str]:
    return {"code": code, "message": message, "field": field, "remedy": remedy}


def _loaded(module: str, *names: str) -> tuple[Any, ...]:
    """Classes of a module if it was imported: what was not imported cannot have raised."""
    found = sys.modules.get(module)
    return tuple(getattr(found, name) for name in names) if found is not None else ()


def _of_workflow(error: Exception) -> Explained | None:
    if not isinstance(error, _loaded("workflow.errors", "WorkflowError")):
        return None
    found: Any = error
    reasons = [_reason(r.code, r.message, r.field, r.remedy) for r in found.reasons]
    plain = [_reason(found.code, _("It was refused."), "", "")]
    return found.code, _BY_STATUS.get(found.status, REFUSED), reasons or plain


def _of_configuration(error: Exception) -> Explained | None:
    if not isinstance(error, _loaded("config.faults", "ConfigurationError")):
        return None
    faults: Iterable[Any] = error.faults
    return (
        "definition_faulty",
        MALFORMED,
        [
            _reason("definition_faulty", f"{f.file}: {f.key}: {f.message}", "", f.remedy)
            for f in faults
        ],
    )


def _of_calendar(error: Exception) -> Explained | None:
    kinds = _loaded("workflow.working_days", "CalendarError")
    kinds += _loaded("workflow.vectors", "VectorFileError")
    if not isinstance(error, kinds):
        return None
    return "calendar", MALFORMED, [_reason("calendar", str(error), "", "")]


def _of_commit(error: Exception) -> Explained | None:
    """The connection was lost just when something was saved, or after it."""
    if isinstance(error, _loaded("models.attempts", "CommitUnknown")):
        code = "commit_unknown"
        message = _("The database went away while this was saved; nobody knows yet whether it was.")
        remedy = _("Look whether it is there before you send it again.")
    elif isinstance(error, _loaded("models.attempts", "AnswerLost")):
        code = "answer_lost"
        message = _("It was saved, at least in part; then the database went away.")
        remedy = _("See what is there before you repeat the command.")
    else:
        return None
    return code, BROKEN, [_reason(code, message, "", remedy)]


def _of_disk(error: Exception) -> Explained | None:
    """A disk is full or fails: the database's, or that of the files."""
    for is_unwritable in _loaded("models.passing", "is_unwritable"):
        if is_unwritable(error):
            code = "storage_unwritable"
            message = _("It cannot be saved: a disk is full, or cannot be written ({detail}).")
            remedy = _("Nothing of this was saved. Make room, and repeat the command.")
            return code, BROKEN, [_reason(code, message.format(detail=_brief(error)), "", remedy)]
    return None


def _of_database(error: Exception) -> Explained | None:
    if not isinstance(error, _loaded("sqlalchemy.exc", "SQLAlchemyError")):
        return None
    if isinstance(error, _loaded("sqlalchemy.exc", "ArgumentError", "NoSuchModuleError")):
        return (
            "database_unknown",
            BROKEN,
            [
                _reason(
                    "database_unknown",
                    _("This is no address of a database."),
                    "",
                    _("Use sqlite:///FILE or postgresql://USER@HOST/NAME."),
                )
            ],
        )
    if isinstance(error, _loaded("sqlalchemy.exc", "IntegrityError")):
        return (
            "conflict",
            REFUSED,
            [
                _reason(
                    "conflict",
                    _("It contradicts what is stored: {detail}").format(detail=_brief(error)),
                    "",
                    _("Load it again and repeat your change."),
                )
            ],
        )
    if not isinstance(error, _loaded("sqlalchemy.exc", "DBAPIError")):
        return None
    return (
        "database",
        BROKEN,
        [
            _reason(
                "database",
                _("The database cannot be used: {detail}").format(detail=_brief(error)),
                "",
                _("Check its address and that it runs; for an older one, run: xiaohao db upgrade"),
            )
        ],
    )


def _brief(error: Exception) -> str:
    """What the driver said, in one line, without statement and without secrets."""
    from config.logs import mask

    text = str(getattr(error, "orig", None) or error)
    return mask(" ".join(text.split()))[:300]


def _of_settings(error: Exception) -> Explained | None:
    kinds = _loaded("pydantic_core", "ValidationError")
    if not isinstance(error, kinds):
        return None
    items: Any = error.errors()
    return (
        "settings",
        MALFORMED,
        [
            _reason(
                "settings",
                ".".join(["XIAOHAO_" + "_".join(str(p) for p in item["loc"]).upper()])
                + f": {item['msg']}",
                "",
                _("Correct the setting."),
            )
            for item in items
        ],
    )
