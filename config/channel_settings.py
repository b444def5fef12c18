"""Settings of the channels (`XIAOHAO_*`), with secrets that may stand in files instead."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

_NONE = SecretStr("")


class ChannelSettings(BaseSettings):
    """Where each channel sends, and as whom.

    An empty secret is looked for in `secrets_dir`, in a file of the setting's name in small
    letters (`wecom_secret`), as container platforms mount them.
    """

    secrets_dir: Path | None = Field(
        default=None,
        description=(
            "Folder with one file a secret: those of platforms by their names, looked into after "
            "the variables `XIAOHAO_SECRET_NAME`, and the secrets of this table that are not "
            "set, by the variable's name in small letters without `XIAOHAO_`, e.g. `wecom_secret`"
        ),
    )
    channel_networks: str = Field(
        default="",
        description=(
            "Networks inside the house that channels may send to over HTTP, separated by commas, "
            "e.g. 10.20.0.0/16; public addresses are allowed anyway, over https"
        ),
    )
    channel_timeout: float = Field(
        default=10.0, gt=0, le=60, description="Seconds a channel's service has to answer"
    )
    smtp_host: str = Field(default="127.0.0.1", description="Mail server")
    smtp_port: int = Field(default=25, description="Mail server's port")
    smtp_username: str = Field(default="", description="Mail account, empty for none")
    smtp_password: SecretStr = Field(default=_NONE, description="Mail password")
    smtp_starttls: bool = Field(default=False, description="Use STARTTLS before anything else")
    smtp_tls: bool = Field(
        default=False, description="Speak TLS from the first byte (usually port 465)"
    )
    smtp_timeout: float = Field(default=20.0, description="Seconds before a send is given up")
    mail_from: str = Field(
        default="xiaohao@localhost", description="Sender's address; its domain names messages"
    )
    wecom_url: str = Field(
        default="https://qyapi.weixin.qq.com",
        description="WeCom's server; another one for an installation in the house (政务微信)",
    )
    wecom_corp_id: str = Field(default="", description="WeCom: id of the organisation")
    wecom_agent_id: int = Field(default=0, ge=0, description="WeCom: AgentId of the application")
    wecom_secret: SecretStr = Field(default=_NONE, description="WeCom: Secret of the application")
    wecom_robot_url: SecretStr = Field(
        default=_NONE, description="WeCom: webhook address of the group's robot, with its key"
    )
    dingtalk_robot_url: SecretStr = Field(
        default=_NONE, description="DingTalk: webhook address of the robot, with its access_token"
    )
    dingtalk_robot_secret: SecretStr = Field(
        default=_NONE, description="DingTalk: secret of the robot's signature (加签)"
    )
    feishu_robot_url: SecretStr = Field(
        default=_NONE, description="Feishu: webhook address of the robot"
    )
    feishu_robot_secret: SecretStr = Field(
        default=_NONE, description="Feishu: secret of the robot's signature (签名校验)"
    )
    webhook_url: SecretStr = Field(
        default=_NONE, description="Address that takes every notice as a signed CloudEvents event"
    )
    webhook_secret: SecretStr = Field(default=_NONE, description="Secret of its signature")
    sms_url: SecretStr = Field(
        default=_NONE, description="SMS gateway: address, which may hold placeholders"
    )
    sms_method: str = Field(
        default="POST", pattern="^(POST|GET|PUT)$", description="SMS gateway: POST, PUT or GET"
    )
    sms_headers: SecretStr = Field(
        default=_NONE, description="SMS gateway: headers as a JSON object of texts"
    )
    sms_body: str = Field(
        default='{"phone": "{phone}", "content": "{text}", "id": "{id}"}',
        description=(
            "SMS gateway: body with the placeholders `{phone}`, `{text}`, `{number}`, `{title}`, "
            "`{link}`, `{id}` and `{secret}`"
        ),
    )
    sms_content_type: str = Field(
        default="application/json",
        description="SMS gateway: how the body is written; decides how placeholders are escaped",
    )
    sms_secret: SecretStr = Field(
        default=_NONE, description="SMS gateway: what `{secret}` stands for"
    )
    sms_success: str = Field(
        default="",
        description=(
            "SMS gateway: what an answer must say besides 2xx: `path=value` in its JSON, e.g. "
            "`result.code=0`, or a text it must contain; empty for nothing"
        ),
    )
    sms_bad_number: str = Field(
        default="",
        description="SMS gateway: texts in an answer that tell a bad number, separated by commas",
    )
    sms_length: int = Field(
        default=140, ge=70, le=500, description="Characters of an SMS, the link included"
    )
    sms_per_day: int = Field(
        default=50, ge=1, description="SMS that one person is sent in a day at most"
    )
    apprise_urls: SecretStr = Field(
        default=_NONE,
        description=(
            "Addresses for the library apprise, separated by blanks or lines; `{email}`, "
            "`{phone}`, `{username}` and `{wecom_userid}` stand for the person's"
        ),
    )

    @model_validator(mode="after")
    def _secrets_from_files(self) -> Self:
        for name, field in type(self).model_fields.items():
            if field.annotation is SecretStr and not getattr(self, name).get_secret_value():
                setattr(self, name, SecretStr(self._in_folder(name)))
        return self

    @model_validator(mode="after")
    def _one_kind_of_tls(self) -> Self:
        if self.smtp_tls and self.smtp_starttls:
            raise ValueError("smtp_tls and smtp_starttls exclude each other")
        return self

    def _in_folder(self, name: str) -> str:
        """What the file says; a secret that cannot be read is a fault, not an empty secret."""
        path = self.secrets_dir / name if self.secrets_dir is not None else None
        if path is None or not path.exists():
            return ""
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} cannot be read: {type(error).__name__}") from None
