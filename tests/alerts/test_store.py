"""Alerts on a real database: one open alert a kind, one history, and people who act at once."""

import threading
from typing import Any

import psycopg
import pytest

from alerts import store
from alerts.store import Taken
from domain.errors import NotAllowed
from domain.time import MINUTE, SECOND

pytestmark = pytest.mark.every_edition(connections=2)


def test_a_press_is_one_open_alert_that_names_who_answers_and_until_when(county: Any) -> None:
    alert = county.raise_one("sos", key="p1")
    assert (alert.state, alert.resident_id, alert.device_id) == ("open", "anna", "button-1")
    assert (alert.responsible, alert.deadline) == ("family, station", county.noon + 60 * SECOND)
    assert alert.team_id == "village"
    assert [row["change"] for row in store.history(county.connection, alert.id)] == ["raised"]


def test_those_who_are_asked_are_told_in_the_same_transaction(county: Any) -> None:
    with county.connection.transaction(force_rollback=True):
        store.record(county.connection, [county.finding()], county.directory, county.noon)
        assert len(county.outbox()) == 3
    assert county.outbox() == []
    county.raise_one("sos")
    assert county.outbox() == [("raised", "a-li"), ("raised", "a-mei"), ("raised", "a-station")]


def test_what_is_found_again_after_a_restart_changes_nothing(county: Any) -> None:
    press, again = county.finding(key="p1"), county.finding(key="p2", at=county.noon + SECOND)
    assert county.tell(press, again) == ["raised", "repeated"]
    assert county.tell(press, again) == []
    alert = county.alerts()[0]
    store.act(county.connection, alert.id, "accepted", county.li, county.noon + 2 * SECOND)
    store.act(
        county.connection, alert.id, "resolved", county.li, county.noon + MINUTE, outcome="real"
    )
    assert county.tell(press, again, now=county.noon + 2 * MINUTE) == []
    assert county.tell(county.finding(key="p3", at=county.noon + 3 * MINUTE)) == ["raised"]


def test_a_new_press_beside_old_ones_is_never_lost(county: Any) -> None:
    old = county.finding(key="p1")
    alert = county.raise_one(key="p1")
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    store.act(county.connection, alert.id, "resolved", county.li, county.noon, outcome="test")
    assert county.tell(old, county.finding(key="p2", at=county.noon + SECOND)) == ["raised"]


def test_what_was_resolved_and_becomes_worse_is_raised_anew(county: Any) -> None:
    fast = county.finding("heart_rate_high", "bed-1")
    county.tell(fast)
    alert = county.alerts()[0]
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    store.act(county.connection, alert.id, "resolved", county.li, county.noon, outcome="real")
    worse = county.finding(
        "heart_rate_high", "bed-1", at=county.noon + MINUTE, since=county.noon, priority="high"
    )
    assert county.tell(worse) == ["raised"]
    assert county.tell(fast, worse) == []


def test_the_database_itself_allows_one_open_alert_of_a_kind(county: Any) -> None:
    county.raise_one("sos")
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_open_alert"):
        county.connection.execute(
            "insert into alert select 'other', subject, resident_id, device_id, team_id, kind,"
            " priority, latching, state, since, raised_at, evidence, sources, incident_id, step,"
            " round, responsible, deadline from alert"
        )


def test_two_who_accept_at_once_and_one_gets_it(county: Any, database_url: str) -> None:
    alert = county.raise_one("sos")
    gate, outcomes = threading.Barrier(2), []

    def accept(who: Any) -> None:
        with psycopg.connect(database_url) as connection:
            gate.wait(10)
            try:
                outcomes.append(store.act(connection, alert.id, "accepted", who, county.noon))
            except Taken as error:
                outcomes.append(error)

    threads = [threading.Thread(target=accept, args=(who,)) for who in (county.li, county.station)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    refused = next(outcome for outcome in outcomes if isinstance(outcome, Taken))
    accepted = next(outcome for outcome in outcomes if not isinstance(outcome, Taken))
    assert refused.holder == accepted.holder
    assert refused.holder in str(refused)
    changes = [row["change"] for row in store.history(county.connection, alert.id)]
    assert changes == ["raised", "accepted"]


def test_accepting_twice_is_accepting_once(county: Any) -> None:
    alert = county.raise_one("sos")
    once = store.act(county.connection, alert.id, "accepted", county.li, county.noon + SECOND)
    assert store.act(county.connection, alert.id, "accepted", county.li, county.noon) == once
    assert once.responsible == "li"
    assert once.deadline == county.noon + SECOND + 5 * MINUTE


def test_the_whole_way_of_somebody_who_comes(county: Any) -> None:
    alert = county.raise_one("fall", device="bed-1")

    def act(change: Any, minute: int, **more: Any) -> Any:
        at = county.noon + minute * MINUTE
        return store.act(county.connection, alert.id, change, county.station, at, **more)

    act("accepted", 1)
    assert act("on_the_way", 2).deadline == county.noon + 22 * MINUTE
    assert act("arrived", 12).deadline == county.noon + 132 * MINUTE
    done = act("resolved", 30, outcome="real", note="taken to hospital")
    assert (done.state, done.deadline, done.outcome) == ("resolved", None, "real")
    assert done.note == "taken to hospital"
    story = [(row["change"], row["by"]) for row in store.history(county.connection, alert.id)]
    assert story[1:] == [
        ("accepted", "station"), ("on_the_way", "station"), ("arrived", "station"),
        ("resolved", "station"),
    ]  # fmt: skip


def test_who_resolves_what_nobody_has_accepted_answers_for_it(county: Any) -> None:
    alert = county.raise_one("sos")
    done = store.act(
        county.connection, alert.id, "resolved", county.li, county.noon, outcome="false_alarm"
    )
    assert (done.state, done.outcome) == ("resolved", "false_alarm")
    assert store.history(county.connection, alert.id)[-1]["by"] == "li"


@pytest.mark.parametrize("change", ["on_the_way", "arrived", "withdrawn"])
def test_nothing_but_an_answer_is_possible_before_somebody_accepts(
    county: Any, change: Any
) -> None:
    alert = county.raise_one("sos")
    with pytest.raises(NotAllowed, match="accept it first, or reject or resolve it"):
        store.act(county.connection, alert.id, change, county.li, county.noon, outcome="real")
    assert county.alerts() == [alert]


@pytest.mark.parametrize("change", ["accepted", "rejected", "on_the_way", "resolved"])
def test_what_another_has_is_not_touched_and_the_holder_is_named(county: Any, change: Any) -> None:
    alert = county.raise_one("sos")
    held = store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    with pytest.raises(Taken, match="li has taken this alert"):
        store.act(county.connection, alert.id, change, county.mei, county.noon, outcome="real")
    assert county.alerts() == [held]


def test_a_rejection_goes_to_the_next_in_line_at_once(county: Any) -> None:
    alert = county.raise_one("sos")
    after = store.act(county.connection, alert.id, "rejected", county.li, county.noon + SECOND)
    assert (after.state, after.step, after.responsible) == ("open", 1, "centre")
    assert after.deadline == county.noon + 121 * SECOND
    assert county.outbox()[-1] == ("rejected", "a-centre")


def test_a_double_click_on_reject_counts_once(county: Any) -> None:
    alert = county.raise_one("sos")
    once = store.act(county.connection, alert.id, "rejected", county.li, county.noon)
    assert store.act(county.connection, alert.id, "rejected", county.li, county.noon) == once


def test_whoever_gives_an_accepted_alert_back_passes_it_on(county: Any) -> None:
    alert = county.raise_one("sos")
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    after = store.act(county.connection, alert.id, "rejected", county.li, county.noon + SECOND)
    assert (after.state, after.responsible, after.accepted_by) == ("open", "centre", None)
    assert store.history(county.connection, alert.id)[-1]["change"] == "withdrawn"


def test_a_step_without_anybody_falls_through(county: Any) -> None:
    """Ben has no family here: his medium alert goes to the station at once."""
    county.tell(county.finding("heart_rate_high", "bed-2"))
    alert = county.alerts()[0]
    assert (alert.responsible, alert.step) == ("station", 1)
    assert county.outbox() == [("raised", "a-station")]


def test_where_there_is_nobody_at_all_the_centre_holds_it(county: Any) -> None:
    county.connection.execute("update account set disabled_at = now()")
    county.tell(county.finding("sos", "bed-2"))
    alert = county.alerts()[0]
    assert (alert.responsible, alert.deadline) == ("centre", county.noon + 120 * SECOND)
    assert county.outbox() == [("raised", "centre")]


def test_an_unplaced_button_rings_at_the_centre(county: Any) -> None:
    county.tell(county.finding("sos", "button-9"))
    alert = county.alerts()[0]
    assert (alert.subject, alert.resident_id) == ("device:button-9", None)
    assert alert.responsible == "centre"
    assert county.outbox() == [("raised", "a-centre")]


def test_low_waits_for_the_working_morning_and_makes_no_sound(county: Any) -> None:
    alert = county.raise_one("battery_low", device="bed-1")
    assert alert.responsible == "station"
    assert store.as_json(alert)["deadline"] == "2026-11-23T01:00:00.000Z"  # Monday in Shanghai
    assert county.outbox() == []


def test_a_more_urgent_alert_beside_it_shortens_a_deadline(county: Any) -> None:
    county.raise_one("heart_rate_high", device="bed-1")
    county.tell(county.finding("sos", at=county.noon + SECOND))
    slower = county.alerts(kind="heart_rate_high")[0]
    assert slower.deadline == county.noon + 61 * SECOND
    assert store.history(county.connection, slower.id)[-1]["change"] == "hastened"


def test_alerts_within_a_quarter_of_an_hour_are_one_incident(county: Any) -> None:
    county.tell(county.finding("fall", "bed-1"))
    county.tell(county.finding("sos", at=county.noon + 10 * MINUTE))
    county.tell(county.finding("smoke", "smoke-1", at=county.noon + 26 * MINUTE))
    smoke, sos, fall = county.alerts()
    assert sos.incident_id == fall.incident_id == fall.id
    assert smoke.incident_id == smoke.id


def test_accepting_and_resolving_answer_the_device_by_role(county: Any) -> None:
    for key in ("p1", "p2"):
        county.connection.execute(
            "insert into event (device, subject, happened_at, received_at, event, key, id)"
            " values (4, 0, now(), now(), 'button_pressed', %s, %s)", (key, key.upper())
        )  # fmt: skip
        county.connection.execute(
            "insert into event_key select device, key, happened_at, received_at from event"
            " where key = %s", (key,)
        )  # fmt: skip
    county.tell(county.finding(key="p1"), county.finding(key="p2", at=county.noon + SECOND))
    alert = county.alerts()[0]
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    store.act(county.connection, alert.id, "resolved", county.li, county.noon, outcome="real")
    rows = county.connection.execute("select topic, payload from downlink order by id").fetchall()
    assert {topic for topic, _ in rows} == {"cw/v1/button-1/receipt"}
    assert [(row["event"], row["state"]) for _, row in rows] == [
        ("P1", "accepted"), ("P2", "accepted"), ("P1", "resolved"), ("P2", "resolved"),
    ]  # fmt: skip
    assert rows[0][1] == {
        "event": "P1", "state": "accepted", "alert": alert.id, "by": "family",
        "at": "2026-11-21T12:00:00.000Z",
    }  # fmt: skip


def test_undelivered_calls_end_when_somebody_has_it(county: Any) -> None:
    alert = county.raise_one("sos")
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    reasons = county.connection.execute("select distinct last_error from outbox").fetchall()
    assert reasons == [("no longer of use: the alert is accepted",)]


def test_readers_see_their_own_residents_and_teams(county: Any) -> None:
    county.tell(
        county.finding("sos"),
        county.finding("heart_rate_high", "bed-2"),
        county.finding("sos", "button-3"),
    )

    def seen(**own: Any) -> set[str]:
        listed = store.page(county.connection, **own)[0]
        assert {a.id for a in store.snapshot(county.connection, **own)[0]} == {a.id for a in listed}
        return {alert.subject for alert in listed}

    assert seen() == {"anna", "ben", "nobodys"}
    assert seen(resident_ids=["anna"], team_ids=[]) == {"anna"}
    assert seen(resident_ids=[], team_ids=["village"]) == {"anna", "ben"}
    assert seen(resident_ids=[], team_ids=["village", None]) == {"anna", "ben", "nobodys"}
    assert seen(resident_ids=[], team_ids=[]) == set()


def test_pages_follow_one_another_without_gap_or_double(county: Any) -> None:
    for minute, kind in enumerate(("sos", "fall", "smoke", "gas", "spo2_low")):
        county.tell(county.finding(kind, at=county.noon + minute * MINUTE))
    kinds, cursor = [], None
    while True:
        alerts, cursor = store.page(county.connection, state="open", limit=2, cursor=cursor)
        kinds += [alert.kind for alert in alerts]
        if cursor is None:
            break
    assert kinds == ["spo2_low", "gas", "smoke", "fall", "sos"]
    with pytest.raises(store.BadCursor):
        store.page(county.connection, cursor="nonsense")


def test_events_follow_a_snapshot_without_gap_or_double(county: Any) -> None:
    assert store.snapshot(county.connection) == ([], 0)
    alert = county.raise_one("sos")
    alerts, sequence = store.snapshot(county.connection)
    assert (alerts, sequence) == ([alert], store.latest_sequence(county.connection))
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    (event,) = store.events_after(county.connection, sequence)
    assert (event.change, event.after["accepted_by"]) == ("accepted", "li")
    assert event.after == store.as_json(county.alerts()[0])
    assert event.after["sequence"] == event.sequence


def test_concurrent_writers_commit_in_the_order_of_their_sequences(
    county: Any, database_url: str
) -> None:
    """A reader that goes on from the last sequence it saw misses nothing."""
    kinds = ["sos", "fall", "smoke", "gas", "spo2_low", "water_leak"]

    def write(kind: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            for n in range(10):
                at = county.noon + n * SECOND
                with connection.transaction():
                    told = [county.finding(kind, "bed-2", at=at, key=str(n))]
                    store.record(connection, told, county.directory, at)

    threads = [threading.Thread(target=write, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while len(seen) < 60:
        last = seen[-1] if seen else 0
        seen += [event.sequence for event in store.events_after(county.connection, last)]
    for thread in threads:
        thread.join(30)
    seen += [event.sequence for event in store.events_after(county.connection, seen[-1])]
    everything = [event.sequence for event in store.events_after(county.connection, 0)]
    assert seen == everything
