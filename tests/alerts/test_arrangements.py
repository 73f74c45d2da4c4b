"""Who is on duty by the rotas as stored, and where a gap falls through to."""

from datetime import time
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from alerts import arrangements
from alerts.arrangements import shift_json
from alerts.duty import Shift
from alerts.muster import load_rotas, teams_above
from domain.time import DAY, HOUR, MINUTE, iso, to_datetime
from tests.alerts.village import at, daily, history, keep, told


def test_the_station_is_who_is_on_duty(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang"), ("22:00", "06:00", "zhao")))
    assert told(staffed, at("2026-11-21T12:00+01:00")) == ["a-li", "a-mei", "a-wang"]
    reason = history(staffed)["reason"]
    assert "station (Wang: on duty by the rota Nights of Village until 2026-11-21T21:00" in reason


def test_a_station_without_a_rota_is_told_whole(staffed: Any) -> None:
    assert told(staffed, staffed.noon) == ["a-li", "a-mei", "a-wang", "a-zhao"]


def test_a_gap_falls_through_to_the_station_above(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    assert told(staffed, at("2026-11-21T03:00+01:00")) == ["a-li", "a-mei", "a-station"]
    assert "nobody is on duty in Village until 2026-11-21T05:00" in history(staffed)["reason"]


def test_a_gap_of_a_weekend_is_not_said_to_end_on_sunday(staffed: Any) -> None:
    working_days = daily(("08:00", "18:00", "wang"))[:5]
    keep(staffed, *working_days)
    told(staffed, at("2026-11-20T18:30+01:00"))
    assert "nobody is on duty in Village for two days or more" in history(staffed)["reason"]


def test_a_gap_in_all_stations_is_the_centres_at_once(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    keep(staffed, *daily(("06:00", "22:00", "station")), team="town")
    assert told(staffed, at("2026-11-21T03:00+01:00")) == ["a-li", "a-mei", "a-centre"]
    assert "the centre stands in" in history(staffed)["reason"]


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        # On the night the clocks go forward there is no gap from 02:00 to 03:00, for there is no
        # such hour; on the night they go back it is two hours long.
        ("2026-03-29T01:59+01:00", "a-zhao"),
        ("2026-03-29T03:00+02:00", "a-wang"),
        ("2026-10-25T01:59+02:00", "a-zhao"),
        ("2026-10-25T02:30+02:00", "a-station"),
        ("2026-10-25T02:30+01:00", "a-station"),
        ("2026-10-25T03:00+01:00", "a-wang"),
    ],
)
def test_a_gap_on_the_night_the_clocks_change(staffed: Any, moment: str, who: str) -> None:
    keep(staffed, *daily(("22:00", "02:00", "zhao"), ("03:00", "22:00", "wang")))
    assert told(staffed, at(moment)) == ["a-li", "a-mei", who]


def test_a_swap_and_a_closed_account_count_from_the_next_alert_on(staffed: Any) -> None:
    rota = keep(staffed, *daily(("00:00", "00:00", "wang")))
    queries = arrangements.queries
    swap = queries.insert_swap(
        staffed.connection, rota=rota.id, giver="wang", taker="zhao", note="a wedding",
        starts_at=to_datetime(staffed.noon), ends_at=to_datetime(staffed.noon + HOUR),
        by="centre", at=to_datetime(staffed.noon),
    )  # fmt: skip
    assert told(staffed, staffed.noon)[2:] == ["a-zhao"]
    assert told(staffed, staffed.noon + HOUR, "fall")[2:] == ["a-wang"]
    queries.withdraw_swap(
        staffed.connection, rota=rota.id, id=swap, by="centre", at=to_datetime(staffed.noon)
    )
    assert told(staffed, staffed.noon + MINUTE, "smoke", "smoke-1")[2:] == ["a-wang"]
    staffed.connection.execute("update account set disabled_at = now() where id = 'a-wang'")
    assert told(staffed, staffed.noon + 2 * HOUR, "gas", "smoke-1")[2:] == ["a-station"]


def test_a_countys_holiday_holds_in_its_villages_unless_they_say_otherwise(staffed: Any) -> None:
    keep(
        staffed, *daily(("00:00", "00:00", "wang")),
        Shift("holiday", time(0), time(0), ("zhao",)),
    )  # fmt: skip
    holiday = {"date": "2026-11-21", "name": "Founding", "by": "centre"}
    queries = arrangements.queries
    queries.put_holiday(staffed.connection, team="county", pattern="holiday", **holiday)
    assert told(staffed, staffed.noon)[2:] == ["a-zhao"]
    queries.put_holiday(staffed.connection, team="village", pattern="saturday", **holiday)
    assert told(staffed, staffed.noon, "fall")[2:] == ["a-wang"]


def test_gaps_are_known_before_they_happen(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    noon = at("2026-11-21T12:00+01:00")
    found = arrangements.coming_gaps(staffed.connection, noon, noon + 2 * DAY)
    assert [(iso(gap.start), iso(gap.end)) for gap in found] == [
        ("2026-11-21T21:00:00.000Z", "2026-11-22T05:00:00.000Z"),
        ("2026-11-22T21:00:00.000Z", "2026-11-23T05:00:00.000Z"),
    ]
    assert [one.name for one in found[0].answers.people] == ["Station"]
    assert arrangements.coming_gaps(staffed.connection, noon, noon + DAY, ["town"]) == []


def test_a_gap_that_is_not_over_with_the_days_that_were_asked_for_says_so(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    evening, night = at("2026-11-21T22:00+01:00"), at("2026-11-22T03:00+01:00")
    morning = at("2026-11-22T06:00+01:00")

    def coming(until: int) -> list[tuple[int, bool]]:
        found = arrangements.coming_gaps(staffed.connection, evening - HOUR, until)
        return [(gap.end, gap.goes_on) for gap in found]

    assert coming(evening) == [], "it only begins then"
    assert coming(night) == [(night, True)]
    assert coming(morning) == [(morning, False)]


def test_a_rota_is_read_as_it_was_written(staffed: Any) -> None:
    rota = keep(staffed, *daily(("06:00", "22:00", "wang"), ("22:00", "06:00", "zhao")))
    above, _ = teams_above(staffed.connection, ["village"])
    (read,) = load_rotas(staffed.connection, above, staffed.noon, staffed.noon)
    assert read == rota


def test_a_shift_is_stored_as_people_write_it() -> None:
    shift = shift_json(Shift("monday", time(8), time(18, 30), ("zhao",)))
    assert Jsonb(shift).obj == {
        "day": "monday", "starts": "08:00", "ends": "18:30", "people": ["zhao"],
    }  # fmt: skip
