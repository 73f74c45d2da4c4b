"""Nobody answers, two answer at once, and a gap in the rota on the night the clocks change."""

import threading
from datetime import datetime
from typing import Any

import psycopg
import pytest

from alerts import store
from alerts.deeds import Taken
from domain.time import MINUTE, SECOND, Micros, from_datetime
from tests.stories.village import NIGHT, Village, actor


def test_nobody_answers_for_ten_minutes(county: Any) -> None:
    """Round and round, each at the second, and never nobody's."""
    village = Village(county.connection)
    village.sensor("button_pressed", "p1", 4)
    village.later(600)
    first = [(0, "Li"), (0, "Mei"), (0, "Station")]
    everybody = ["Centre", "Li", "Mei", "Neighbour", "Station"]
    assert village.asked() == [
        *first, (60, "Centre"), *((180, name) for name in everybody),
        (300, "Li"), (300, "Mei"), (300, "Station"), (360, "Centre"),
        *((480, name) for name in everybody),
        (600, "Li"), (600, "Mei"), (600, "Station"),
    ]  # fmt: skip
    alert = village.alerts()[0]
    assert (alert.round, alert.responsible, alert.deadline) == (
        2, "family, station", NIGHT + 660 * SECOND,
    )  # fmt: skip
    told_of_silence = [who for what, who in county.outbox() if what == "no_answer"]
    assert told_of_silence.count("a-centre") == 6, "the centre hears of each round that ends, too"
    assert told_of_silence.count("handover") == 2


def test_of_two_who_accept_at_once_one_gets_it_and_the_other_is_told_who(
    county: Any, database_url: str
) -> None:
    """Ten times over, with two connections that start together."""
    village = Village(county.connection)
    for turn in range(10):
        village.sensor("button_pressed", f"p{turn}", 4)
        alert = village.alerts()[0]
        outcomes = _both_accept(database_url, alert.id, village.clock.now())
        (refused,) = [each for each in outcomes if isinstance(each, Taken)]
        (taken,) = [each for each in outcomes if not isinstance(each, Taken)]
        assert refused.holder == taken.holder
        assert refused.holder in str(refused)
        answers = [each["answer"] for each in store.offered(county.connection, alert.id)]
        assert sorted(answers) == ["accepted", "taken", "taken"]
        village.person(taken.holder, "resolved", outcome="test")
        village.later(1)


def _both_accept(database_url: str, alert: str, now: Micros) -> list[Any]:
    gate, outcomes = threading.Barrier(2), []

    def accept(name: str) -> None:
        with psycopg.connect(database_url) as connection:
            gate.wait(10)
            try:
                outcomes.append(store.act(connection, alert, "accepted", actor(name), now))
            except Taken as error:
                outcomes.append(error)

    threads = [threading.Thread(target=accept, args=(name,)) for name in ("li", "station")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


_ROTA = """
insert into rota (id, team_id, name, timezone, shifts, changed_by, changed_at) values
    ('nights', 'town', 'Nights', 'Europe/Berlin', '[
        {"day": "saturday", "starts": "22:00", "ends": "03:00", "people": ["station"]},
        {"day": "sunday", "starts": "06:00", "ends": "22:00", "people": ["station"]}]', 'x', now());
update policy set steps = '[{"parties": ["station"], "hold_s": 60},
                            {"parties": ["centre"], "hold_s": 60}]' where priority = 'high';
"""


@pytest.mark.parametrize(
    ("on_duty_until", "gap_ends"),
    [
        ("2027-03-28T03:00+02:00", "2027-03-28T04:00:00.000Z"),
        ("2026-10-25T03:00+01:00", "2026-10-25T05:00:00.000Z"),
    ],
    ids=["the clocks go forward", "the clocks go back"],
)
def test_a_gap_at_three_on_the_night_the_clocks_change(
    county: Any, on_duty_until: str, gap_ends: str
) -> None:
    """Until 03:00 on the wall the station is asked, from then on the centre stands in, at once."""
    county.connection.execute(_ROTA)
    three = from_datetime(datetime.fromisoformat(on_duty_until))
    village = Village(county.connection, three - SECOND)
    village.sensor("button_pressed", "p1", 4)
    assert village.asked() == [(0, "Station")]
    village.person("station", "accepted")
    village.person("station", "resolved", outcome="test")
    village.later(1)
    village.sensor("button_pressed", "p2", 4)
    assert village.asked() == [(0, "Centre")]
    alert = village.alerts()[0]
    reason = store.history(county.connection, alert.id)[0]["reason"]
    assert f"nobody is on duty in Town until {gap_ends}; the centre stands in" in reason
    assert alert.deadline == three + MINUTE
