"""The phone of who is on duty is off: the next way to them, then the next person, at once."""

from typing import Any

from alerts import letters, outbox, store
from alerts.channels.channel import DeliveryFailed, Message
from alerts.letters import Desk
from alerts.reasons import because
from domain.time import SECOND
from tests.stories.village import NIGHT, Village

_DUTY = """
insert into rota (id, team_id, name, timezone, shifts, changed_by, changed_at) values
    ('nights', 'town', 'Nights', 'UTC',
     '[{"day": "saturday", "starts": "00:00", "ends": "00:00", "people": ["station"]}]',
     'x', now());
update policy set steps = '[{"parties": ["station"], "hold_s": 60},
                            {"parties": ["centre"], "hold_s": 60}]' where priority = 'high';
insert into person_channel (account_id, place, kind, address, priorities, created_at, confirmed_at)
values ('a-station', 0, 'sms', '+491', '{high}', now(), now()),
       ('a-station', 1, 'email', 'station@example.org', '{high}', now(), now());
"""


class Phone:
    """Takes messages, unless it is off."""

    def __init__(self, *, on: bool) -> None:
        self.on = on
        self.messages: list[str] = []

    def deliver(self, message: Message) -> None:
        if not self.on:
            raise DeliveryFailed(because("unreachable", error="the phone is off"))
        self.messages.append(message.payload["body"])


def _carry(village: Village, **phones: Phone) -> None:
    """All that is due on its way to persons, without a moment passing."""
    now = village.clock.now()
    with village.connection.transaction():
        outbox.route(village.connection, outbox.Routes(), now)
    while claimed := letters.claim(village.connection, now):
        for each in claimed:
            letters.deliver(village.connection, each, phones, Desk(), lambda: now)


def test_a_phone_that_is_off_falls_to_the_next_way_at_once(county: Any) -> None:
    county.connection.execute(_DUTY)
    village = Village(county.connection)
    village.sensor("button_pressed", "p1", 4)
    mail = Phone(on=True)
    _carry(village, sms=Phone(on=False), email=mail)
    assert len(mail.messages) == 1
    assert village.keep_deadlines() == 0, "the person was reached, and has their time to answer"
    village.clock.advance(5 * SECOND)
    assert village.person("station", "accepted").holder == "station"


def test_who_cannot_be_reached_at_all_is_passed_over_at_once(county: Any) -> None:
    county.connection.execute(_DUTY)
    village = Village(county.connection)
    village.sensor("button_pressed", "p1", 4)
    _carry(village, sms=Phone(on=False), email=Phone(on=False))
    assert village.keep_deadlines() == 1
    assert village.clock.now() == NIGHT, "not a moment was lost"
    assert village.asked() == [(0, "Station"), (0, "Centre")]
    alert = village.alerts()[0]
    assert [each["answer"] for each in store.offered(county.connection, alert.id)] == [
        "no_answer", None,
    ]  # fmt: skip
