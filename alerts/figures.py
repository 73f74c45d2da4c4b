"""Figures of the service, out of its records: pure. Each function below defines one.

An alert *rings* if its priority is high or medium (a low one is a line on a list, for the next
working morning). Its time begins when somebody is first asked: when it was raised or, where it
was held back (by quiet hours, for one), when it was told in the end. It is *answered* when a
person first accepts it, or resolves it without having accepted it; whatever is given back and
taken again stays answered since the first time.

Shares count what is decided. An alert that ends by itself before a limit was no longer anybody's
task, and one whose limit is still to come is not late: neither is in the denominator. What nobody
has answered and is still open is in it as soon as the limit has passed. So is what was a test in
the end: who is asked does not know that. An alert belongs to the span in which it was raised, and
what happens to it later counts there.

Nothing is divided by nothing: such a figure is None.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from alerts.figure import Definition, Figure, Span, share
from alerts.records import MISTAKES, OUTCOMES, PRIORITIES, Records, Table
from domain.time import DAY, MINUTE, NEVER, SECOND, Micros

LOAD_WINDOW: Micros = 10 * MINUTE
"""The time in which a person's alerts are counted (EEMUA 191)."""

_REAL, _FALSE = OUTCOMES.index("real") + 1, OUTCOMES.index("false_alarm") + 1
_MEDIUM, _HIGH = PRIORITIES.index("medium") + 1, PRIORITIES.index("high") + 1


def compute(records: Records, span: Span) -> dict[str, Figure]:
    """All figures by name."""
    return {name: each.figure(records, span) for name, each in FIGURES.items()}


# -- alerts and answers ------------------------------------------------------------------------


def alerts(records: Records, span: Span) -> Figure:
    """How many alerts were raised, of every priority."""
    count = len(records.alerts)
    return Figure(count, None, count)


def answered(limit: Micros) -> Callable[[Records, Span], Figure]:
    """The share of alerts that ring and were answered within a limit.

    What is held back, and was not answered, has asked nobody and does not count.
    """

    def figure(records: Records, span: Span) -> Figure:
        alerts = records.alerts
        asked = _rings(alerts) & (alerts["told"] | (alerts["answered_at"] < NEVER))
        return _within(alerts, asked, "answered_at", limit, span.now)

    return figure


def arrived(limit: Micros) -> Callable[[Records, Span], Figure]:
    """The share of alerts at which somebody was at the door within a limit.

    Of alerts that ring: all high ones, and others to which somebody set out. Who arrives without
    saying so has not arrived here.
    """

    def figure(records: Records, span: Span) -> Figure:
        alerts = records.alerts
        needed = (alerts["priority"] == _HIGH) | (alerts["set_out_at"] < NEVER)
        return _within(alerts, _rings(alerts) & needed, "arrived_at", limit, span.now)

    return figure


def time_to_accept(part: float) -> Callable[[Records, Span], Figure]:
    """The time within which a part of the answered alerts that ring was answered, in seconds.

    What was never answered has no such time: see the shares.
    """

    def figure(records: Records, span: Span) -> Figure:
        alerts = records.alerts
        taken = _rings(alerts) & (alerts["answered_at"] < NEVER)
        waited = alerts["answered_at"][taken] - alerts["asked_at"][taken]
        return _quantile(np.maximum(waited, 0), part, SECOND)

    return figure


def per_resident_day(records: Records, span: Span) -> Figure:
    """Alerts about residents, of every priority, by days of residents.

    A resident's days are those of the span since they were entered, in the team they have today.
    """
    days = _overlap(records.residents["begins_at"], NEVER, span) / DAY
    return _rate(int(records.alerts["of_resident"].sum()), days)


def precision(records: Records, span: Span) -> Figure:
    """The share of real ones among those that ended as real or as a false alarm.

    Tests, what needed nothing and what was handed over say nothing about the detector.
    """
    outcome = records.alerts["outcome"]
    real, false = int((outcome == _REAL).sum()), int((outcome == _FALSE).sum())
    return share(real, real + false)


def mistake(whose: str | None) -> Callable[[Records, Span], Figure]:
    """The share of false alarms that were the mistake of a device, a person or a rule.

    ``whose`` None: of which nobody has said whose it was.
    """
    number = 0 if whose is None else MISTAKES.index(whose) + 1

    def figure(records: Records, span: Span) -> Figure:
        whose = records.alerts["mistake"][records.alerts["outcome"] == _FALSE]
        return share(int((whose == number).sum()), len(whose))

    return figure


# -- people ------------------------------------------------------------------------------------


def per_carer(records: Records, span: Span) -> Figure:
    """How often one carer is asked about an alert that rings, in ten minutes.

    A carer is whoever was asked on duty at least once in the span, with an account of their own:
    not the family, nor contacts. The records do not know who was on duty when nothing happened,
    so the mean is over all hours since the first resident was entered: see the busiest ten
    minutes too.
    """
    people = records.offers["person"][_rings(records.offers)]
    carers = np.count_nonzero(np.bincount(people))
    begun = max(span.start, int(records.residents["begins_at"].min(initial=NEVER)))
    return _rate(len(people), carers * max(span.passed - begun, 0) / LOAD_WINDOW)


def busiest(records: Records, span: Span) -> Figure:
    """The most that one carer was asked within ten minutes by the clock; of so many such times."""
    rings = _rings(records.offers)
    person, offered_at = records.offers["person"][rings], records.offers["offered_at"][rings]
    if not len(person):
        return Figure(None, None, 0)
    window = offered_at // LOAD_WINDOW
    _, counts = np.unique(window * (int(person.max()) + 1) + person, return_counts=True)
    return Figure(int(counts.max()), None, len(counts))


def lateness(records: Records, span: Span) -> Figure:
    """99 % of those who did not answer were passed over no later than this after their deadline.

    In seconds; of every time that a deadline was missed.
    """
    return _quantile(records.escalations["late_ms"], 0.99, 1000)


# -- devices -----------------------------------------------------------------------------------


def in_contact(records: Records, span: Span) -> Figure:
    """The share of the devices' time in which they are known to have been heard.

    In days, of devices that are placed with a resident or were heard before. Until a device is
    heard for the first time it is not in contact, nor is it while an open alert says that it is
    silent; bridges and displays have no such alerts and do not count.
    """
    devices, lapses = records.devices, records.lapses
    heard = _overlap(
        np.maximum(devices["begins_at"], devices["heard_at"]), devices["ends_at"], span
    )
    silent = _overlap(lapses["begins_at"], lapses["ends_at"], span)
    return _days(heard - silent, _overlap(devices["begins_at"], devices["ends_at"], span))


def not_heard(records: Records, span: Span) -> Figure:
    """How many devices were placed by the end and had never been heard; of how many that were."""
    devices = records.devices
    there = devices[(devices["begins_at"] < span.passed) & (devices["ends_at"] >= span.passed)]
    never = int((there["heard_at"] >= span.passed).sum())
    return Figure(never if len(there) else None, never, len(there))


def on_time(records: Records, span: Span) -> Figure:
    """The share of the time of buttons and fall detectors in which their test was not overdue.

    In days, by the ledger: a device is on time until it is overdue since its last test, or since
    it was placed where it was never tested.
    """
    tests = records.tests
    until = np.minimum(tests["overdue_at"], tests["ends_at"])
    on_time = _overlap(tests["begins_at"], until, span)
    return _days(on_time, _overlap(tests["begins_at"], tests["ends_at"], span))


FIGURES: Mapping[str, Definition] = {
    "alerts": Definition(alerts, "count", "alerts"),
    "answered_60s": Definition(answered(60 * SECOND), "share", "alerts", 0.975),
    "answered_180s": Definition(answered(180 * SECOND), "share", "alerts", 0.99),
    "accept_p50": Definition(time_to_accept(0.5), "s", "alerts"),
    "accept_p90": Definition(time_to_accept(0.9), "s", "alerts"),
    "accept_p97_5": Definition(time_to_accept(0.975), "s", "alerts"),
    "arrived_20min": Definition(arrived(20 * MINUTE), "share", "alerts", 1.0),
    "arrived_45min": Definition(arrived(45 * MINUTE), "share", "alerts", 0.9),
    "arrived_60min": Definition(arrived(60 * MINUTE), "share", "alerts", 1.0),
    "per_resident_day": Definition(per_resident_day, "1/day", "alerts", of="resident_days"),
    "precision": Definition(precision, "share", "alerts"),
    "mistake_device": Definition(mistake("device"), "share", "alerts"),
    "mistake_person": Definition(mistake("person"), "share", "alerts"),
    "mistake_rule": Definition(mistake("rule"), "share", "alerts"),
    "mistake_unsaid": Definition(mistake(None), "share", "alerts"),
    "per_carer_10min": Definition(
        per_carer, "1/10min", "offers", 1.0, at_most=True, of="carer_10min"
    ),
    "busiest_10min": Definition(busiest, "count", "carer_10min"),
    "in_contact": Definition(in_contact, "share", "device_days"),
    "not_heard": Definition(not_heard, "count", "devices"),
    "tests_on_time": Definition(on_time, "share", "device_days"),
    "lateness_p99": Definition(lateness, "s", "deadlines", 1.0, at_most=True),
}
"""Every figure, in the order of reports. The targets' sources are in docs/figures.md."""


# -- how they are counted ----------------------------------------------------------------------


_Mask = npt.NDArray[np.bool_]
"""Which rows of a table: a column is looked at where it is, since a copy of the rows costs more."""


def _rings(table: Table) -> _Mask:
    rings: _Mask = table["priority"] >= _MEDIUM
    return rings


def _within(alerts: Table, asked: _Mask, goal: str, limit: Micros, now: Micros) -> Figure:
    """Of alerts that are decided, the share that reached a goal within the limit."""
    due = alerts["asked_at"] + limit
    reached = asked & (alerts[goal] <= due)
    missed = asked & ~reached & (alerts["ended_at"] > due) & (due <= now)
    return share(int(reached.sum()), int(reached.sum() + missed.sum()))


def _rate(count: int, by: float) -> Figure:
    return Figure(count / by if by else None, count, by)


def _quantile(values: npt.NDArray[np.int64], part: float, unit: int) -> Figure:
    """The smallest value that the part does not exceed: one that was there, not one between."""
    if not len(values):
        return Figure(None, None, 0)
    found = np.quantile(values, part, method="inverted_cdf")
    return Figure(float(found) / unit, None, len(values))


def _days(part: Micros, whole: Micros) -> Figure:
    """The share of a time. Its days are not independent of each other: it has no interval."""
    return Figure(part / whole if whole else None, part / DAY, whole / DAY)


def _overlap(
    begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64] | int, span: Span
) -> Micros:
    """How much of the span these have passed, together."""
    inside = np.minimum(ends, span.passed) - np.maximum(begins, span.start)
    return int(np.maximum(inside, 0).sum())
