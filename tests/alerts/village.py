"""What the station of the village arranges: who is on duty, and who is asked."""

from datetime import datetime, time
from typing import Any

from alerts import arrangements, store
from alerts.arrangements import put_policy
from alerts.duty import DAYS, Rota, Shift
from alerts.policy import Policy, Step
from domain.time import SECOND, Micros, from_datetime


def at(text: str) -> Micros:
    return from_datetime(datetime.fromisoformat(text))


def daily(*shifts: tuple[str, str, str]) -> tuple[Shift, ...]:
    return tuple(
        Shift(day, time.fromisoformat(starts), time.fromisoformat(ends), (who,))
        for day in DAYS[:7]
        for starts, ends, who in shifts
    )


def keep(county: Any, *shifts: Shift, team: str = "village", **more: Any) -> Rota:
    """A rota of the village's station, in Berlin's time."""
    of: dict[str, Any] = {
        "id": f"{team}-1", "party": "station", "layer": 1, "name": "Nights",
        "timezone": "Europe/Berlin", **more,
    }  # fmt: skip
    rota = Rota(team=team, shifts=shifts, **of)
    assert arrangements.insert_rota(county.connection, rota, "centre", county.noon)
    return rota


def told(county: Any, moment: Micros, kind: str = "sos", device: str = "button-1") -> list[str]:
    """Who is told of an alert that is raised then."""
    county.connection.execute("delete from outbox")
    county.tell(county.finding(kind, device, at=moment))
    return [who for _, who in county.outbox()]


def history(county: Any, place: int = -1) -> dict[str, Any]:
    return store.history(county.connection, county.alerts()[0].id)[place]


def policy(*steps: tuple[str, int], **more: Any) -> Policy:
    """Steps as parties (several with a +) and seconds."""
    of = {"priority": "high", "team": "village", **more}
    return Policy(
        steps=tuple(Step(tuple(who.split("+")), hold * SECOND) for who, hold in steps), **of
    )


def put(county: Any, *steps: tuple[str, int], **more: Any) -> int:
    return put_policy(county.connection, policy(*steps, **more), "centre", county.noon)
