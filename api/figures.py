"""Figures in the words of the API, and as a table for spreadsheets."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Annotated, Any, Literal

from pydantic import Field

from alerts.figure import Counted, Figure, Unit
from alerts.figures import FIGURES
from alerts.periods import Period
from alerts.report import Report, Section
from api.schemas.fields import Answer, Time
from domain.time import iso


class FigureAnswer(Answer):
    """A figure with its counts; docs/figures.md defines each."""

    value: Annotated[float | None, Field(description="Null where there was nothing to count.")]
    unit: Unit
    numerator: float | None
    denominator: float
    counted: Annotated[Counted, Field(description="What `numerator` counts.")]
    of: Annotated[Counted, Field(description="What `denominator` counts.")]
    low: Annotated[float | None, Field(description="Of a share, with 95 %; so is `high`.")]
    high: float | None
    target: float | None
    at_most: Annotated[bool, Field(description="The target is not to be passed, not reached.")]
    met: Annotated[bool | None, Field(description="Null without a target, and of too few.")]
    too_few: Annotated[bool, Field(description="To say whether the target is met.")]
    before: Annotated[float | None, Field(description="In the period before, where compared.")]


class SpanAnswer(Answer):
    """From the beginning up to the end, which is not in it."""

    period: str | None
    from_: Annotated[Time, Field(alias="from")]
    to: Time


class PartAnswer(Answer):
    """``id`` null: of none. A team's part holds all below it."""

    id: str | None
    name: str
    figures: dict[str, FigureAnswer]


class FiguresAnswer(SpanAnswer):
    """Figures as a whole and apart."""

    team: str | None
    name: str
    timezone: str
    kind: str | None
    model: str | None
    made_at: Time
    before: SpanAnswer | None
    figures: dict[str, FigureAnswer]
    by_team: list[PartAnswer]
    by_kind: list[PartAnswer]
    by_model: list[PartAnswer]
    by_priority: list[PartAnswer]


def told(report: Report) -> dict[str, Any]:
    """A report as JSON."""
    along: Mapping[str, Literal["team", "kind", "model", "priority"]] = {
        "by_team": "team", "by_kind": "kind", "by_model": "model", "by_priority": "priority",
    }  # fmt: skip
    return {
        "team": report.whole.part,
        "name": report.whole.name,
        **_span(report.period),
        "timezone": report.timezone,
        "kind": report.asked.kind,
        "model": report.asked.model,
        "made_at": iso(report.made_at),
        "before": None if report.before is None else _span(report.before),
        "figures": _figures(report.whole),
        **{key: [_part(each) for each in report.along(axis)] for key, axis in along.items()},
    }


def as_csv(report: Report) -> str:
    """One line a figure of each section, the whole first; empty where there is nothing.

    It begins with a byte order mark: without it, spreadsheet programs do not read UTF-8 as such.
    """
    written = StringIO()
    written.write("\N{BYTE ORDER MARK}")
    rows = _rows(report)
    table = csv.DictWriter(written, _COLUMNS, lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


_COLUMNS = (
    "team", "from", "to", "timezone", "by", "part", "name", "figure", "unit", "value", "numerator",
    "denominator", "counted", "of", "low", "high", "target", "met", "before",
)  # fmt: skip


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    span = _span(report.period)
    for section in (report.whole, *report.sections):
        for name, figure in _figures(section).items():
            yield {
                "team": report.whole.part,
                "from": span["from"],
                "to": span["to"],
                "timezone": report.timezone,
                "by": section.axis,
                "part": section.part,
                "name": section.name,
                "figure": name,
                **{key: value for key, value in figure.items() if key in _COLUMNS},
                "met": "too few" if figure["too_few"] else _YES.get(figure["met"], ""),
            }


_YES = {True: "yes", False: "no"}


def _span(period: Period) -> dict[str, Any]:
    return {"period": period.name, "from": iso(period.start), "to": iso(period.end)}


def _part(section: Section) -> dict[str, Any]:
    return {"id": section.part, "name": section.name, "figures": _figures(section)}


def _figures(section: Section) -> dict[str, dict[str, Any]]:
    return {
        name: _figure(name, figure, section.before.get(name))
        for name, figure in section.figures.items()
    }


def _figure(name: str, figure: Figure, before: Figure | None) -> dict[str, Any]:
    definition = FIGURES[name]
    return {
        "value": figure.value,
        "unit": definition.unit,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "counted": definition.counted,
        "of": definition.of or definition.counted,
        "low": figure.low,
        "high": figure.high,
        "target": definition.target,
        "at_most": definition.at_most,
        "met": definition.met(figure),
        "too_few": definition.too_few(figure),
        "before": None if before is None else before.value,
    }
