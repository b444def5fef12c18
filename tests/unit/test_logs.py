"""Logs say what was done, in one line, and keep secrets to themselves."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from config.logs import JsonFormatter, TextFormatter, configure, mask


def record(message: str, **extras: Any) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "workflow.tick", "levelname": "INFO", "msg": message})
    made.__dict__.update(extras, created=0.0)
    return made


def test_a_line_of_text_names_the_action_and_its_facts() -> None:
    line = TextFormatter().format(record("done", action="tick.done", rows=3))
    assert line == "1970-01-01T00:00:00.000Z INFO    workflow.tick [tick.done] done rows=3"


def test_a_line_of_json_holds_the_same() -> None:
    entry = json.loads(JsonFormatter().format(record("完成", action="tick.done", rows=3)))
    assert entry["action"] == "tick.done" and entry["rows"] == 3 and entry["message"] == "完成"


def test_a_line_break_cannot_forge_a_record() -> None:
    assert "\n" not in TextFormatter().format(record("Li Wei\n1970 INFO forged"))


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://bureau:s3cret@db/xiaohao",
        "password=s3cret",
        '{"access_token": "s3cret"}',
        "Authorization: Bearer s3cret",
        "https://qyapi.example/cgi-bin/webhook/send?key=s3cret",
        "https://open.example/open-apis/bot/v2/hook/s3cret",
        "XIAOHAO_SMTP_PASSWORD=s3cret",
    ],
)
def test_a_secret_is_masked(text: str) -> None:
    assert "s3cret" not in mask(text)
    assert "***" in mask(text)


def test_a_secret_is_masked_in_extras_at_any_depth() -> None:
    line = JsonFormatter().format(record("x", smtp={"password": "s3cret", "port": 25}, token=1))
    assert json.loads(line)["smtp"] == {"password": "***", "port": 25}
    assert json.loads(line)["token"] == "***"


def test_a_secret_is_masked_in_a_traceback() -> None:
    try:
        raise ValueError("cannot reach postgresql://me:s3cret@db/x")
    except ValueError as error:
        failed = record("failed", exc_info=(type(error), error, error.__traceback__))
    for formatter in (TextFormatter(), JsonFormatter()):
        assert "s3cret" not in formatter.format(failed)


def test_configuring_twice_logs_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        configure("info", "json")
    logging.getLogger("cli").info("hello", extra={"action": "test"})
    assert len(capsys.readouterr().err.splitlines()) == 1
