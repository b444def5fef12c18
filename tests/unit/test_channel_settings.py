"""Secrets come from the environment or a file, and stand in no error and no picture of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from config.settings import Settings

SECRET = "s3cret-of-the-office"


def test_a_secret_is_read_from_the_file_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "wecom_secret").write_text(f"{SECRET}\n", encoding="utf-8")
    (tmp_path / "smtp_password").write_text("from the file", encoding="utf-8")
    found = Settings(secrets_dir=tmp_path, smtp_password=SecretStr("from the environment"))
    assert found.wecom_secret.get_secret_value() == SECRET
    assert found.smtp_password.get_secret_value() == "from the environment"
    assert found.webhook_secret.get_secret_value() == ""
    assert SECRET not in repr(found) + str(found)


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHAO_DINGTALK_ROBOT_SECRET", SECRET)
    assert Settings().dingtalk_robot_secret.get_secret_value() == SECRET


def test_a_file_that_cannot_be_read_is_a_fault_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "wecom_secret").write_bytes(b"\xff" + SECRET.encode())
    with pytest.raises(ValidationError, match="wecom_secret cannot be read") as error:
        Settings(secrets_dir=tmp_path)
    assert SECRET not in str(error.value)


def test_a_wrong_setting_is_told_without_the_secrets_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XIAOHAO_SMTP_PASSWORD", SECRET)
    monkeypatch.setenv("XIAOHAO_SMTP_TLS", "true")
    monkeypatch.setenv("XIAOHAO_SMTP_STARTTLS", "true")
    with pytest.raises(ValidationError, match="exclude each other") as error:
        Settings()
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    "wrong",
    [{"channel_networks": "10.0.0.0/8,nonsense"}, {"sms_method": "DELETE"}, {"sms_length": 10}],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)
