"""Every story rings for what goes wrong in it, and for nothing else."""

import itertools
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from carewatch.replay import People, replay
from domain.time import MINUTE, SECOND, from_datetime, to_datetime
from simulators import recording
from simulators.fleet import build, incidents_of, make_homes
from simulators.scenarios import SCENARIOS, UnknownScenario, scenario, truth

ZONE = "Asia/Shanghai"
HOMES = make_homes(6, ZONE)


def rings(name: str, seed: int, rate: float) -> tuple[set, set]:
    """What must ring and what rang, as (resident, kind).

    In a long story the last 21 minutes are left out: an empty bed takes 20 to ring.
    """
    story = scenario(name)
    begin = from_datetime(datetime.combine(date(2026, 3, 2), story.starts, ZoneInfo(ZONE)))
    end = begin + story.lasts - (21 * MINUTE if story.lasts > 30 * MINUTE else 0)
    incidents = incidents_of(story, HOMES, begin, seed)
    fleet = build(HOMES, incidents, begin, rate, seed)
    people = People.model_validate_json(recording.directory(HOMES))
    changes = replay(recording.lines(fleet, begin, story.lasts), people, ZONE, settle_s=0)
    raised = {
        (change["resident"], change["kind"])
        for change in changes
        if change["change"] == "raised"
        and datetime.fromisoformat(change["since"]) < to_datetime(end)
    }
    return {(t.resident, t.kind) for t in truth(incidents, HOMES) if t.at < end}, raised


@pytest.mark.parametrize("seed", [7, 8])
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "quiet_day"])
def test_what_goes_wrong_rings_and_nothing_else_does(name: str, seed: int) -> None:
    must, raised = rings(name, seed, rate=0.5)
    assert raised == must
    assert must


def test_on_a_quiet_day_nothing_rings() -> None:
    assert rings("quiet_day", 7, rate=0.05) == (set(), set())


def test_the_demo_begins_with_a_press_in_the_first_home_after_3_s() -> None:
    incidents = incidents_of(scenario("demo"), HOMES, 0, 7)
    assert (incidents[0].at, incidents[0].kind) == (3 * SECOND, "press")
    assert incidents[0].resident == HOMES[0].resident
    gaps = [after.at - before.at for before, after in itertools.pairwise(incidents)]
    assert min(gaps) >= 40 * SECOND


def test_in_the_demo_nobody_has_two_troubles_at_once() -> None:
    incidents = incidents_of(scenario("demo"), make_homes(24), 0, 7)
    ends: dict[str, int] = {}
    for incident in incidents:
        assert ends.get(incident.resident, -1) < incident.at
        ends[incident.resident] = incident.until


def test_leaving_the_bed_must_ring_at_night_only() -> None:
    noon = from_datetime(datetime(2026, 3, 2, 12, tzinfo=ZoneInfo(ZONE)))
    assert truth(incidents_of(scenario("bed_exit"), HOMES, noon, 7), HOMES) == []


def test_an_unknown_story_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownScenario, match="fall_at_night"):
        scenario("flood")
    assert scenario("Fall-at-night").name == "fall_at_night"
