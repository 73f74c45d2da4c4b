"""A couple, one of whom is in hospital: what is held back meanwhile, and what is not."""

from typing import Any

from alerts import pausing
from domain.time import DAY, HOUR, MINUTE, SECOND, Micros
from tests.stories.village import BUTTON, NIGHT, Village

_COUPLE = """
insert into home (id, team_id, address) values ('mill-lane', 'village', 'Mill Lane 1');
update resident set home_id = 'mill-lane' where id in ('anna', 'ben');
insert into care_circle values ('a-mei', 'ben');
"""
BACK: Micros = NIGHT + 2 * DAY


def _told(county: Any, since: int = 0) -> list[tuple[str, str, str]]:
    rows = county.connection.execute(
        "select a.subject, a.kind, split_part(o.occasion, ':', 1) from outbox o"
        " join alert a on a.id = o.alert_id where o.recipient = 'a-mei' order by o.id"
    )
    return [tuple(row) for row in rows][since:]


def test_a_stay_in_hospital(county: Any) -> None:
    county.connection.execute(_COUPLE)
    village = Village(county.connection)
    now = village.clock.now

    # Anna is taken to hospital; Mei says so, and until when.
    pausing.leave(
        county.connection, resident="anna", cause="hospital", starts=now(), ends=BACK, open=False,
        note="Ward 3", by="mei", now=now(),
    )  # fmt: skip

    # Nobody is asked about Anna's empty bed, and everybody about Ben's.
    village.later(HOUR / SECOND)
    county.tell(county.finding("inactivity", "bed-1", at=now()))
    county.tell(county.finding("inactivity", "bed-2", at=now()))
    assert _told(county) == [("ben", "inactivity", "raised")]

    # Her bed and her battery wait; her button, which Ben may press too, does not.
    county.tell(county.finding("device_silent", "bed-1", at=now()))
    county.tell(county.finding("battery_low", "bed-1", at=now()))
    held = {alert.kind: alert.held_by for alert in county.alerts(resident="anna")}
    assert held == dict.fromkeys(("inactivity", "device_silent", "battery_low"), "absence:1")
    county.tell(county.finding("device_silent", "button-1", at=now(), priority="medium"))
    (silent,) = county.alerts(kind="device_silent")
    assert (silent.asked, silent.held_by, silent.priority) == (1, None, "medium")

    # Ben presses it: everybody is asked at once.
    village.later(MINUTE / SECOND)
    village.sensor("button_pressed", "p1", BUTTON)
    assert ("anna", "sos", "raised") in _told(county)
    (sos,) = county.alerts(kind="sos")
    assert sos.asked == 1
    village.person("mei", "accepted")
    village.person("mei", "resolved", outcome="real")

    # What was over before she came back rings nobody; what still holds is asked about then.
    county.tell(county.finding("battery_low", "bed-1", at=now(), active=False))
    county.tell(county.finding("device_silent", "button-1", at=now(), active=False))
    county.tell(county.finding("device_silent", "bed-1", at=now(), active=False))
    before = len(_told(county))
    village.clock.advance(BACK - SECOND - now())
    village.keep_deadlines()
    assert [told for told in _told(county, before) if told[0] == "anna"] == []
    village.clock.advance(SECOND)
    village.keep_deadlines()
    assert ("anna", "inactivity", "asked") in _told(county, before)
    (alert,) = county.alerts(kind="inactivity", resident="anna")
    assert (alert.asked, alert.held_by, alert.deadline) == (1, None, BACK + 3 * MINUTE)
