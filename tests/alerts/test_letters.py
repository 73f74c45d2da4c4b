"""Messages to persons: in their own words, by their own channels, and never as a flood."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from alerts import inspection, letters, links, outbox, reach, store
from alerts.channels.channel import AddressGone, DeliveryFailed, Message
from alerts.deadlines import escalate
from alerts.letters import A_MINUTE, Desk
from alerts.reach import Wanted
from alerts.reasons import because
from domain.time import HOUR, MINUTE, SECOND, Micros

ALL = ("high", "medium", "low")
DESK = Desk("https://care.example.org", replies=True)


class Box:
    """A channel that keeps what it is given, or says no."""

    def __init__(self, *no: DeliveryFailed) -> None:
        self.letters: list[Message] = []
        self.no = list(no)

    def deliver(self, message: Message) -> None:
        if self.no:
            raise self.no.pop(0)
        self.letters.append(message)

    @property
    def texts(self) -> list[str]:
        return [letter.payload["body"].splitlines()[0] for letter in self.letters]


class Down(Box):
    def deliver(self, message: Message) -> None:
        raise DeliveryFailed(because("unreachable", error="down"))


@pytest.fixture
def people(county: Any) -> Callable[..., list[int]]:
    """Gives somebody confirmed channels, in this order."""

    def give(account: str, *kinds: str, language: str = "en") -> list[int]:
        addresses = {"sms": "+8613812345678", "email": f"{account}@example.org"}
        wanted = [Wanted(kind, addresses.get(kind, "12345678"), ALL) for kind in kinds]
        reach.arrange(county.connection, account, wanted, language, county.noon)
        county.connection.execute(
            "update person_channel set confirmed_at = created_at, code_wanted_at = null"
        )
        return [row["id"] for row in reach.channels(county.connection, account)]

    return give


def send(county: Any, at: Micros, desk: Desk = DESK, **boxes: Box) -> int:
    """Route and deliver all that is due; how many attempts there were."""
    with county.connection.transaction():
        outbox.route(county.connection, outbox.Routes(), at)
    tries = 0
    while claimed := letters.claim(county.connection, at):
        for each in claimed:
            letters.deliver(county.connection, each, boxes, desk, lambda: at)
        tries += 1
        assert tries < 100
    return tries


def told(county: Any) -> list[tuple[str, str]]:
    rows = reach.queries.deliveries(county.connection, alert_id=county.alerts()[0].id)
    return [(row["channel"], row["result"]) for row in rows]


def test_a_person_is_told_by_the_first_channel_only(county: Any, people: Any) -> None:
    people("a-li", "sms", "email")
    county.raise_one("sos")
    sms, email = Box(), Box()
    send(county, county.noon, sms=sms, email=email)
    assert sms.texts == ["Anna: the emergency button was pressed, since 20:00."]
    assert email.letters == []
    assert told(county) == [("sms", "delivered")]


def test_in_their_own_language_and_without_health(county: Any, people: Any) -> None:
    county.connection.execute("update resident set name = '王秀英' where id = 'anna'")
    people("a-li", "sms", language="zh")
    county.raise_one("fall", device="bed-1")
    sms = Box()
    send(county, county.noon, sms=sms)
    assert sms.texts == ["王**：需要有人去看一看，自20:00起。"]
    assert sms.letters[0].payload["title"] == "紧急：王**"


def test_what_the_resident_allows_is_said(county: Any, people: Any) -> None:
    county.connection.execute(
        "update resident set name = 'Anna Berg', consents = '["
        '{"what": "health_in_messages"}, {"what": "name_in_messages"}]\''
    )
    people("a-li", "sms")
    county.raise_one("fall", device="bed-1")
    sms = Box()
    send(county, county.noon, sms=sms)
    assert sms.texts == ["Anna Berg: a fall, since 20:00."]


def test_a_failing_channel_falls_to_the_next_at_once(county: Any, people: Any) -> None:
    people("a-li", "sms", "email")
    county.raise_one("sos")
    email = Box()
    send(county, county.noon, sms=Down(), email=email)
    assert len(email.letters) == 1
    assert told(county) == [("sms", "failed"), ("email", "delivered")]
    assert outbox.next_delivery(county.connection, outbox.PERSON) is None


def test_an_address_that_is_gone_is_not_used_again(county: Any, people: Any) -> None:
    people("a-li", "sms")
    county.raise_one("sos")
    gone = AddressGone(because("unreachable", error="no such subscriber"))
    send(county, county.noon, sms=Box(gone))
    (row,) = reach.channels(county.connection, "a-li")
    assert (row["confirmed_at"], row["problem"]) == (None, "no such subscriber")


def test_where_nobody_is_reached_the_next_step_is_asked_at_once(county: Any, people: Any) -> None:
    people("a-li", "sms", "email")
    alert = county.raise_one("heart_rate_high", device="bed-1")
    county.connection.execute("delete from outbox where recipient = 'a-mei'")
    send(county, county.noon, sms=Down(), email=Down())
    with county.connection.transaction():
        assert escalate(county.connection, county.noon)
    after = store.alert(county.connection, alert.id)
    assert after is not None
    assert after.responsible == "station"
    history = store.history(county.connection, alert.id)
    assert [line["change"] for line in history] == ["raised", "hastened", "no_answer"]
    assert "could be reached" in history[1]["reason"]


def test_a_step_goes_on_while_somebody_of_it_is_reached(county: Any, people: Any) -> None:
    people("a-li", "sms")
    people("a-mei", "email")
    county.raise_one("heart_rate_high", device="bed-1")
    send(county, county.noon, sms=Down(), email=Box())
    assert [line["change"] for line in store.history(county.connection, county.alerts()[0].id)] == [
        "raised"
    ]


def test_many_at_once_become_one(county: Any, people: Any) -> None:
    people("a-li", "sms")
    kinds = ["water_leak", "inactivity", "spo2_low", "body_temperature", "heart_rate_high",
             "bed_exit_long"]  # fmt: skip
    for kind in kinds:
        county.tell(county.finding(kind, "bed-1"))
    sms = Box()
    send(county, county.noon, sms=sms)
    assert len(sms.letters) == A_MINUTE
    send(county, county.noon + MINUTE - 1, sms=sms)
    assert len(sms.letters) == A_MINUTE
    send(county, county.noon + MINUTE, sms=sms)
    assert sms.texts[A_MINUTE:] == ["3 alerts of Anna: somebody should look in."]
    assert outbox.next_delivery(county.connection, outbox.PERSON) is None


def test_a_high_alert_does_not_wait_behind_others(county: Any, people: Any) -> None:
    people("a-li", "sms")
    for kind in ("water_leak", "inactivity", "spo2_low", "body_temperature"):
        county.tell(county.finding(kind, "bed-1"))
    sms = Box()
    send(county, county.noon, sms=sms)
    county.tell(county.finding("sos"))
    send(county, county.noon + SECOND, sms=sms)
    assert sms.letters[-1].payload["priority"] == "high"


# -- answering ---------------------------------------------------------------------------------


def _find_a_defect(county: Any, number: int = 1) -> None:
    defects = [inspection.Defect("bad_policy", str(n), f"Policy {n}: mend it.") for n in
               range(number)]  # fmt: skip
    with county.connection.transaction():
        inspection.keep_books(county.connection, defects, county.noon)


@pytest.fixture
def admin(county: Any) -> str:
    county.connection.execute(
        "insert into account (id, username, password_hash, role) values ('a-ad', 'ad', '', 'admin')"
    )
    return "a-ad"


def test_what_the_audit_finds_reaches_each_admin_once_by_their_first_channel(
    county: Any, people: Any, admin: str
) -> None:
    people(admin, "sms", "email", language="zh")
    people("a-centre", "sms")
    _find_a_defect(county)
    sms, email = Box(), Box()
    assert send(county, county.noon, sms=sms, email=email) == 1
    _find_a_defect(county)
    assert send(county, county.noon + SECOND, sms=sms, email=email) == 0
    assert sms.texts == ["Policy 0: mend it."]
    assert sms.letters[0].payload["title"] == "carewatch：有故障需要处理"
    assert sms.letters[0].payload["link"] is None
    assert email.letters == []


def test_what_the_audit_finds_falls_to_the_next_channel_and_is_not_told_again(
    county: Any, people: Any, admin: str
) -> None:
    people(admin, "sms", "email")
    _find_a_defect(county)
    sms, email = Box(DeliveryFailed(because("unreachable", error="down"))), Box()
    assert send(county, county.noon, sms=sms, email=email) == 2
    assert email.texts == ["Policy 0: mend it."]
    assert send(county, county.noon + HOUR, sms=sms, email=email) == 0
    assert sms.letters == []


def test_many_findings_are_no_flood_and_none_is_lost(county: Any, people: Any, admin: str) -> None:
    people(admin, "sms")
    _find_a_defect(county, A_MINUTE + 2)
    sms = Box()
    send(county, county.noon, sms=sms)
    assert len(sms.letters) == A_MINUTE
    send(county, county.noon + MINUTE, sms=sms)
    assert sorted(sms.texts) == [f"Policy {n}: mend it." for n in range(A_MINUTE + 2)]


@pytest.fixture
def letter(county: Any, people: Any) -> Message:
    """An SMS to Li about a press of Anna's."""
    people("a-li", "sms")
    county.raise_one("sos")
    sms = Box()
    send(county, county.noon, sms=sms)
    return sms.letters[0]


def token(letter: Message) -> str:
    return str(letter.payload["link"]).rsplit("/", 1)[1]


def test_a_link_accepts_for_its_person_once(county: Any, letter: Message) -> None:
    link = links.find(county.connection, token(letter), county.noon)
    after = links.answer(county.connection, link, "accept", county.noon)
    assert (after.state, after.holder) == ("accepted", "li")
    again = links.find(county.connection, token(letter), county.noon)
    assert links.answer(county.connection, again, "accept", county.noon).holder == "li"
    with pytest.raises(links.Used):
        links.answer(county.connection, again, "reject", county.noon)


def test_neither_token_nor_code_is_kept(county: Any, letter: Message) -> None:
    rows = county.connection.execute("select * from answer_link").fetchall()
    kept = repr(rows) + repr(county.connection.execute("select * from outbox").fetchall())
    code = re.search(r"Y (\w{6})", letter.payload["body"])
    assert code
    assert token(letter) not in kept
    assert code[1] not in kept


def test_a_code_answers_from_its_own_address_only(county: Any, letter: Message) -> None:
    found = re.search(r"N (\w{6})", letter.payload["body"])
    assert found
    with pytest.raises(links.NoSuchLink):
        links.find_by_code(county.connection, "+8613800000000", found[1], county.noon)
    link = links.find_by_code(county.connection, "+8613812345678", found[1].lower(), county.noon)
    links.answer(county.connection, link, "reject", county.noon)
    assert store.history(county.connection, link.alert.id)[-1]["change"] == "rejected"


def test_a_link_ends_an_hour_after_its_alert(county: Any, letter: Message) -> None:
    alert = county.alerts()[0]
    store.act(county.connection, alert.id, "resolved", county.mei, county.noon, outcome="real")
    assert links.find(county.connection, token(letter), county.noon + HOUR).alert.resolved_at
    with pytest.raises(links.NoSuchLink):
        links.find(county.connection, token(letter), county.noon + HOUR + 1)
