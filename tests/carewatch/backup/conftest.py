"""A data folder, its settings, and a backup of the place that they belong to."""

from pathlib import Path

import psycopg
import pytest

from carewatch.backup.save import save
from carewatch.embedded.nats import Nats
from carewatch.settings import Settings
from tests.carewatch.backup.place import fill


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the keys of a broker."""
    Nats(tmp_path / "data" / "broker").prepare()
    return tmp_path / "data"


@pytest.fixture
def settings(data: Path) -> Settings:
    return Settings(data=data, webhook_url="https://example.org/?a=1", webhook_secret="whsec_QQ==")


@pytest.fixture
def backup(
    connection: psycopg.Connection, database_url: str, settings: Settings, tmp_path: Path
) -> Path:
    fill(connection)
    save(database_url, settings, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"
