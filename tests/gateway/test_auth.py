"""Who may come in at the broker, and what they may do there."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import nkeys
import pytest

from domain.time import SECOND
from gateway import auth
from gateway.registry import Login, hash_secret

SEED = nkeys.encode_seed(b"\1" * 32, nkeys.PREFIX_BYTE_ACCOUNT).decode()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

BED = Login("bed-1", "bed", hash_secret("secret-1"), LONG_AGO)
OTHER = Login("bed-2", "bed", hash_secret("secret-2"), LONG_AGO)
BEHIND_BRIDGE = Login("bed-3", "bed", b"", LONG_AGO)
DISPLAY = Login("wall-1", "display", hash_secret("secret-w"), LONG_AGO, team="liushu")
BRIDGE = Login("bridge-1", "bridge", hash_secret("secret-b"), LONG_AGO, ("bed-3", "bed-4"))


def request(**what: Any) -> auth.Request:
    said = {"user": "bed-1", "password": "secret-1", "client_id": "bed-1", "over_mqtt": True}
    return auth.Request(**{**said, "address": "", "server": "N", "nkey": "U", "connection": 1}
                        | what)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "login", "owner", "code"),
    [
        ({}, None, None, "unknown"),
        ({"password": "secret-2"}, BED, BED, "wrong_secret"),
        ({"password": ""}, BED, BED, "wrong_secret"),
        ({"user": "bed-3", "password": ""}, BEHIND_BRIDGE, None, "bridge_only"),
        ({"over_mqtt": False}, BED, BED, "not_mqtt"),
        ({"client_id": "bed-2"}, BED, OTHER, "client_id"),
        ({"client_id": "carewatch-gateway"}, BED, None, "client_id"),
        ({"client_id": "Carewatch"}, BED, None, "client_id"),
    ],
)
def test_a_login_is_refused_with_its_reason(
    what: dict[str, Any], login: Login | None, owner: Login | None, code: str
) -> None:
    decision = auth.decide(request(**what), login, owner)
    assert isinstance(decision, auth.Refusal)
    assert decision.code == code
    assert "secret-" not in decision.reason


@pytest.mark.parametrize("client_id", ["bed-1", "", "esp32-a7"])
def test_a_device_may_call_its_session_as_it_likes(client_id: str) -> None:
    assert isinstance(auth.decide(request(client_id=client_id), BED, None), auth.Grant)


def test_a_bridge_may_use_the_names_of_its_own_devices() -> None:
    said = request(user="bridge-1", password="secret-b", client_id="bed-3")
    assert isinstance(auth.decide(said, BRIDGE, BEHIND_BRIDGE), auth.Grant)
    said = request(user="bridge-1", password="secret-b", client_id="bed-1")
    assert isinstance(auth.decide(said, BRIDGE, BED), auth.Refusal)


def test_a_device_speaks_below_its_own_name_and_never_in_our_place() -> None:
    rights = auth.grant(BED)
    assert rights.publish == ("cw.v1.bed-1.>",)
    assert rights.no_publish == ("cw.v1.*.receipt", "cw.v1.*.command")
    assert set(rights.subscribe) == {"$MQTT.sub.>", "cw.v1.bed-1", "cw.v1.bed-1.>"}


def test_a_bridge_has_the_rights_of_each_of_its_devices() -> None:
    assert auth.grant(BRIDGE).publish == ("cw.v1.bridge-1.>", "cw.v1.bed-3.>", "cw.v1.bed-4.>")


def test_the_answer_is_signed_for_the_one_who_asked() -> None:
    token = auth.Signer(SEED, "APP").answer(request(), auth.grant(BED), now=5 * SECOND)
    head, body, signature = token.split(b".")
    nkeys.from_seed(SEED.encode()).verify(head + b"." + body, _raw(signature))
    answer = json.loads(_raw(body))
    user = json.loads(_raw(answer["nats"]["jwt"].split(".")[1].encode()))
    assert (answer["aud"], answer["sub"], answer["iat"]) == ("N", "U", 5)
    assert (user["aud"], user["sub"], user["name"]) == ("APP", "U", "bed-1")
    assert user["nats"]["pub"]["allow"] == ["cw.v1.bed-1.>"]
    assert user["nats"]["allowed_connection_types"] == ["MQTT"]


def test_a_refusal_carries_no_rights() -> None:
    token = auth.Signer(SEED, "APP").answer(request(), auth.Refusal("unknown", "who?"), now=0)
    said = json.loads(_raw(token.split(b".")[1]))["nats"]
    assert said == {"type": "authorization_response", "version": 2, "error": "who?"}


def _raw(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def test_a_display_reads_its_teams_board_and_publishes_nothing() -> None:
    granted = auth.grant(DISPLAY)
    assert (granted.publish, granted.no_publish) == ((), (">",))
    assert granted.subscribe == ("$MQTT.sub.>", "cw.display.liushu.alerts")
