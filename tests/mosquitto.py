"""Another broker than ours, configured as docs/operations.md tells."""

import shutil
import subprocess
from pathlib import Path

from carewatch.embedded.nats import answers
from carewatch.embedded.postgres import free_port
from tests.waiting import eventually

_CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 0
"""
BINARY = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Mosquitto:
    """A Mosquitto in ``folder`` that lets everybody in."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._config = folder / "mosquitto.conf"
        folder.mkdir()
        self._config.write_text(_CONFIG.format(port=self._port))

    @property
    def mqtt_url(self) -> str:
        return f"mqtt://127.0.0.1:{self._port}"

    def start(self) -> "subprocess.Popen[bytes]":
        command = [str(BINARY), "-c", str(self._config)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self) -> None:
        eventually(lambda: answers("127.0.0.1", self._port), "Mosquitto listens")
