"""Where settings come from, which goes before which, and how a wrong one is told."""

from pathlib import Path

import pytest

from carewatch.settings import BadSettings, Settings, load


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_a_word_everything_is_on_this_machine() -> None:
    settings = load(environment={})
    assert (settings.host, settings.http_port, settings.mqtt_port) == ("127.0.0.1", 8080, 1883)
    assert settings.database_url is None


def test_command_line_before_environment_before_file(tmp_path: Path) -> None:
    (tmp_path / "carewatch.toml").write_text('http_port = 1\nmqtt_port = 1\nhost = "a"\n')
    environment = {"CAREWATCH_HTTP_PORT": "2", "CAREWATCH_MQTT_PORT": "2"}
    settings = load(environment=environment, http_port=3, mqtt_port=None)
    assert (settings.http_port, settings.mqtt_port, settings.host) == (3, 2, "a")


def test_a_key_of_the_file_may_bear_the_name_of_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('CAREWATCH_LOG = "DEBUG"\n')
    assert load(file, environment={}).log == "debug"


def test_an_empty_variable_is_not_set() -> None:
    assert load(environment={"CAREWATCH_DATABASE_URL": ""}).database_url is None


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"CAREWATCH_HTTP_PROT": "1"}, "CAREWATCH_HTTP_PROT .* nearest is CAREWATCH_HTTP_PORT"),
        ({"CAREWATCH_HTTP_PORT": "many"}, "CAREWATCH_HTTP_PORT"),
        ({"CAREWATCH_MQTT_PORT": "70000"}, "CAREWATCH_MQTT_PORT.*65535"),
        ({"CAREWATCH_LOG": "loud"}, "CAREWATCH_LOG.*warning"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadSettings, match=sentence):
        load(environment=environment)


def test_a_wrong_key_names_its_file(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("http_prot = 1\n")
    with pytest.raises(BadSettings, match=r"my\.toml.*CAREWATCH_HTTP_PORT"):
        load(file, environment={})


@pytest.mark.parametrize("text", ["http_port", "= 3", "\xff"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "my.toml"
    file.write_text(text, "latin-1")
    with pytest.raises(BadSettings, match=r"my\.toml cannot be read as TOML"):
        load(file, environment={})


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="There is no file"):
        load(tmp_path / "gone.toml", environment={})


def test_neither_a_message_nor_a_print_shows_a_secret() -> None:
    url = "postgresql://me:hunter2@db/carewatch"
    settings = load(environment={"CAREWATCH_DATABASE_URL": url, "CAREWATCH_WEBHOOK_SECRET": "xyz1"})
    assert "hunter2" not in repr(settings)
    assert "xyz1" not in repr(settings)
    with pytest.raises(BadSettings) as refused:
        load(environment={"CAREWATCH_HTTP_PORT": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_a_child_process_gets_the_same_settings() -> None:
    environment = {"CAREWATCH_HTTP_PORT": "9", "CAREWATCH_SYNC_ALWAYS": "true"}
    settings = load(environment=environment, data=Path("/srv/cw"))
    assert load(environment=settings.environment()) == settings


def test_every_setting_of_the_outer_names_is_there() -> None:
    names = "data host http_port mqtt_port nats_port database_port database_url mqtt_url log"
    assert set(names.split()) | {"log_format"} <= set(Settings.model_fields)


def test_devices_are_told_an_address_without_a_login() -> None:
    assert Settings().device_url is None
    assert (
        Settings(mqtt_url="mqtt://pump:secret@127.0.0.1:1883").device_url == "mqtt://127.0.0.1:1883"
    )
    outside = Settings(mqtt_url="mqtt://x:y@127.0.0.1", public_mqtt_url="mqtts://care.example:8883")
    assert outside.device_url == "mqtts://care.example:8883"
    with pytest.raises(ValueError, match="no login"):
        Settings(public_mqtt_url="mqtt://pump:secret@care.example")
