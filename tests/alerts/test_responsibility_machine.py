"""Whatever people and clocks do: nobody is asked twice, nobody is missed, somebody answers for it.

``RUNS=10000`` runs as many random lives as that; the rest of the time some hundreds will do.
"""

import os
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import deadlines, offers, store
from alerts.alert import ChangeName
from alerts.deeds import Deed
from alerts.muster import muster
from alerts.policies import Policies
from alerts.roster import People, Recipient, Roster
from domain.errors import NotAllowed
from domain.time import MINUTE
from tests.alerts.responsibility import (
    CENTRE,
    HOLDER,
    LI,
    MEI,
    PEOPLE,
    STATION,
    InMemory,
    Step,
    Wait,
    told,
)

RUNS = int(os.environ.get("RUNS", "300"))

_ROSTER = Roster(
    People(
        family={"anna": tuple(Recipient("family", each.id, each.username) for each in (LI, MEI))},
        above={"village": ("village", "town", "county")},
        staff={
            ("town", "station"): (Recipient("station", STATION.id, "station"),),
            ("county", "centre"): (Recipient("centre", CENTRE.id, "centre"),),
        },
    ),
    0,
)
_PLAIN: tuple[ChangeName, ...] = (
    "accepted", "rejected", "withdrawn", "arrived", "joined", "left", "on_the_way",
)  # fmt: skip

people = st.sampled_from(PEOPLE)
deeds = st.one_of(
    st.builds(Deed, st.sampled_from(_PLAIN), people),
    st.builds(Deed, st.just("accepted"), people),
    st.builds(Deed, st.just("hand_over_offered"), st.just(HOLDER), to=people),
    st.builds(Deed, st.sampled_from(("withdrawn", "arrived")), st.just(HOLDER)),
    st.builds(Deed, st.just("on_the_way"), people, expected_at=st.integers(1, 60)),
    st.builds(Deed, st.just("resolved"), people, outcome=st.just("real")),
)
waits = st.builds(Wait, st.sampled_from((1, 30, 60, 90, 120, 300, 1500, 8000)))
kinds = st.sampled_from(("sos", "heart_rate_high", "battery_low"))
lives = st.lists(st.one_of(deeds, deeds, waits), max_size=25)


@given(kinds, lives)
@settings(max_examples=RUNS, deadline=None)
def test_any_life_has_an_owner_and_a_deadline_and_no_offer_twice(
    kind: str, life: list[Step]
) -> None:
    alert = InMemory(_ROSTER, Policies.default())
    alert.hears(*_told(kind))
    for step in life:
        alert.does(alert.meant(step))


@given(kind=kinds, life=lives)
@settings(
    max_examples=max(RUNS // 20, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_database_lives_the_same_life(county: Any, kind: str, life: list[Step]) -> None:
    for table in ("outbox", "alert_event", "alert"):
        county.connection.execute(f"delete from {table}")
    finding = county.finding(kind, "bed-1")
    county.tell(finding)
    (stored,) = county.alerts()
    everybody = [each.username for each in PEOPLE]
    alert = InMemory(*muster(county.connection, [stored], county.noon, people=everybody))
    alert.hears(finding, county.directory)
    for each in life:
        step = alert.meant(each)
        alert.does(step)
        _do(county, stored.id, step, alert)
        (stored,) = county.alerts()
        assert alert.alert is not None
        assert store.as_json(stored) | {"sequence": 0} == _json(alert)
        assert told(offers.of_alert(county.connection, stored.id)) == told([*alert.offers.values()])


def _do(county: Any, alert_id: str, step: Step, memory: InMemory) -> None:
    if isinstance(step, Wait):
        _keep_deadlines(county, memory.now)
        return
    minutes = step.expected_at
    with suppress(NotAllowed):
        store.act(
            county.connection, alert_id, step.change, step.by, memory.now, outcome=step.outcome,
            to=step.to and step.to.username,
            expected_at=None if minutes is None else memory.now + minutes * MINUTE,
        )  # fmt: skip


def _keep_deadlines(county: Any, until: int) -> None:
    """As escalators do, each at its own moment."""
    while (due := deadlines.next_deadline(county.connection)) is not None and due <= until:
        with county.connection.transaction():
            assert deadlines.escalate(county.connection, due)


def _json(alert: InMemory) -> dict[str, Any]:
    assert alert.alert is not None
    return store.as_json(alert.alert) | {"sequence": 0}


def _told(kind: str) -> Any:
    from tests.alerts.conftest import County, _directory

    county = County(None, _directory())  # type: ignore[arg-type]
    return county.finding(kind, "bed-1"), county.directory
