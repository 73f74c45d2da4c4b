"""How far a long run has come, shown to whoever watches a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


class Progress:
    """Shows a bar on ``console`` where that is a terminal, and nothing elsewhere.

    >>> list(Progress().over([1, 2], "nights"))
    [1, 2]
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console

    def over(self, items: Sequence[Item], what: str) -> Iterator[Item]:
        """The items one after the other; ``what`` names them beside the bar."""
        shown: Iterable[Item] = items
        if self._console is not None and self._console.is_terminal:
            shown = track(items, what, console=self._console, transient=True)
        yield from shown
