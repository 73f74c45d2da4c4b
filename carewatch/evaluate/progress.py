"""How far a long run has come, and what it passed over, for whoever watches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from domain.time import stopwatch

EVERY_S = 10.0
"""How often a line is written where there is no terminal to draw a bar on."""

Item = TypeVar("Item")


class Progress:
    """Shows a bar on ``console`` where that is a terminal, and elsewhere a line now and then.

    ``skipped`` holds a sentence for each recording that could not be used; ``clock`` counts
    seconds.

    >>> list(Progress().over([1, 2], "nights"))
    [1, 2]
    """

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = stopwatch
    ) -> None:
        self._console = console
        self._clock = clock
        self.skipped: list[str] = []

    def over(self, items: Sequence[Item], what: str) -> Iterator[Item]:
        """The items one after the other; ``what`` names them beside the bar."""
        shown: Iterable[Item] = items
        if self._console is not None and self._console.is_terminal:
            shown = track(items, what, console=self._console, transient=True)
        elif self._console is not None:
            shown = self._lines(items, what)
        yield from shown

    def skip(self, sentence: str) -> None:
        """Tell that a recording is passed over, and why."""
        self.skipped.append(sentence)
        if self._console is not None:
            self._write(sentence)

    def _lines(self, items: Sequence[Item], what: str) -> Iterator[Item]:
        last = self._clock()
        for done, item in enumerate(items):
            yield item
            if self._clock() - last >= EVERY_S:
                last = self._clock()
                self._write(f"{what}: {done + 1} of {len(items)}")

    def _write(self, line: str) -> None:
        if self._console is not None:
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
