"""A CSV file as people's programs write it: any of their encodings and separators.

UTF-8 with or without a mark at the beginning, UTF-16 with one, or GB18030 (which GBK and GB2312
are part of). Separated by comma, semicolon or tab, whichever splits the first line best.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from domain.errors import NotAllowed

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a line, in which column, and what to do; line 1 are the headings."""

    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{place}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line with something in it: its cells by the names of the columns; empty ones left out."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's rows, and its own headings by the names of the columns."""

    encoding: str
    headings: dict[str, str]
    rows: tuple[Row, ...]
    troubles: tuple[Trouble, ...]


Name = Callable[[str], str | None]
"""The name of a column for a heading, or None where it is none of ours."""


def read(content: bytes, name: Name, known: list[str]) -> Sheet:
    """The rows of a file. ``known`` are headings to suggest where one is not known.

    Raises NotAllowed where the file cannot be read as text, or is empty.
    """
    text, encoding = _decode(content)
    lines = list(_lines(text))
    if not lines:
        raise NotAllowed("The file is empty: its first line must name the columns.")
    (at, head), *rest = lines
    separator = max(_SEPARATORS, key=lambda mark: sum(_known(name, head, mark)))
    columns, troubles = _columns(_split(head, separator), at, name, known)
    rows = []
    for line, cells in _records(rest, separator):
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            troubles.append(
                Trouble(line, "", f"it has {len(cells)} cells for {len(columns)} columns: put "
                        "quotes around a cell that holds the separator.")
            )  # fmt: skip
        pairs = zip(columns, cells, strict=False)
        filled = {column: cell.strip() for column, cell in pairs if column and cell.strip()}
        if filled:
            rows.append(Row(line, filled))
    named = zip(columns, _split(head, separator), strict=True)
    headings = {column: heading for column, heading in named if column}
    return Sheet(encoding, headings, tuple(rows), tuple(troubles))


def _decode(content: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding), encoding
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise NotAllowed("The file is neither UTF-8 nor GB18030: save it as CSV UTF-8.")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise NotAllowed(
            f"The file says that it is {encoding}, and is not: save it anew."
        ) from None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """From the headings on; Excel's `sep=` line and empty ones before them are passed over."""
    lines = enumerate(io.StringIO(text, newline=None), start=1)
    begun = False
    for number, line in lines:
        begun = begun or not (line.strip(" \t\r\n,;") == "" or line.lower().startswith("sep="))
        if begun:
            yield number, line


def _records(lines: list[tuple[int, str]], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Cells with the number of the line on which they begin; a quoted cell may span lines."""
    reader = csv.reader((line for _, line in lines), delimiter=separator)
    begin = 0
    for cells in reader:
        yield lines[begin][0], cells
        begin = reader.line_num


def _split(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _known(name: Name, head: str, separator: str) -> list[bool]:
    return [name(cell) is not None for cell in _split(head, separator)]


def _columns(
    headings: list[str], line: int, name: Name, known: list[str]
) -> tuple[list[str | None], list[Trouble]]:
    columns: list[str | None] = []
    troubles: list[Trouble] = []
    for heading in headings:
        column = name(heading)
        if column is None and heading:
            near = get_close_matches(heading, known, 1, cutoff=0.5)
            meant = f"did you mean {near[0]!r}?" if near else f"use {', '.join(known)}."
            troubles.append(Trouble(line, heading, f"no column has this name: {meant}"))
        elif column is not None and column in columns:
            troubles.append(Trouble(line, heading, "this column is there twice: leave one out."))
        columns.append(column)
    return columns, troubles
