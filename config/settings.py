"""Settings from the environment (`XIAOHAO_*`) or from a file `.env` beside the program."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_DATABASE_URL = "sqlite:///var/xiaohao.db"


class Settings(BaseSettings):
    """What differs from machine to machine. Business rules are in `policy.toml`, not here."""

    model_config = SettingsConfigDict(env_prefix="XIAOHAO_", env_file=".env", extra="ignore")

    database_url: str = Field(default=DEFAULT_DATABASE_URL, description="Database address")
    lang: str = Field(default="zh_CN", description="Language of the command line: zh_CN or en")
    var_dir: Path = Field(default=Path("var"), description="Files the program keeps: evidence")
    base_url: str = Field(default="http://127.0.0.1:8000", description="Address put in notices")
    channels: str = Field(
        default="inapp,folder",
        description="Channels in use, separated by commas: inapp, smtp, folder",
    )
    folder_dir: Path = Field(default=Path("var/notices"), description="Where `folder` writes")
    smtp_host: str = Field(default="127.0.0.1", description="Mail server")
    smtp_port: int = Field(default=25, description="Mail server's port")
    smtp_username: str = Field(default="", description="Mail account, empty for none")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Mail password")
    smtp_starttls: bool = Field(default=False, description="Use STARTTLS before anything else")
    smtp_timeout: float = Field(default=20.0, description="Seconds before a send is given up")
    mail_from: str = Field(
        default="xiaohao@localhost", description="Sender's address; its domain names messages"
    )
    delivery_attempts: int = Field(default=8, description="Tries before a message is failed")
    lease_seconds: int = Field(default=120, description="How long one worker may hold a message")
    poll_seconds: float = Field(default=5.0, description="Pause between two sweeps of a worker")
    host: str = Field(default="127.0.0.1", description="Address `serve` listens on")
    port: int = Field(default=8000, description="Port `serve` listens on")
    log_level: str = Field(default="INFO", description="Least severe log records shown")
    log_format: str = Field(default="text", description="text or json")

    def channel_names(self) -> tuple[str, ...]:
        """Channels in use, in the order given."""
        return tuple(name.strip() for name in self.channels.split(",") if name.strip())


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
