"""What holds for the figures of any records, and of any teams."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.figure import Span
from alerts.figures import FIGURES, compute
from alerts.records import COLUMNS, Records, table_of
from alerts.report import Team, area_of
from domain.time import DAY, NEVER, SECOND

_NOW, _START, _END = 30 * DAY, 10 * DAY, 40 * DAY
ADDITIVE = [
    name for name in FIGURES if name not in ("per_carer_10min", "busiest_10min")
]  # a carer may be asked by several teams

OF_DEVICES = ("in_contact", "not_heard", "tests_on_time")


@st.composite
def _records(draw: st.DrawFn) -> Records:
    return Records(**{name: _table(draw, name) for name in COLUMNS})


def _table(draw: st.DrawFn, name: str) -> Any:
    columns = COLUMNS[name]
    rows = draw(st.integers(0, 12))
    table = np.zeros(rows, columns)
    for column in columns.names or ():
        table[column] = draw(st.lists(_cell(column), min_size=rows, max_size=rows))
    if name == "alerts":
        table["asked_at"] = np.maximum(table["asked_at"], table["raised_at"])
    return table


def _cell(column: str) -> st.SearchStrategy[Any]:
    if column in ("told", "of_resident"):
        return st.booleans()
    if column.endswith("_at"):
        near = st.integers(0, 300).map(lambda seconds: _START + seconds * SECOND)
        return near | st.just(NEVER) if column not in ("raised_at", "asked_at") else near
    return st.integers(0 if column != "priority" else 1, 3)


@settings(deadline=None)
@given(_records(), st.sampled_from(["team", "kind", "model", "priority"]))
def test_parts_add_up_to_the_whole(records: Records, axis: str) -> None:
    span = Span(_START, _END, _NOW)
    whole = compute(records, span)
    parts = [compute(part, span) for part in records.by(axis).values()]
    for name in ADDITIVE:
        counts = [part[name].denominator for part in parts]
        if name == "per_resident_day" and axis != "team":
            assert all(count == whole[name].denominator for count in counts)
        elif axis in ("team", "model") or name not in OF_DEVICES:
            assert sum(counts) == pytest.approx(whole[name].denominator), name
        numerators = [part[name].numerator or 0 for part in parts]
        if axis in ("team", "model") or name not in OF_DEVICES:
            assert sum(numerators) == pytest.approx(whole[name].numerator or 0), name


@settings(deadline=None)
@given(_records())
def test_shares_lie_within_their_interval(records: Records) -> None:
    for name, figure in compute(records, Span(_START, _END, _NOW)).items():
        if figure.low is None or figure.high is None or figure.value is None:
            continue
        assert 0 <= figure.low <= figure.value <= figure.high <= 1, name
        assert figure.value == (figure.numerator or 0) / figure.denominator


@given(st.lists(st.sampled_from(["town", "a", "b", "far", "c"]), unique=True, min_size=1))
def test_an_area_has_each_team_in_one_part(seen: list[str]) -> None:
    above = {"town": None, "a": "town", "b": "town", "far": None, "c": "far"}
    area = area_of([Team(each, each.title(), above[each]) for each in seen])
    assert area is not None
    assert set(area.teams) == set(seen)
    assert set(area.teams.values()) == set(range(1, len(area.parts) + 1))


def test_a_column_with_a_null_is_no_column() -> None:
    columns = np.dtype([("n", "i4"), ("m", "?")])
    assert table_of([b"\0\0\0\1\0\0\0\2", b"\0\1"], columns).tolist() == [(1, False), (2, True)]
    with pytest.raises(ValueError, match="null"):
        table_of([b"\0\0\0\1", b"\0\1"], columns)
