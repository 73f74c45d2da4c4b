"""The broker asks who somebody is; the answer is a grant or a refusal. No I/O in here.

NATS calls this *auth callout*: for each login that its configuration does not know it sends a
JWT with what the client said, and expects a JWT back that is signed with an account key of
ours and holds either the client's rights or an error. A topic ``a/b`` is the subject ``a.b``.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import nkeys

from domain.time import SECOND, Micros
from gateway import topics
from gateway.registry import Login

RESERVED = "carewatch"
"""No client of others may call itself so: the broker would hand it our session."""

_RECEIVED_ONLY = ("receipt", "command")
"""Topics that a device listens to and never speaks on."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who knocks: ``server``, ``nkey`` and ``connection`` go back to the broker."""

    user: str
    password: str
    client_id: str
    over_mqtt: bool
    address: str
    server: str
    nkey: str
    connection: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Come in, with these rights, in the broker's subjects."""

    name: str
    publish: tuple[str, ...]
    no_publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Stay out; ``code`` is for counting, ``reason`` a sentence for whoever owns the device."""

    code: str
    reason: str


TOO_MANY_DEVICES = Refusal(
    "too_many_devices",
    "the rights of so many devices are more than the broker takes with one login: divide them"
    " among several bridges",
)


def decide(request: Request, login: Login | None, owner: Login | None) -> Grant | Refusal:
    """The answer to a login.

    ``login`` is what is known of the user name; ``owner`` of the client id, where that is not
    the user name: with another's client id the broker would hand over that other's session.
    """
    if login is None:
        return Refusal("unknown", "unknown user name: no device in use is called so")
    if not login.secret_hash:
        return Refusal("bridge_only", "this device has no secret: it speaks through a bridge")
    if not login.opens_with(request.password):
        return Refusal("wrong_secret", "wrong secret: use the one last shown, or rotate it")
    if not request.over_mqtt:
        return Refusal("not_mqtt", "devices speak MQTT; the NATS port is not for them")
    if _takes_a_session(request.client_id, login, owner):
        return Refusal("client_id", "this MQTT client id belongs to another: use your own id")
    return grant(login)


def grant(login: Login) -> Grant:
    """The rights of a device (its own topics), of a bridge (those of each of its devices), or of
    a display (to read what its team's displays show).
    """
    if login.kind == "display":
        shown = (topics.display(login.team).replace("/", "."),) if login.team else ()
        return Grant(login.id, (), (">",), ("$MQTT.sub.>", *shown))
    names = (login.id, *login.devices)
    return Grant(
        name=login.id,
        publish=tuple(f"cw.v1.{name}.>" for name in names),
        no_publish=tuple(f"cw.v1.*.{topic}" for topic in _RECEIVED_ONLY),
        subscribe=("$MQTT.sub.>", *_own_subjects(names)),
    )


def _own_subjects(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        yield f"cw.v1.{name}"  # `cw/v1/name/#` is the level itself too
        yield f"cw.v1.{name}.>"


def _takes_a_session(client_id: str, login: Login, owner: Login | None) -> bool:
    if client_id.lower().startswith(RESERVED):
        return client_id != login.id
    return owner is not None and owner.id != login.id and owner.id not in login.devices


# -- the broker's wording ----------------------------------------------------------------------


def read_request(token: bytes) -> Request:
    """What the broker asks. Its connection is trusted; nobody else can publish there."""
    claims = _decode(token)["nats"]
    said, client = claims.get("connect_opts", {}), claims.get("client_info", {})
    return Request(
        user=said.get("user", ""),
        password=said.get("pass", ""),
        client_id=client.get("mqtt_id", ""),
        over_mqtt=client.get("type") == "mqtt",
        address=client.get("host", ""),
        server=claims["server_id"]["id"],
        nkey=claims["user_nkey"],
        connection=client.get("id", 0),
    )


class Signer:
    """Writes answers, signed with the account key whose public half the broker knows."""

    def __init__(self, seed: str, account: str) -> None:
        self._key = nkeys.from_seed(seed.encode())
        self._issuer: str = self._key.public_key.decode()
        self._account = account

    def answer(self, request: Request, decision: Grant | Refusal, now: Micros) -> bytes:
        """A signed authorization response."""
        said: dict[str, Any] = {"type": "authorization_response", "version": 2}
        if isinstance(decision, Grant):
            said["jwt"] = self._user(request, decision, now)
        else:
            said["error"] = decision.reason
        return self._sign({"aud": request.server, "sub": request.nkey, "nats": said}, now).encode()

    def _user(self, request: Request, grant: Grant, now: Micros) -> str:
        rights = {
            "pub": {"allow": grant.publish, "deny": grant.no_publish},
            "sub": {"allow": grant.subscribe},
            "subs": -1, "data": -1, "payload": -1,
            "allowed_connection_types": ["MQTT"],
            "type": "user", "version": 2,
        }  # fmt: skip
        claims = {"aud": self._account, "sub": request.nkey, "name": grant.name, "nats": rights}
        return self._sign(claims, now)

    def _sign(self, claims: dict[str, Any], now: Micros) -> str:
        claims = {**claims, "iss": self._issuer, "iat": now // SECOND}
        digest = hashlib.sha256(json.dumps(claims).encode()).digest()
        claims["jti"] = base64.b32encode(digest).decode().rstrip("=")
        body = f"{_encode({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{_encode(claims)}"
        return f"{body}.{_text(self._key.sign(body.encode()))}"


def _encode(part: dict[str, Any]) -> str:
    return _text(json.dumps(part, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: bytes) -> dict[str, Any]:
    body = token.split(b".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    return claims
