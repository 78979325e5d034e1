"""Configuration: every value comes from the environment, is described here and shown by `omneo doctor`."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="OMNEO_", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    database_url: str | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_URL", "OMNEO_DATABASE_URL"),
        description="PostgreSQL 16 or newer. Empty: a private server is started in the data folder.",
    )
    database_read_url: str | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_READ_URL", "OMNEO_DATABASE_READ_URL"),
        description="A replica for pure reads. Empty: reads go to the database itself.",
    )
    data_dir: Path = Field(Path(".omneo"), description="Folder of the private PostgreSQL and of generated secrets.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, validation_alias=AliasChoices("PORT", "OMNEO_PORT"), description="Port it listens on.")
    public_url: str | None = Field(None, description="Base URL shown to people when it differs from host and port.")
    base_domain: str = Field(
        "localhost", description="`api.{tenant}.<base domain>` and `{tenant}.<base domain>` address a tenant by host."
    )
    default_tenant: str = Field("demo", description="Tenant served when the host names none.")
    demo_token: SecretStr | None = Field(None, description="Fixed API token of the demo tenant, set at first start.")
    rate_limit_per_minute: int = Field(
        1000, ge=0, description="Requests per minute and user (0 = unlimited); counted in each server process."
    )
    id_rate_limit_per_minute: int = Field(
        300, ge=0, description="Requests per minute and customer token (0 = unlimited)."
    )
    id_token_seconds: int = Field(3600, ge=60, le=86400, description="Life of a customer token.")
    max_body_bytes: int = Field(10 * 1024 * 1024, description="Larger request bodies are answered 413.")
    pool_size: int = Field(16, ge=2, description="Database connections of one server process.")
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["*"], description="Origins that browsers may call from, comma-separated; `*` for all."
    )
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["127.0.0.1", "::1"],
        description="Addresses whose X-Forwarded-* headers are believed, comma-separated.",
    )
    access_log: bool = Field(True, description="One log line per request (no personal data).")
    log_level: str = Field("info", description="debug, info, warning or error.")
    secret_key: SecretStr | None = Field(
        None,
        description="At least 32 characters; signs customer tokens and seals secrets. Empty: made in the data folder.",
    )
    delegate_secrets: dict[str, SecretStr] = Field(
        default_factory=dict, description='Shared secrets of `POST /auth/delegate`, as JSON: {"client": "secret"}.'
    )
    worker_concurrency: int = Field(4, ge=1, description="Jobs that one worker runs at a time.")
    test_clock: bool = Field(True, description="Whether `omneo clock` may move a tenant's clock.")

    def model_post_init(self, context: object, /) -> None:
        for name in ("cors_origins", "trusted_proxies"):
            value = getattr(self, name)
            if isinstance(value, str):
                setattr(self, name, [part.strip() for part in value.split(",") if part.strip()])


@lru_cache
def settings() -> Settings:
    return Settings()
