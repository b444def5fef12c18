"""Structured logs on standard error: readable lines, or one JSON object a line.

Each record says what was being done, `log.info("...", extra={"action": "tick.done", "rows": 3})`;
other extras are printed beside it. Passwords, tokens, cookies, the credentials inside addresses
and the keys of chat webhooks are masked, tracebacks included.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

MASK = "***"
_SECRET = r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|authorization|cookie|credential"
_SECRET_KEY = re.compile(rf"(?:^|[_-])(?:{_SECRET})s?(?:$|[_-])", re.IGNORECASE)
_MASKS = (
    # scheme://user:password@host
    (re.compile(r"(\b[a-z][\w+.-]*://[^\s:/@]*):[^\s/]+@", re.IGNORECASE), rf"\1:{MASK}@"),
    # password=..., "token": "...", Authorization: Bearer ...
    (
        re.compile(
            rf"((?:{_SECRET})[\w-]*[\"']?\s*[:=]\s*[\"']?)(?:(?:Bearer|Basic)\s+)?[^\s\"',;&}}]+",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    # WeCom and DingTalk put the key into the query, Feishu into the path
    (re.compile(r"([?&](?:key|sign)=)[^&\s\"']+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(/hook/)[\w-]+"), rf"\1{MASK}"),
    # the address of a calendar feed is its only key
    (re.compile(r"(/feeds/)[\w-]+"), rf"\1{MASK}"),
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "action"}
_HANDLER_NAME = "xiaohao"


def configure(level: str | int = "INFO", fmt: Literal["text", "json"] = "text") -> None:
    """Send every log of the process to standard error. Calling it again replaces the first.

    A server that brings its own set-up (uvicorn) must be started with `log_config=None`.
    Raises ValueError for an unknown level.
    """
    handler = StandardErrorHandler()
    handler.set_name(_HANDLER_NAME)
    handler.setFormatter(JsonFormatter() if fmt == "json" else TextFormatter())
    root = logging.getLogger()
    root.setLevel(level.upper() if isinstance(level, str) else level)
    for old in [known for known in root.handlers if known.get_name() == _HANDLER_NAME]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.captureWarnings(True)


class StandardErrorHandler(logging.Handler):
    """Writes to what standard error is at that moment, for tests and servers replace it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. A log that cannot be written stops nothing."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, action, message, extras, error."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of JSON."""
        entry = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "action": _action(record),
            "message": mask(record.getMessage()),
            **_extras(record),
        }
        if record.exc_info:
            entry["error"] = mask(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False, default=lambda value: mask(str(value)))


class TextFormatter(logging.Formatter):
    """`time LEVEL logger [action] message key=value`, a traceback on the lines below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of text."""
        # A name with a line break in it must not be able to forge a record.
        message = mask(record.getMessage()).replace("\r", "\\r").replace("\n", "\\n")
        head = f"{_time(record)} {record.levelname:<7} {record.name} [{_action(record)}] {message}"
        extras = "".join(f" {key}={value!r}" for key, value in _extras(record).items())
        error = f"\n{mask(self.formatException(record.exc_info))}" if record.exc_info else ""
        return head + mask(extras) + error


def mask(text: str) -> str:
    """`text` with everything that looks like a secret replaced by `***`."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _action(record: logging.LogRecord) -> str:
    return str(getattr(record, "action", "-"))


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    extras = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    masked: dict[str, Any] = _masked(extras)
    return masked


def _masked(value: Any) -> Any:
    """`value` with secrets masked at any depth, before it is written as JSON."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {
            str(key): MASK if _SECRET_KEY.search(str(key)) else _masked(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(inner) for inner in value]
    return value
