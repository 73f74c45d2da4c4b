"""A report of figures as people read it: tables of words, and a page to print on A4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from fastapi.responses import HTMLResponse

from alerts.figure import Definition, Figure, Unit
from alerts.figures import FIGURES
from alerts.hours import zone_of
from alerts.periods import Period
from alerts.report import AXES, Report, Section
from alerts.wording import Wording
from api import pages
from domain.time import Micros, to_datetime

SHOWN = (
    "alerts", "answered_60s", "answered_180s", "accept_p90", "arrived_20min", "precision",
    "in_contact",
)  # fmt: skip
"""The figures of each part; all of them are in the CSV."""


@dataclass(frozen=True, slots=True)
class Table:
    """Words in rows; the first of each is its name. ``title`` empty: of the whole."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def title_of(report: Report, wording: Wording) -> str:
    area = report.whole.name or wording.report("area")
    return f"{wording.report('title')}: {area}, {_period(report.period, report.timezone)}"


def about(report: Report, wording: Wording) -> str:
    """What has to be known to read it: time zone, the period before, what it is restricted to."""
    said = [f"{wording.report('timezone')}: {report.timezone}"]
    if report.before is not None:
        said.append(f"{wording.report('before')}: {_period(report.before, report.timezone)}")
    if report.asked.kind is not None:
        said.append(wording.event(report.asked.kind))
    said += [report.asked.model] if report.asked.model else []
    if report.made_at < report.period.end:
        said.append(wording.report("running"))
    return " · ".join(said)


def tables(report: Report, wording: Wording) -> list[Table]:
    """All figures of the whole, with targets and those before; then the main ones of each part."""
    found = [_whole(report.whole, wording)]
    for axis in AXES:
        sections = report.along(axis)
        found += [_along(axis, sections, wording)] if sections else []
    return found


def page_of(report: Report, language: str) -> HTMLResponse:
    """The report as a page without a script."""
    wording = Wording(language)
    title = title_of(report, wording)
    parts = [f"<h1>{escape(title)}</h1><p>{escape(about(report, wording))}</p>"]
    for table in tables(report, wording):
        parts += [f"<h2>{escape(table.title)}</h2>" if table.title else "", _html(table)]
    parts.append(f"<footer>carewatch, {_clock(report.made_at, report.timezone)}</footer>")
    return pages.page(title, "".join(parts), language)


def _whole(whole: Section, wording: Wording) -> Table:
    head = ("figure", "value", "counts", "of", "interval", "target", "met", "before")
    rows = [
        [
            wording.report(name),
            *_told(figure, FIGURES[name], wording),
            _before(whole, name, wording),
        ]
        for name, figure in whole.figures.items()
    ]
    return Table("", [wording.report(each) for each in head], rows)


def _told(figure: Figure, definition: Definition, wording: Wording) -> list[str]:
    return [
        _value(figure.value, definition.unit, wording),
        _counts(figure),
        _counted(definition, wording),
        _interval(figure),
        _target(definition, wording),
        _met(figure, definition, wording),
    ]


def _met(figure: Figure, definition: Definition, wording: Wording) -> str:
    if definition.too_few(figure):
        return wording.report("too_few")
    return {None: "", True: wording.report("yes"), False: wording.report("no")}[
        definition.met(figure)
    ]


def _along(axis: str, sections: Iterable[Section], wording: Wording) -> Table:
    rows = [
        [
            _name(section, wording),
            *(_brief(section.figures[name], FIGURES[name], wording) for name in SHOWN),
        ]
        for section in sections
    ]
    return Table(wording.report(axis), ["", *(wording.report(name) for name in SHOWN)], rows)


def _name(section: Section, wording: Wording) -> str:
    if section.part is None:
        return wording.report("none")
    words = {"priority": wording.report, "kind": wording.event}.get(section.axis, str)
    return words(section.name)


def _before(section: Section, name: str, wording: Wording) -> str:
    figure = section.before.get(name)
    return "" if figure is None else _brief(figure, FIGURES[name], wording)


def _brief(figure: Figure, definition: Definition, wording: Wording) -> str:
    """A value, with its counts where it says nothing without them."""
    value = _value(figure.value, definition.unit, wording)
    bare = figure.value is None or definition.unit not in ("share", "s")
    return value if bare else f"{value} ({_counts(figure)})"


def _counted(definition: Definition, wording: Wording) -> str:
    things = dict.fromkeys((definition.counted, definition.of or definition.counted))
    return " / ".join(wording.counted(thing) for thing in things)


def _target(definition: Definition, wording: Wording) -> str:
    if definition.target is None:
        return ""
    sign = "≤" if definition.at_most else "≥"
    return f"{sign} {_value(definition.target, definition.unit, wording)}"


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{100 * figure.low:.1f}–{100 * figure.high:.1f} %"


def _value(value: float | None, unit: Unit, wording: Wording) -> str:
    """
    >>> [_value(0.975, "share", Wording("en")), _value(0.2, "1/day", Wording("en"))]
    ['97.5 %', '0.2 a day']
    >>> [_value(1200, "count", Wording("en")), _value(None, "s", Wording("en"))]
    ['1,200', '–']
    """
    return "–" if value is None else wording.amount(unit, _digits(value, unit))


def _digits(value: float, unit: Unit) -> str:
    if unit == "share":
        return f"{100 * value:.1f}"
    if unit == "s":
        return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
    return f"{value:,.0f}" if unit == "count" else f"{value:.3g}"


def _counts(figure: Figure) -> str:
    of = _number(figure.denominator)
    return of if figure.numerator is None else f"{_number(figure.numerator)} / {of}"


def _number(count: float) -> str:
    if count == int(count):
        return f"{count:,.0f}"
    return f"{count:,.1f}" if count >= 1 else f"{count:.2g}"


def _html(table: Table) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in table.head)
    rows = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, *cells in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _period(period: Period, timezone: str) -> str:
    start, end = _clock(period.start, timezone), _clock(period.end, timezone)
    return period.name or f"{start} – {end}"


def _clock(at: Micros, timezone: str) -> str:
    return to_datetime(at).astimezone(zone_of(timezone)).strftime("%Y-%m-%d %H:%M")
