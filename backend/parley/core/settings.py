"""What an operator can set: environment variables with the prefix PARLEY_, or a file of them."""

import secrets
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """All settings, with the reason beside odd numbers."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = ""
    redis_url: str = ""
    data_dir: Path = Path("var/parley")
    public_url: str = "http://127.0.0.1:8000"
    secret_key: str = ""
    secret_key_file: Path | None = None
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_networks: Annotated[tuple[str, ...], NoDecode] = ()
    ca_file: Path | None = None
    outgoing_proxy: str = ""
    pgbouncer: bool = False
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    smtp_url: str = ""
    mail_from: str = ""
    mail_in: str = ""
    """host:port on which mail for the sources' addresses is received directly; empty switches it off."""
    organisation: str = "Parley"
    metrics_token: str = ""
    """Who shows it reads /metrics; empty closes that path."""
    metrics_port: int = Field(default=0, ge=0, le=65_535)
    """A loopback port on which /metrics asks no token; 0 opens none."""
    session_idle_hours: int = Field(default=14 * 24, ge=1)
    session_absolute_days: int = Field(default=30, ge=1)
    undo_seconds: int = Field(default=10, ge=0, le=120)
    demo: bool = False
    """Set by `parley demo` alone: opens the page *sign in as* on loopback."""

    @field_validator("trusted_proxies", "trusted_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ValueError("PUBLIC_URL is like https://parley.example.com, without a path")
        return value.rstrip("/")

    @cached_property
    def embedded(self) -> bool:
        """Whether the database is a SQLite file of this process."""
        return self.resolved_database_url.startswith("sqlite")

    @cached_property
    def resolved_database_url(self) -> str:
        """The database's URL with the driver that this house uses."""
        url = self.database_url or f"sqlite:///{self.data_dir / 'parley.db'}"
        for plain, driver in (
            ("sqlite://", "sqlite+aiosqlite://"),
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
        ):
            if url.startswith(plain):
                return driver + url[len(plain) :]
        return url

    @cached_property
    def secure(self) -> bool:
        """Whether browsers come by https; decides the cookie's name, never the request does."""
        return self.public_url.startswith("https://")

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """The private networks that administrators' addresses may reach."""
        return tuple(ip_network(item, strict=False) for item in self.trusted_networks)

    @cached_property
    def key(self) -> bytes:
        """The installation's secret: from the environment, a key file, or made on first start when embedded."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.secret_key_file or self.data_dir / "secret.key"
        if not path.exists():
            if self.secret_key_file or not self.embedded:
                raise SystemExit(f"There is no secret key: set PARLEY_SECRET_KEY or write one to {path}.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip().encode()
