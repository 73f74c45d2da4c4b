"""The ports that we listen on: chosen, looked at before we start, and named where taken."""

import errno
import socket
from collections.abc import Iterator

import psutil

from carewatch.embedded.postgres import Postgres, free_port
from carewatch.settings import PREFIX, Settings
from domain.errors import Unavailable


class PortTaken(Unavailable):
    """Another program listens where we are to listen."""


def check_ports(settings: Settings) -> None:
    """Raises PortTaken with the setting to change where somebody else listens."""
    for name, host, port in listening_ports(settings):
        if not port_is_free(host, port):
            raise PortTaken(
                f"Port {port} on {host} is taken{_by(port)}: stop that program, or choose another "
                f"port with {PREFIX}{name.upper()} or --{name.replace('_', '-')} (0: a free one)."
            )


def listening_ports(settings: Settings) -> Iterator[tuple[str, str, int]]:
    """Setting, address and port of each listener that `up` opens itself."""
    yield "http_port", settings.host, settings.http_port
    if not settings.mqtt_url:
        yield "mqtt_port", settings.host, settings.mqtt_port
        yield "nats_port", "127.0.0.1", settings.nats_port
    if not settings.database_url and settings.database_port:
        yield "database_port", "127.0.0.1", settings.database_port


def port_is_free(host: str, port: int) -> bool:
    """Whether we could listen there now."""
    if port == 0:
        return True
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Unavailable(
                f"Port {port} may be opened by the system's administrator only: "
                "choose one above 1023."
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise Unavailable(
                f"Port {port} on {host} cannot be opened: {error.strerror}."
            ) from None
    return True


def _by(port: int) -> str:
    """Who listens there, as far as the system lets us see."""
    try:
        for each in psutil.net_connections("tcp"):
            if each.laddr and each.laddr.port == port and each.status == "LISTEN" and each.pid:
                return f" by {psutil.Process(each.pid).name()} (process {each.pid})"
    except psutil.Error:
        return ""
    return ""


def with_free_ports(settings: Settings) -> Settings:
    """The same settings with a port in place of each 0; the database keeps its own."""
    chosen = {"database_port": settings.database_port or Postgres(settings.data / "database").port}
    for name in ("http_port", "mqtt_port", "nats_port"):
        chosen[name] = getattr(settings, name)
        while chosen[name] == 0:
            port = free_port()
            chosen[name] = 0 if port in chosen.values() else port
    return settings.model_copy(update=chosen)
