"""Who is on duty in the villages of the demo: three carers by turns, each week the same.

The account of the station itself, the screen on its wall, is on duty with them at all times.
Nobody is missing in the first week. In the second, one village has a fair, and nobody thought of
that night: so a gap can be seen before it happens.
"""

from datetime import date, time, timedelta

import psycopg

from alerts import arrangements as stored
from alerts.duty import DAYS, Day, Rota, Shift
from alerts.hours import local_day, stretch, zone_of
from carewatch.demo_villages import Village
from domain.time import Micros, to_datetime

_MORNING, _EVENING, _DENTIST = time(8), time(20), time(14)
_FAIR, _FAIR_IN = "ashford", timedelta(days=9)
"""Beyond the week in which the operator is warned of a gap."""
_SWAP_IN = timedelta(days=2)


def arrange(connection: psycopg.Connection, village: Village, now: Micros) -> None:
    """A village's rota, with a swap of the next days and, in one, the fair.

    Its accounts are there already. The caller owns the transaction.
    """
    rota, station = _rota(village), _station(village)
    stored.insert_rota(connection, rota, station, now)
    today = local_day(now, zone_of(village.zone))
    _swap(connection, village, rota.id, today + _SWAP_IN, now)
    if village.team == _FAIR:
        stored.queries.put_holiday(
            connection, team=village.team, date=today + _FAIR_IN, name="Village fair",
            pattern="holiday", by=station,
        )  # fmt: skip


def _rota(village: Village) -> Rota:
    week = [shift for day in DAYS[:-1] for shift in _shifts(village, day)]
    fair = Shift("holiday", _MORNING, _EVENING, _on(village, 0))
    return Rota(
        id=f"{village.team}-station", team=village.team, party="station", layer=1,
        name="Carers by turns 轮班护理员", timezone=village.zone, shifts=(*week, fair),
    )  # fmt: skip


def _shifts(village: Village, day: Day) -> tuple[Shift, Shift]:
    """By day one of the three, by night who had the day before."""
    turn = DAYS.index(day)
    return (
        Shift(day, _MORNING, _EVENING, _on(village, turn)),
        Shift(day, _EVENING, _MORNING, _on(village, turn + 2)),
    )


def _on(village: Village, turn: int) -> tuple[str, str]:
    return _station(village), _carer(village, turn)


def _station(village: Village) -> str:
    return f"station-{village.team}"


def _carer(village: Village, turn: int) -> str:
    username, _ = village.carers[turn % len(village.carers)]
    return username


def _swap(
    connection: psycopg.Connection, village: Village, rota: str, day: date, now: Micros
) -> None:
    """The third of the three takes an afternoon of who has the day."""
    start, end = stretch(day, _DENTIST, _EVENING, zone_of(village.zone))
    stored.queries.insert_swap(
        connection, rota=rota, giver=_carer(village, day.weekday()),
        taker=_carer(village, day.weekday() + 1), starts_at=to_datetime(start),
        ends_at=to_datetime(end), note=village.errand, by=_station(village), at=to_datetime(now),
    )  # fmt: skip
