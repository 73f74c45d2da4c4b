"""A sheet's rows as checked lines: by the rules of the API, with sentences for what is wrong."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from carewatch.importing.columns import Kind, column_at, said
from carewatch.importing.sheet import Row, Sheet, Trouble

_SENTENCES: Mapping[str, str] = {
    "missing": "this is needed: fill it in",
    "string_too_short": "this is needed: fill it in",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number, with a point for decimals",
    "bool_parsing": "write yes or no",
    "date_from_datetime_parsing": "write the day as 2026-03-02",
    "date_parsing": "write the day as 2026-03-02",
    "string_too_long": "this is too long: {max_length} characters at most",
    "greater_than": "this must be more than {gt}",
    "greater_than_equal": "this must be {ge} or more",
    "less_than_equal": "this must be {le} or less",
    "literal_error": "use one of {expected}",
}
_PATTERNS: Mapping[str, str] = {
    "A-Za-z0-9_-": "use 1 to 64 of A-Z a-z 0-9 _ - without spaces",
    "0-9 ()/.-": "this is no telephone number: digits and + ( ) / . - are",
    "family|station": "use one of family, station, centre, responder, volunteer",
    r"\S{1,64}": "use 1 to 64 characters without spaces",
    "[a-z]{2,3}": "write languages as zh, en or yue",
}
_SHORTENED = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the file says, in the fields of the API's body.

    Of a line with troubles only what is right by itself, as it was written: it is looked at for
    more of them, and never taken in.
    """

    number: int
    said: dict[str, Any]


def checked(kind: Kind, sheet: Sheet) -> tuple[list[Line], list[Trouble]]:
    """What the lines say, and what is wrong with them."""
    lines: list[Line] = []
    troubles = list(sheet.troubles)
    troubles += [
        Trouble(1, name, "this column is missing: add it.")
        for name in kind.key
        if name not in sheet.headings
    ]
    if troubles:
        return [], troubles
    first: dict[tuple[str, ...], int] = {}
    for row in sheet.rows:
        wrong = [*_wrong(kind, row, lines)]
        key = tuple(row.cells.get(name, "") for name in kind.key)
        if key and first.setdefault(key, row.line) != row.line:
            problem = f"{key[0]} is in line {first[key]} already: keep one."
            wrong.append(Trouble(row.line, kind.key[0], problem))
        troubles += [_in_its_words(sheet, each) for each in wrong]
    return lines, troubles


def _in_its_words(sheet: Sheet, trouble: Trouble) -> Trouble:
    """With the heading that the file itself has."""
    return Trouble(
        trouble.line, sheet.headings.get(trouble.column, trouble.column), trouble.problem
    )


def _wrong(kind: Kind, row: Row, lines: list[Line]) -> Iterator[Trouble]:
    """What is wrong with a row; what is right becomes a line."""
    shortened = [name for name, cell in row.cells.items() if _SHORTENED.fullmatch(cell)]
    for name in shortened:
        yield Trouble(row.line, name, "a spreadsheet has shortened this number: make the column "
                      "text, and enter it again.")  # fmt: skip
    fields = said(kind, row.cells)
    if isinstance(fields.get("consents"), dict):
        fields["consents"] = _consents(fields["consents"])
    try:
        body = kind.body.model_validate(fields)
    except ValidationError as error:
        for one in error.errors():
            path = tuple(step for step in one["loc"] if not isinstance(step, int))
            fields.pop(str(path[0]) if path else "", None)
            column = column_at(kind, path)
            if column not in shortened:
                yield Trouble(row.line, column, _sentence(one))
        lines.append(Line(row.line, fields))
        return
    lines.append(Line(row.line, body.model_dump(mode="json", exclude_unset=True)))


def _consents(told: dict[str, Any]) -> list[dict[str, Any]]:
    """One consent for each purpose that was listed, of one day and one person."""
    rest = {name: value for name, value in told.items() if name != "what"}
    return [rest | {"what": what} for what in told.get("what") or [None]]


def _sentence(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        known = (each for part, each in _PATTERNS.items() if part in context["pattern"])
        return next(known, f"write it as {context['pattern']}") + "."
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**context) + "."
    return str(error["msg"]).removeprefix("Value error, ") + "."
