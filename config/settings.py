"""Settings from the environment (`XIAOHAO_*`) or from a file `.env` beside the program."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from config.channel_settings import ChannelSettings
from config.database_settings import DatabaseSettings


class Settings(DatabaseSettings, ChannelSettings):
    """What differs from machine to machine. Business rules are in `policy.toml`, not here."""

    model_config = SettingsConfigDict(
        env_prefix="XIAOHAO_",
        env_file=".env",
        extra="ignore",
        hide_input_in_errors=True,  # it may be a secret
    )

    lang: str = Field(default="zh_CN", description="Language of the command line: zh_CN or en")
    var_dir: Path = Field(default=Path("var"), description="Files the program keeps: evidence")
    base_url: str = Field(default="http://127.0.0.1:8000", description="Address put in notices")
    channels: str = Field(
        default="inapp,folder",
        description="Channels in use, separated by commas; docs/channels.md names them all",
    )
    folder_dir: Path = Field(default=Path("var/notices"), description="Where `folder` writes")
    delivery_attempts: int = Field(default=8, description="Tries before a message is failed")
    delivery_days: int = Field(
        default=7, ge=1, description="Days that a message waits for a channel that is out of order"
    )
    lease_seconds: int = Field(default=120, description="How long one worker may hold a message")
    circuit_failures: int = Field(
        default=5, ge=1, description="Faults of a channel in a row that pause it"
    )
    storm_limit: int = Field(
        default=2000,
        ge=0,
        description=(
            "Messages that may fall due at once; more are held until the office decides; 0: any"
        ),
    )
    poll_seconds: float = Field(default=5.0, description="Pause between two sweeps of a worker")
    host: str = Field(default="127.0.0.1", description="Address `serve` listens on")
    port: int = Field(default=8000, description="Port `serve` listens on")
    web_processes: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Processes that answer requests, about one for each processor",
    )
    max_body_mb: int = Field(default=120, ge=1, description="Largest request taken, in MB")
    body_seconds: float = Field(
        default=120.0, gt=0, description="Seconds within which a request's body must be in"
    )
    api_per_minute: int = Field(
        default=600, ge=1, description="API calls that one token or session has in a minute"
    )
    portal_per_minute: int = Field(
        default=240,
        ge=1,
        description="Forms that one session may send in a minute; an export counts as 20",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Token that /metrics asks for; empty: open to this machine only",
    )
    log_level: str = Field(default="INFO", description="Least severe log records shown")
    log_format: str = Field(default="text", description="text or json")
    password_time_cost: int = Field(default=2, ge=1, description="Passes of argon2id")
    password_memory_kib: int = Field(
        default=19456, ge=8, description="Memory of argon2id in KiB (OWASP: 19456 with 2 passes)"
    )
    password_parallelism: int = Field(default=1, ge=1, description="Lanes of argon2id")
    password_days: int = Field(
        default=90, ge=0, description="Days after which a password must be changed; 0: never"
    )
    password_history: int = Field(
        default=5, ge=0, description="How many earlier passwords may not come back"
    )
    signin_failures: int = Field(
        default=5, ge=1, description="Wrong passwords in a row that lock an account"
    )
    signin_lock_minutes: int = Field(default=15, ge=1, description="How long a lock lasts")
    signin_address_failures: int = Field(
        default=50, ge=1, description="Failed tries from one address in one window"
    )
    signin_window_minutes: int = Field(
        default=15, ge=1, description="Length of the window in which they are counted"
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, description="Minutes without a request that end a session"
    )
    session_hours: int = Field(
        default=12, ge=1, description="Hours after which a session ends in any case"
    )
    session_single: bool = Field(
        default=False, description="Signing in ends the person's other sessions"
    )
    token_max_days: int = Field(default=366, ge=1, description="Longest life of an API token")
    callback_timeout: float = Field(
        default=10.0, gt=0, le=60, description="Seconds a platform has to take a call-back"
    )
    callback_attempts: int = Field(
        default=30, ge=1, description="Tries before a call-back to a platform is failed"
    )
    callback_networks: str = Field(
        default="",
        description=(
            "Networks inside the house that call-backs may go to, separated by commas, "
            "e.g. 10.20.0.0/16; every public address is allowed anyway"
        ),
    )
    archive_months: int = Field(
        default=24, ge=6, description="Months that ended issues rest before they may be archived"
    )
    evidence_max_mb: int = Field(default=50, ge=1, description="Largest file of evidence, in MB")
    evidence_max_pixels: int = Field(
        default=80_000_000, ge=1, le=89_000_000, description="Largest picture, in pixels"
    )
    virus_scan_command: str = Field(
        default="",
        description=(
            "Command that scans a file of evidence, whose path is appended: 0 clean, 1 infected, "
            "anything else refuses the file; empty for none"
        ),
    )
    virus_scan_timeout: float = Field(
        default=60.0, gt=0, description="Seconds before a virus scan is given up"
    )

    documents_file: Path | None = Field(
        default=None, description="The office's own documents.toml, laid over the shipped one"
    )
    document_templates_dir: Path | None = Field(
        default=None,
        description="The office's own Word templates: file.docx, letter.docx or form.docx",
    )
    document_fonts_dir: Path | None = Field(
        default=None, description="Fonts for PDF documents that the office holds a licence for"
    )

    @field_validator("callback_networks", "channel_networks")
    @classmethod
    def _sound_networks(cls, text: str) -> str:
        for name in filter(None, (part.strip() for part in text.split(","))):
            ip_network(name)
        return text

    @model_validator(mode="after")
    def _mail_within_its_lease(self) -> Self:
        if not 0 < self.smtp_timeout < self.lease_seconds:
            raise ValueError("smtp_timeout must be above 0 and below lease_seconds")
        return self

    def channel_names(self) -> tuple[str, ...]:
        """Channels in use, in the order given."""
        return tuple(name.strip() for name in self.channels.split(",") if name.strip())


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
