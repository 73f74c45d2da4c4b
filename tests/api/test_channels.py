"""My channels, the codes that confirm them, and answers from a message without a login."""

import base64
import json
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg_pool import ConnectionPool

from alerts import links, reach
from alerts.channels.webhook import signature
from api.app import create_app
from domain.time import HOUR, MINUTE, SECOND, ManualClock
from tests.api.conftest import NOW, Asker, World

SMS = {"kind": "sms", "address": "+8613812345678"}
SECRET = "shared with the gateway"


@pytest.fixture
def app(pool: ConnectionPool[psycopg.Connection], clock: ManualClock) -> FastAPI:
    return create_app(pool, clock, reply_secret=SECRET)


def put(asker: Asker, *items: dict[str, Any], language: str = "en") -> Any:
    answer = asker.ask("PUT", "/me/channels", json={"language": language, "items": list(items)})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def code_for(world: World, channel: int, now: int = NOW) -> str:
    return reach.new_code(world.connection, channel, now)


def test_an_address_is_used_once_its_code_is_entered(ask: dict[str, Asker], world: World) -> None:
    (channel,) = put(ask["family"], SMS)
    assert channel["confirmed_at"] is None
    code = code_for(world, channel["id"])
    path = f"/me/channels/{channel['id']}/confirm"
    assert ask["family"].ask("POST", path, json={"code": "x"}).status_code == 422
    assert ask["neighbour"].ask("POST", path, json={"code": code}).status_code == 404
    confirmed = ask["family"].ask("POST", path, json={"code": code})
    assert confirmed.json()["confirmed_at"] is not None


def test_guessing_ends_after_five_tries(ask: dict[str, Asker], world: World) -> None:
    (channel,) = put(ask["family"], SMS)
    code = code_for(world, channel["id"])
    path = f"/me/channels/{channel['id']}/confirm"
    statuses = [ask["family"].ask("POST", path, json={"code": "x"}).status_code for _ in range(5)]
    assert statuses == [422] * 5
    assert ask["family"].ask("POST", path, json={"code": code}).status_code == 409


def test_a_code_is_good_for_15_minutes(
    ask: dict[str, Asker], world: World, clock: ManualClock
) -> None:
    (channel,) = put(ask["family"], SMS)
    code = code_for(world, channel["id"])
    path = f"/me/channels/{channel['id']}"
    assert ask["family"].ask("POST", f"{path}/code").status_code == 409, "a minute between two"
    clock.advance(15 * MINUTE)
    assert ask["family"].ask("POST", f"{path}/confirm", json={"code": code}).status_code == 409
    assert ask["family"].ask("POST", f"{path}/code").status_code == 204


def test_the_order_changes_and_what_is_confirmed_stays(ask: dict[str, Asker], world: World) -> None:
    mail = {"kind": "email", "address": "a@example.org"}
    sms, email = put(ask["family"], SMS, mail)
    world.connection.execute("update person_channel set confirmed_at = now()")
    items = put(ask["family"], {"id": email["id"], "priorities": ["high"]}, {"id": sms["id"]})
    assert [item["kind"] for item in items] == ["email", "sms"]
    assert all(item["confirmed_at"] for item in items)
    assert [item["kind"] for item in put(ask["family"], {"id": sms["id"]})] == ["sms"]


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "sms", "address": "110"},
        {"kind": "email", "address": "a@b?cc=everybody@example.org"},
        {"kind": "ntfy", "address": "../x"},
        {"kind": "sms"},
        {"id": 999},
        {"kind": "sms", "address": "+8613812345678", "priorities": ["low"]},
    ],
)
def test_what_cannot_be_is_refused(ask: dict[str, Asker], item: dict[str, Any]) -> None:
    answer = ask["family"].ask("PUT", "/me/channels", json={"language": "en", "items": [item]})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "endpoint", ["http://push.example.org/1", "https://10.0.0.1/x", "https://localhost/",
                 "https://push.example.org:8443/"],
)  # fmt: skip
def test_nobody_makes_us_call_our_own_network(ask: dict[str, Asker], endpoint: str) -> None:
    body = {"endpoint": endpoint, "keys": {"p256dh": "B" * 87, "auth": "a" * 22}}
    assert ask["family"].ask("POST", "/me/push", json=body).status_code == 422


# -- answers -----------------------------------------------------------------------------------


def make(world: World, account: str | None = "1") -> links.Made:
    world.alert("a1", "anna")
    return links.make(world.connection, "a1", account, NOW)


def state(ask: dict[str, Asker]) -> tuple[str, str | None]:
    alert = ask["admin"].get("/alerts/a1")
    return alert["state"], alert["accepted_by"]


def test_opening_a_link_changes_nothing_and_its_button_accepts(
    client: TestClient, ask: dict[str, Asker], world: World
) -> None:
    token = make(world).token
    shown = client.get(f"/a/{token}")
    assert "the emergency button was pressed" in shown.text
    assert f'action="/a/{token}/accept"' in shown.text
    assert "form-action 'self'" in shown.headers["content-security-policy"]
    assert state(ask) == ("open", None)
    assert "Mill Lane 1" in client.post(f"/a/{token}/accept").text
    assert state(ask) == ("accepted", "family")
    assert "0417" not in client.post(f"/a/{token}/accept").text, "the door's code stays inside"
    lines = ask["admin"].get("/audit", who="family")["items"]
    assert {(line["action"], line["session"]) for line in lines} == {("alert_accepted", "link")}


def test_who_comes_second_is_told_who_goes(
    client: TestClient, ask: dict[str, Asker], world: World
) -> None:
    token = make(world).token
    assert ask["station"].ask("POST", "/alerts/a1/accept").status_code == 200
    answer = client.post(f"/a/{token}/accept")
    assert answer.status_code == 409
    assert "station is on it already" in answer.text
    assert "station is on it already" in client.get(f"/a/{token}").text


def test_what_is_no_link_is_a_page_that_says_so(client: TestClient, world: World) -> None:
    assert client.get("/a/guessed").status_code == 404
    assert client.post("/a/guessed/accept").status_code == 404
    token = make(world, None).token
    assert client.post(f"/a/{token}/accept").status_code == 404, "it shows only"
    assert client.get(f"/a/{make_read(world)}/handover").status_code == 404, "it answers only"


def make_read(world: World) -> str:
    return links.make(world.connection, "a1", "1", NOW).token


def reply(client: TestClient, text: str, secret: str = SECRET, at: int = NOW) -> Any:
    body = json.dumps({"from": SMS["address"], "text": text}).encode()
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(at // SECOND),
        "webhook-signature": signature(secret.encode(), "1", at // SECOND, body),
    }
    return client.post("/api/v1/replies", content=body, headers=headers)


def test_a_reply_with_a_code_does_the_same(
    client: TestClient, ask: dict[str, Asker], world: World
) -> None:
    put(ask["family"], SMS)
    code = make(world).code
    assert reply(client, f"Y {code}").status_code == 404, "an address that is not confirmed"
    world.connection.execute("update person_channel set confirmed_at = now()")
    assert reply(client, f"Y {code}", "another").status_code == 401
    assert reply(client, f"Y {code}", at=NOW - HOUR).status_code == 401
    assert reply(client, "who is this?").status_code == 422
    assert reply(client, f"n {code}").json()["answer"] == "reject"
    assert ask["admin"].get("/alerts/a1")["history"][-1]["change"] == "rejected"


# -- the hand-over -----------------------------------------------------------------------------


def test_the_hand_over_holds_what_a_responder_needs(
    client: TestClient, ask: dict[str, Asker], world: World
) -> None:
    world.alert("a1", "anna", "fall")
    world.sample("bed-anna", 5, heart_rate=61.0)
    world.connection.execute(
        "update resident set birth_year = 1938, risks = 'falls <often>', medication = 'aspirin',"
        ' contacts = \'[{"name": "Mei", "phones": ["+861"]}]\' where id = \'anna\''
    )
    found = ask["station"].get("/alerts/a1/handover")
    assert found["who"]["birth_year"] == 1938
    assert found["where"]["key_box"]["code"] == "0417"
    assert found["contacts"][0]["phones"] == ["+861"]
    (vital,) = found["health"]["vitals"]
    assert (vital["quantity"], vital["value"], vital["unit"]) == ("heart_rate", 61.0, "1/min")
    token = links.make(world.connection, "a1", None, NOW).token
    for path, headers in (
        (f"/a/{token}/handover", {}),
        ("/alerts/a1/handover", {"Authorization": "Bearer token-of-station"}),
    ):
        text = client.get(path, headers=headers).text
        assert all(
            word in text for word in ("Anna", "Mill Lane 1", "0417", "aspirin", "61 a minute")
        )
        assert "falls &lt;often&gt;" in text
    assert client.get("/alerts/a1/handover").status_code == 401


def test_the_page_of_it_speaks_one_language_and_goes_by_the_clock_of_the_home(
    client: TestClient, world: World
) -> None:
    world.alert("a1", "anna", "fall")
    world.sample("bed-anna", 0.5, heart_rate=61.0, in_bed=False)
    world.connection.execute(
        "update resident set timezone = 'Asia/Shanghai', living = 'empty_nest', languages = '{zh}',"
        ' abilities = \'{"level": 1, "score": 75, "assessed_on": null, "by": "沈医生"}\''
        " where id = 'anna'"
    )
    world.connection.execute(
        "update alert set state = 'accepted', accepted_by = '3', accepted_at = since"
    )
    token = links.make(world.connection, "a1", None, NOW).token
    page = client.get(f"/a/{token}/handover", headers={"Accept-Language": "zh-CN"}).text
    for said in (
        "时间为老人家中当地时间（Asia/Shanghai, UTC+08:00）", "<dd>16:30:00</dd>", "已接手", "空巢",
        "<dd>汉语</dd>", "每分钟61次（16:29:30，事发前30秒）", "否（16:29:30，事发前30秒）",
        "轻度失能，75分（满分90分），评估人：沈医生", "服务站，已接手，16:30:00接手",
    ):  # fmt: skip
        assert said in page
    for code in ("accepted", "empty_nest", "1/min", "level", "08:30"):
        assert code not in page


def test_health_stays_out_where_that_was_wished(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    world.connection.execute(
        'update resident set risks = \'falls\', consents = \'[{"what": "emergency",'
        ' "withdrawn_on": "2026-01-01"}]\' where id = \'anna\''
    )
    try:
        assert ask["station"].get("/alerts/a1/handover")["health"] is None
    finally:
        world.connection.execute("update resident set consents = '[]', risks = null")


def test_the_key_of_web_push_is_made_once(ask: dict[str, Asker]) -> None:
    first, second = (ask["family"].get("/me/push")["public_key"] for _ in range(2))
    assert first == second
    assert len(base64.urlsafe_b64decode(first + "=")) == 65
