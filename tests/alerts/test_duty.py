"""Who is on duty: rotas as tables, and what must hold for all of them."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.arrangements import shift_json
from alerts.duty import (
    DAYS,
    Rota,
    Shift,
    Span,
    Swap,
    cover,
    duties,
    gaps,
    is_handover,
    now_and_next,
    on_duty,
    spans,
)  # fmt: skip
from alerts.muster import shift_of
from domain.time import DAY, HOUR, MINUTE, Micros, from_datetime, to_datetime

WEEK = DAYS[:7]


def at(text: str) -> Micros:
    return from_datetime(datetime.fromisoformat(text))


def week(*shifts: tuple[str, str, str], days: tuple[Any, ...] = WEEK) -> tuple[Shift, ...]:
    """The same shifts each day: from, to, and who (several with a +)."""
    return tuple(
        Shift(day, time.fromisoformat(starts), time.fromisoformat(ends), tuple(who.split("+")))
        for day in days
        for starts, ends, who in shifts
    )


def rota(*shifts: Shift, **more: Any) -> Rota:
    of: dict[str, Any] = {
        "id": "r", "team": "village", "party": "station", "layer": 1, "name": "Rota",
        "timezone": "Europe/Berlin", **more,
    }  # fmt: skip
    return Rota(shifts=shifts, **of)


DAY_AND_NIGHT = rota(*week(("06:00", "22:00", "li"), ("22:00", "06:00", "mei")))


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-11-21T05:59:59+01:00", ("mei",)),
        ("2026-11-21T06:00+01:00", ("li",)),
        ("2026-11-21T21:59:59+01:00", ("li",)),
        ("2026-11-21T22:00+01:00", ("mei",)),
        ("2026-11-22T03:00+01:00", ("mei",)),
        # The night the clocks go forward is seven hours long, and the one they go back nine.
        ("2026-03-29T05:59+02:00", ("mei",)),
        ("2026-03-29T06:00+02:00", ("li",)),
        ("2026-10-25T02:30+02:00", ("mei",)),
        ("2026-10-25T02:30+01:00", ("mei",)),
        ("2026-10-25T06:00+01:00", ("li",)),
    ],
)
def test_the_hand_over_is_by_the_clock_on_the_wall(moment: str, who: tuple[str, ...]) -> None:
    assert on_duty([DAY_AND_NIGHT], at(moment)).people == who


@pytest.mark.parametrize(
    ("night", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-21", 8)]
)
def test_a_night_shift_is_as_long_as_its_night(night: str, hours: int) -> None:
    evening = at(f"{night}T23:00+01:00")
    span = on_duty([DAY_AND_NIGHT], evening)
    assert span.end - span.start == hours * HOUR


HALF_PAST_TWO = rota(*week(("06:00", "02:30", "li"), ("02:30", "06:00", "mei")))


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        # In the spring 02:30 does not exist: the hand-over is half an hour after the change.
        ("2026-03-29T03:29+02:00", "li"),
        ("2026-03-29T03:30+02:00", "mei"),
        # In the autumn it comes twice: the hand-over is at the first.
        ("2026-10-25T02:29+02:00", "li"),
        ("2026-10-25T02:30+02:00", "mei"),
        ("2026-10-25T02:10+01:00", "mei"),
    ],
)
def test_a_hand_over_at_a_time_that_does_not_exist_or_comes_twice(moment: str, who: str) -> None:
    assert on_duty([HALF_PAST_TWO], at(moment)).people == (who,)


def test_the_rotas_zone_counts_and_not_the_servers() -> None:
    shanghai = replace(DAY_AND_NIGHT, timezone="Asia/Shanghai")
    assert on_duty([shanghai], at("2026-11-21T22:00+08:00")).people == ("mei",)
    assert on_duty([shanghai], at("2026-11-21T22:00+01:00")).people == ("mei",)
    assert on_duty([shanghai], at("2026-11-21T23:00+01:00")).people == ("li",)


def test_on_a_holiday_another_pattern_holds() -> None:
    holidays = {date(2026, 12, 25): "holiday", date(2026, 12, 26): "sunday"}
    pattern = (
        *week(("08:00", "18:00", "li"), days=WEEK[:5]),
        *week(("08:00", "18:00", "sam"), days=("saturday",)),
        *week(("10:00", "12:00", "sue"), days=("sunday",)),
        *week(("00:00", "00:00", "hal"), days=("holiday",)),
    )  # fmt: skip
    one = rota(*pattern, holidays=holidays)
    table = {
        "2026-12-24T09:00+01:00": ("li",),
        "2026-12-25T03:00+01:00": ("hal",),
        "2026-12-25T23:59+01:00": ("hal",),
        "2026-12-26T00:00+01:00": (),
        "2026-12-26T09:00+01:00": (),
        "2026-12-26T11:00+01:00": ("sue",),
        "2026-12-28T09:00+01:00": ("li",),
    }
    assert {moment: on_duty([one], at(moment)).people for moment in table} == table


def test_the_night_before_a_holiday_ends_where_the_holidays_shift_begins() -> None:
    night = rota(
        *week(("22:00", "10:00", "mei")), *week(("06:00", "22:00", "hal"), days=("holiday",)),
        holidays={date(2026, 12, 25): "holiday"},
    )  # fmt: skip
    assert on_duty([night], at("2026-12-25T05:59+01:00")).people == ("mei",)
    assert on_duty([night], at("2026-12-25T06:00+01:00")).people == ("hal",)


def swap(giver: str | None, taker: str, start: str, end: str) -> Swap:
    return Swap(giver, taker, at(f"2026-11-{start}+01:00"), at(f"2026-11-{end}+01:00"))


@pytest.mark.parametrize(
    ("swaps", "people"),
    [
        ((), ("li",)),
        ((swap("li", "sam", "21T10:00", "21T14:00"),), ("sam",)),
        ((swap("li", "sam", "21T13:00", "21T14:00"),), ("li",)),
        ((swap("mei", "sam", "21T10:00", "21T14:00"),), ("li",)),
        ((swap(None, "sam", "21T10:00", "21T14:00"),), ("li", "sam")),
        ((swap("li", "sam", "21T10:00", "21T14:00"), swap("sam", "sue", "21T11:00", "21T14:00")),
         ("sue",)),
        ((swap("sam", "sue", "21T10:00", "21T14:00"), swap("li", "sam", "21T10:00", "21T14:00")),
         ("sam",)),
    ],
)  # fmt: skip
def test_swaps_count_in_the_order_in_which_they_were_noted(
    swaps: tuple[Swap, ...], people: tuple[str, ...]
) -> None:
    changed = replace(DAY_AND_NIGHT, swaps=swaps)
    assert on_duty([changed], at("2026-11-21T12:00+01:00")).people == people


WORKING_HOURS = rota(*week(("08:00", "18:00", "li"), days=WEEK[:5]))


def test_a_gap_is_shown_before_it_happens_and_who_fills_it() -> None:
    friday, monday = at("2026-11-20T18:00+01:00"), at("2026-11-23T08:00+01:00")
    assert gaps([WORKING_HOURS], friday - HOUR, monday + HOUR) == [Span(friday, monday, ())]
    assert on_duty([WORKING_HOURS], friday).people == ()
    filled = replace(WORKING_HOURS, swaps=(Swap(None, "sam", friday, monday),))
    assert gaps([filled], friday - HOUR, monday + HOUR) == []


def test_the_second_layer_answers_where_the_first_has_nobody() -> None:
    backup = rota(*week(("00:00", "00:00", "bea")), id="b", layer=2)
    layers = [backup, WORKING_HOURS]
    assert on_duty(layers, at("2026-11-20T17:59+01:00")).people == ("li",)
    assert on_duty(layers, at("2026-11-20T18:00+01:00")).people == ("bea",)
    assert gaps(layers, at("2026-11-20T00:00+01:00"), at("2026-11-27T00:00+01:00")) == []


def test_who_has_left_leaves_a_gap() -> None:
    left = replace(DAY_AND_NIGHT, absent=frozenset({"mei"}))
    assert on_duty([left], at("2026-11-21T03:00+01:00")).people == ()
    taken = replace(left, swaps=(swap("mei", "sam", "20T22:00", "21T06:00"),))
    assert on_duty([taken], at("2026-11-21T03:00+01:00")).people == ("sam",)


def test_who_is_next() -> None:
    now, following = now_and_next([DAY_AND_NIGHT], at("2026-11-21T12:00+01:00"))
    assert following is not None
    assert (now.people, now.start) == (("li",), at("2026-11-21T06:00+01:00"))
    assert (following.people, following.start) == (("mei",), at("2026-11-21T22:00+01:00"))


@pytest.mark.parametrize("back", [20, 40])
def test_a_long_gap_ends_when_it_ends_and_not_where_the_search_does(back: int) -> None:
    begins, ends = at("2026-10-01T06:00+02:00"), at("2026-11-20T06:00+01:00")
    away = {date(2026, 10, 1) + timedelta(days=day): "holiday" for day in range(50)}
    moment = ends - back * DAY
    now, following = now_and_next([replace(DAY_AND_NIGHT, holidays=away)], moment)
    assert (now.people, now.start, now.end) == ((), begins, ends)
    assert following is not None
    assert (following.people, following.end) == (("li",), at("2026-11-20T22:00+01:00"))


def test_where_nothing_ever_changes_there_is_no_next() -> None:
    noon = at("2026-11-21T12:00+01:00")
    now, following = now_and_next([rota(*week(("00:00", "00:00", "li")))], noon)
    assert (now.people, following) == (("li",), None)
    assert not is_handover(now.start, noon)
    assert not is_handover(now.end, noon)


def test_the_duties_of_one_person() -> None:
    start, end = at("2026-11-20T00:00+01:00"), at("2026-11-22T00:00+01:00")
    found = duties([DAY_AND_NIGHT], "mei", start, end)
    assert [(span.end - span.start) // HOUR for span in found] == [6, 8, 2]


# -- for all inputs ----------------------------------------------------------------------------

ZONES = ("Europe/Berlin", "Asia/Shanghai", "America/St_Johns", "Australia/Lord_Howe", "UTC")
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
names = st.sampled_from(["li", "mei", "sam", "sue"])
moments = st.integers(at("2026-01-01T00:00+00:00"), at("2027-01-01T00:00+00:00"))
shifts = st.builds(
    Shift, st.sampled_from(DAYS), times, times,
    st.lists(names, min_size=1, max_size=2, unique=True).map(tuple),
)  # fmt: skip


@st.composite
def rotas(draw: st.DrawFn, layer: int = 1) -> Rota:
    starts = draw(st.lists(st.tuples(moments, st.integers(HOUR, 3 * DAY)), max_size=3))
    swaps = tuple(
        Swap(draw(st.none() | names), draw(names), start, start + long) for start, long in starts
    )
    return rota(
        *draw(st.lists(shifts, max_size=12)), layer=layer, id=f"r{layer}", swaps=swaps,
        timezone=draw(st.sampled_from(ZONES)), absent=draw(st.frozensets(names, max_size=1)),
        holidays=draw(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)),
                                      st.sampled_from(DAYS), max_size=5)),
    )  # fmt: skip


@given(rotas(), rotas(layer=2), moments, st.integers(1, 9 * DAY), st.data())
def test_every_instant_has_exactly_one_answer_or_is_a_gap(
    first: Rota, second: Rota, start: Micros, long: Micros, data: st.DataObject
) -> None:
    found = cover([first, second], start, start + long)
    assert (found[0].start, found[-1].end) == (start, start + long)
    assert all(one.end == other.start for one, other in pairwise(found))
    moment = data.draw(st.integers(start, start + long - 1))
    (answer,) = [span for span in found if span.start <= moment < span.end]
    assert answer.people == on_duty([first, second], moment).people, "however far it is looked"
    assert (answer in gaps([first, second], start, start + long)) == (not answer.people)
    assert not set(answer.people) & (set(first.absent) & set(second.absent))


@given(rotas(), moments)
def test_by_a_clock_without_changes_the_rota_says_what_is_written(one: Rota, now: Micros) -> None:
    plain = replace(one, timezone="UTC", swaps=(), absent=frozenset())
    local = to_datetime(now)
    begun = [
        (begin, shift)
        for back in (0, 1)
        for day in [local.date() - timedelta(days=back)]
        for shift in plain.shifts
        if shift.day == plain.holidays.get(day, DAYS[day.weekday()])
        for begin in [datetime.combine(day, shift.starts, ZoneInfo("UTC"))]
        for hours in [(_minutes(shift.ends) - _minutes(shift.starts)) % 1440 or 1440]
        if begin <= local < begin + timedelta(minutes=hours)
    ]
    latest = max((begin for begin, _ in begun), default=None)
    wanted = {shift.people for begin, shift in begun if begin == latest} or {()}
    assert on_duty([plain], now).people in wanted


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


@given(st.lists(times, min_size=1, max_size=5, unique=True), st.sampled_from(ZONES), moments)
def test_a_day_without_gaps_on_paper_has_none_when_the_clocks_change(
    handovers: list[time], zone: str, start: Micros
) -> None:
    edges = sorted(handovers)
    following = [*edges[1:], edges[0]]
    day = [
        (f"{begin:%H:%M}", f"{end:%H:%M}", f"p{place}")
        for place, (begin, end) in enumerate(zip(edges, following, strict=True))
    ]
    whole = rota(*week(*day), timezone=zone)
    assert gaps([whole], start, start + 9 * DAY) == []


@given(shifts)
def test_a_shift_survives_being_written_and_read(one: Shift) -> None:
    assert shift_of(shift_json(one)) == one


def test_spans_are_cut_where_they_are_asked() -> None:
    start = at("2026-11-21T12:00+01:00")
    (span,) = spans(DAY_AND_NIGHT, start, start + MINUTE)
    assert (span.start, span.end, span.people) == (start, start + MINUTE, ("li",))
