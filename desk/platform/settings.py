"""Everything that can be set from outside, read once at the start. `.env.example` lists each with its default."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from desk.errors import BadSetting
from desk.platform.model_prices import ModelPrices

DEFAULT_POLICY = Path(__file__).parents[1] / "policy" / "default_policy.yaml"


class Settings(BaseSettings):
    """The settings of one installation. `DATABASE_URL` and `REDIS_URL` go by their customary names, all others by
    `FIRSTLINE_...`. Without the first two, `firstline up` brings its own servers."""

    model_config = SettingsConfigDict(
        env_prefix="FIRSTLINE_", env_file=".env", extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    database_owner_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_OWNER_URL")
    redis_url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")

    data_dir: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str | None = None

    keys: SecretStr | None = None
    policy: Path = DEFAULT_POLICY
    account: str = "main"
    demo: bool = False

    anthropic_api_key: SecretStr | None = Field(default=None, validation_alias="ANTHROPIC_API_KEY")
    anthropic_base_url: str = Field(default="https://api.anthropic.com", validation_alias="ANTHROPIC_BASE_URL")
    classify_model: str = Field(default="claude-haiku-5-5", min_length=1)
    classify_prices: str = "1 5 0.1 1.25"
    classify_max_tokens: int = Field(default=1000, ge=200)
    classify_seconds: float = Field(default=15.0, gt=0, le=60)
    draft_model: str = Field(default="claude-sonnet-5-5", min_length=1)
    draft_prices: str = "3 15 0.3 3.75"
    draft_max_tokens: int = Field(default=2000, ge=200)
    draft_seconds: float = Field(default=45.0, gt=0, le=90)

    embedder: str = "minilm"
    embedder_model: str | None = None
    embedder_url: str | None = None
    embedder_dimensions: int | None = Field(default=None, ge=8, le=4000)
    embedder_window: int | None = Field(default=None, ge=128)
    embedder_tokenizer: Path | None = None
    embedder_query_prefix: str = Field(default="", max_length=200)
    embedder_document_prefix: str = Field(default="", max_length=200)
    embedder_batch: int = Field(default=32, ge=1, le=2048)
    embedder_seconds: float = Field(default=20.0, gt=0, le=120)
    voyage_api_key: SecretStr | None = Field(default=None, validation_alias="VOYAGE_API_KEY")
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    reranker_url: str | None = None
    reranker_model: str = Field(default="rerank-2.5", min_length=1)
    reranker_api_key: SecretStr | None = None
    reranker_seconds: float = Field(default=3.0, gt=0, le=30)

    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = Field(default="your work account", min_length=1, max_length=60)

    zendesk_app_sdk: str = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"

    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    request_seconds: float = Field(default=10.0, ge=0.5, le=300)
    answer_concurrency: int = Field(default=50, ge=1, le=1000)
    database_pool: int = Field(default=8, ge=1, le=100)
    claim_seconds: int = Field(default=120, ge=5)
    sweep_seconds: float = Field(default=5.0, gt=0)
    catch_up_seconds: float = Field(default=120.0, ge=1)
    reindex_seconds: float = Field(default=3600.0, ge=10)
    enqueue_again_seconds: float = Field(default=45.0, gt=0)
    max_attempts: int = Field(default=6, ge=1)
    log_level: str = "INFO"

    @field_validator("log_level")
    @classmethod
    def is_a_level(cls, level: str) -> str:
        """One of the standard levels."""
        if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @field_validator("classify_prices", "draft_prices")
    @classmethod
    def is_a_price_list(cls, prices: str) -> str:
        """Four prices."""
        ModelPrices.parse(prices)
        return prices

    @field_validator("anthropic_base_url", "embedder_url", "reranker_url", "zendesk_app_sdk")
    @classmethod
    def is_a_web_address(cls, url: str | None) -> str | None:
        """Where HTTP is spoken."""
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("must start with https://")
        return url

    @field_validator("oidc_issuer")
    @classmethod
    def is_an_issuer(cls, url: str | None) -> str | None:
        """Https, but for one on this machine: who can answer in its place signs in as anybody."""
        if url is None:
            return None
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
        is_safe = is_here or (parts.scheme == "https" and parts.hostname)
        if not is_safe or parts.query or parts.fragment:
            raise ValueError("must start with https://, as the provider writes it: https://login.example.com/realms/x")
        return url

    @model_validator(mode="after")
    def is_all_of_oidc(self) -> Self:
        """An issuer without a client, or the other way round, signs nobody in."""
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("FIRSTLINE_OIDC_CLIENT_ID must be set where FIRSTLINE_OIDC_ISSUER is")
        if (self.oidc_client_id or self.oidc_client_secret) and not self.oidc_issuer:
            raise ValueError("FIRSTLINE_OIDC_ISSUER must be set where the client is")
        return self

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def is_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        """A URL that libpq understands."""
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return url

    @field_validator("redis_url")
    @classmethod
    def is_a_broker(cls, url: SecretStr | None) -> SecretStr | None:
        """A broker that Celery understands."""
        schemes = ("redis://", "rediss://", "unix://", "redis+socket://", "amqp://", "amqps://")
        if url is not None and not url.get_secret_value().startswith(schemes):
            raise ValueError("must start with redis://, rediss://, redis+socket:// or amqp://")
        return url


def environment_variable(field: str) -> str:
    """The environment variable behind a field: `data_dir` → `FIRSTLINE_DATA_DIR`."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"FIRSTLINE_{field.upper()}"


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment and `.env`. Raises BadSetting that names each variable at fault, one that there is
    not among them: a mistyped name would leave the default in force."""
    if unknown_settings := sorted(_unknown_settings()):
        raise BadSetting("\n".join(unknown_settings))
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        faults = [
            _describe_fault(str(fault["loc"][0]) if fault["loc"] else "settings", fault["msg"])
            for fault in error.errors()
        ]
        raise BadSetting("\n".join(faults)) from error


def _unknown_settings() -> Iterator[str]:
    prefix, known_variables = (
        str(Settings.model_config["env_prefix"]),
        [environment_variable(field) for field in Settings.model_fields],
    )
    for name in {*os.environ, *dotenv_values(str(Settings.model_config["env_file"]))}:
        if name.upper().startswith(prefix) and name.upper() not in known_variables:
            close_matches = get_close_matches(name.upper(), known_variables, 1)
            yield f"{name}: there is no such setting" + (f"; is {close_matches[0]} meant?" if close_matches else "")


def _describe_fault(field: str, message: str) -> str:
    name = environment_variable(field) if field in Settings.model_fields else field
    return f"{name}: {message.removeprefix('Value error, ')}"
