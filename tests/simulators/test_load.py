"""The load generator, as a process of its own against a real broker."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import Unavailable
from simulators.load import connect
from simulators.packets import Acknowledgements, Packets, length

_FLEET = {
    "bridge": {"username": "bridge", "password": "g-secret"},
    "devices": [f"bed-{number:05d}" for number in range(1, 51)],
}


def run(broker, fleet: dict, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    file = folder / "fleet.json"
    file.write_text(json.dumps(fleet))
    command = [sys.executable, "-m", "simulators.load", "--mqtt", broker.url, "--fleet", str(file)]
    return subprocess.run(
        [*command, *more], capture_output=True, text=True, timeout=60, check=False
    )


def test_everything_is_sent_at_the_pace_and_acknowledged(broker, observer, tmp_path) -> None:
    done = run(broker, _FLEET, tmp_path, "--rate", "500", "--seconds", "2", "--progress")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sent"] == told["acked"] == 1_000
    assert 1.8 < told["seconds"] < 4
    assert json.loads(done.stderr.splitlines()[0])["second"] == 1
    assert set(observer.topics()) == {f"cw/v1/{id_}/sample" for id_ in _FLEET["devices"]}


def test_no_two_messages_of_a_device_are_one_sample(broker, observer, tmp_path) -> None:
    one = _FLEET | {"devices": ["bed-00001"]}
    done = run(broker, one, tmp_path, "--rate", "0", "--messages", "2000", "--window", "100")
    assert json.loads(done.stdout)["acked"] == 2_000
    times = {json.loads(payload)["t"] for _, payload, _ in observer.heard}
    assert len(times) == len(observer.heard)
    said = json.loads(observer.heard[0][1])
    assert said.keys() == {"t", "heart_rate", "respiration_rate", "movement", "in_bed"}


def test_a_wrong_login_is_said_and_nothing_is_sent(broker, observer, tmp_path) -> None:
    wrong = _FLEET | {"bridge": {"username": "bridge", "password": "not-it"}}
    done = run(broker, wrong, tmp_path, "--rate", "10", "--seconds", "1")
    assert done.returncode == 3
    assert "refused the login" in done.stderr
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        connect("mqtt://127.0.0.1:1")


def test_devices_with_names_of_any_length_have_right_headers() -> None:
    packets = Packets(["b", "bed-" + "x" * 60])
    both = packets.take(2, 1, 1_763_713_800_120)
    first = both[: 2 + both[1]]
    assert first[0] == 0x32
    assert first[4:17] == b"cw/v1/b/sampl"
    assert json.loads(first[first.index(b"{") :])["t"] == 1_763_713_800_120
    assert both[len(first)] == 0x32


@pytest.mark.parametrize(
    ("size", "coded"),
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_384, b"\x80\x80\x01")],
)
def test_lengths_are_coded_as_mqtt_says(size: int, coded: bytes) -> None:
    assert length(size) == coded


def test_acknowledgements_may_be_cut_anywhere_and_free_their_ids() -> None:
    acks = Acknowledgements()
    acks.expect(1, 3)
    assert acks.free(1, 10) == 0
    acks.read(b"\x40\x02\x00\x01\x40\x02\x00")
    assert (acks.acked, acks.free(1, 10)) == (1, 1)
    acks.read(b"\x02\x40\x02\x00\x03")
    assert (acks.acked, acks.free(1, 10)) == (3, 10)
    assert acks.free(65_530, 10) == 6, "ids end at 65,535"
