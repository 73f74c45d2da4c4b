"""Every setting in one place: command line before environment before ``carewatch.toml``."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_dir
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from carewatch.services import FIXED
from domain.errors import CarewatchError

PREFIX = "CAREWATCH_"
SERVICES = ("sms", "email", "telegram", "ntfy", *FIXED)
CONFIG_FILE = "carewatch.toml"

Port = int


class BadSettings(CarewatchError):
    """A setting that does not exist, or has a value that it cannot have."""


class Settings(BaseSettings):
    """What an operator can choose; a URL in place of None replaces the embedded part."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data: Path = Path(user_data_dir("carewatch"))
    """Folder of everything that is kept: database, broker, keys, logs."""
    host: str = "127.0.0.1"
    """Address that the API and the MQTT listener are bound to; NATS itself stays on 127.0.0.1."""
    http_port: Port = Field(8080, ge=0, le=65535)
    mqtt_port: Port = Field(1883, ge=0, le=65535)
    nats_port: Port = Field(4222, ge=0, le=65535)
    database_port: Port = Field(0, ge=0, le=65535)
    database_url: str | None = Field(None, repr=False)
    mqtt_url: str | None = Field(None, repr=False)
    """``mqtt://user:password@host:port`` of the gateway's own login (``mqtts`` for TLS)."""
    nats_url: str | None = Field(None, repr=False)
    """``nats://user:password@host:port`` of the login that answers the auth callout."""
    nats_system_url: str | None = Field(None, repr=False)
    """The same for a user of the system account, which may end connections."""
    nats_issuer: str | None = Field(None, repr=False)
    """Seed (``SA…``) of the account key that signs the answers of the auth callout."""
    nats_log: Path | None = None
    """The broker's log file, in which publishes against the rights are found."""
    log: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    webhook_url: str | None = Field(None, repr=False)
    webhook_secret: str | None = Field(None, repr=False)
    handover_url: str | None = Field(None, repr=False)
    deadman_url: str | None = Field(None, repr=False)
    """Called every minute while all is well; who is behind it raises the alarm when it is not."""
    public_url: str | None = None
    """Where people reach the API from outside: links in messages begin with it."""
    public_mqtt_url: str | None = None
    """Where devices reach the broker from outside: who registers one is told."""
    reply_secret: str | None = Field(None, repr=False)
    """Signs the answers by SMS or mail that come in at ``POST /api/v1/replies``."""
    stay_logged_in_days: int = Field(30, ge=0, le=365)
    """How long a device without use stays logged in, where its owner wishes it; 0: not at all."""
    sms_url: str | None = Field(None, repr=False)
    """An apprise URL with ``{to}`` in the place of the telephone number; the others likewise."""
    email_url: str | None = Field(None, repr=False)
    telegram_url: str | None = Field(None, repr=False)
    ntfy_url: str | None = Field(None, repr=False)
    wecom_url: str | None = Field(FIXED["wecom"], repr=False)
    dingtalk_url: str | None = Field(FIXED["dingtalk"], repr=False)
    feishu_url: str | None = Field(FIXED["feishu"], repr=False)
    sync_always: bool = False
    """Whether the embedded broker flushes each message to disk before it answers.

    It then takes 4,800 messages a second from 500 clients instead of 13,700, and loses nothing
    in a power cut; a killed process loses nothing either way.
    """

    keep_samples_days: int = Field(30, ge=1)
    keep_minutes_days: int = Field(365, ge=1)
    keep_rest_days: int = Field(5 * 365, ge=1)
    """Hours, nights and events."""
    keep_quarantine_days: int = Field(30, ge=1)
    chunk_hours: int | None = Field(None, ge=1, le=24)
    """With TimescaleDB: how long a chunk of samples is; else the keeper goes by their rate."""
    compress_after_days: int = Field(7, ge=1)
    """How old samples are when they are packed or, where the licence can, compressed."""

    @field_validator("log", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("chunk_hours")
    @classmethod
    def _cuts_the_day(cls, value: int | None) -> int | None:
        if value is not None and 24 % value:
            raise ValueError("choose 1, 2, 3, 4, 6, 8, 12 or 24: a day is whole chunks")
        return value

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("begin it with https://")
        return value.rstrip("/") if value else None

    @field_validator("public_mqtt_url")
    @classmethod
    def _of_a_broker(cls, value: str | None) -> str | None:
        if value and (not value.startswith(("mqtt://", "mqtts://")) or "@" in value):
            raise ValueError("give mqtt:// or mqtts://, the host and the port, and no login")
        return value or None

    @field_validator("data")
    @classmethod
    def _whole(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # `load` merges the sources, so that each can be checked by name

    @property
    def device_url(self) -> str | None:
        """Where devices connect, without anybody's login; None where it is not known."""
        if self.public_mqtt_url or not self.mqtt_url:
            return self.public_mqtt_url
        scheme, _, rest = self.mqtt_url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"

    @property
    def services(self) -> dict[str, str]:
        """The apprise URL of each kind of channel that is set up."""
        urls = {kind: getattr(self, f"{kind}_url") for kind in SERVICES}
        return {kind: url for kind, url in urls.items() if url}

    def required(self, name: str) -> str:
        """A setting that this process cannot do without; raises BadSettings where it is unset."""
        value = getattr(self, name)
        if value is None:
            raise BadSettings(
                f"Set {PREFIX}{name.upper()}: it is needed by a process that runs apart "
                "(`carewatch up` sets it by itself)."
            )
        return str(value)

    def environment(self) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        said = self.model_dump(mode="json", exclude_none=True)
        return {PREFIX + name.upper(): str(value) for name, value in said.items()}


def load(
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> Settings:
    """The settings in force.

    ``options`` are those of the command line (None: not given), ``config`` a TOML file (else
    ``carewatch.toml`` of the working folder, where there is one).
    Raises :class:`BadSettings` with a sentence about each that is wrong.
    """
    environment = os.environ if environment is None else environment
    given = {
        **_from_file(config),
        **_from_environment(environment),
        **{name: value for name, value in options.items() if value is not None},
    }
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadSettings(_sentences(error)) from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    names = [name for name in environment if name.upper().startswith(PREFIX)]
    _refuse_unknown((name.upper().removeprefix(PREFIX).lower() for name in names), "environment")
    # An empty variable is one that was not set, as with most programs.
    return {
        name.upper().removeprefix(PREFIX).lower(): environment[name]
        for name in names
        if environment[name]
    }


def _from_file(config: Path | None) -> dict[str, Any]:
    path = config or Path(CONFIG_FILE)
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if config is None:
            return {}
        raise BadSettings(f"There is no file {config}: check --config.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path} cannot be read as TOML: {error}.") from None
    named = {name.upper().removeprefix(PREFIX).lower(): value for name, value in said.items()}
    _refuse_unknown(named, str(path))
    return named


def _refuse_unknown(names: Iterable[str], place: str) -> None:
    known = list(Settings.model_fields)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise BadSettings(
                f"{PREFIX}{name.upper()} ({place}) is no setting of carewatch; "
                f"the nearest is {PREFIX}{near[0].upper()}."
            )


def _sentences(error: ValidationError) -> str:
    # The value itself is left out: it may be a secret.
    return " ".join(
        f"{PREFIX}{str(what['loc'][0]).upper()}: {what['msg'].lower()}." for what in error.errors()
    )
