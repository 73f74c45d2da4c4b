"""Bounds how often the same thing is told, and how often anything is told at all."""

from collections.abc import Hashable

from domain.time import MINUTE, Micros


class Throttle:
    """Lets each key through once a minute, and ``at_most`` keys a minute in all.

    Its memory is bounded likewise. Instants must not run backwards.

    >>> throttle = Throttle(at_most=2)
    >>> [throttle.lets(key, now=0) for key in ("a", "a", "b", "c")]
    [True, False, True, False]
    >>> throttle.lets("a", now=MINUTE)
    True
    """

    def __init__(self, at_most: int = 600) -> None:
        self._at_most = at_most
        self._told: set[Hashable] = set()
        self._minute_began: Micros = 0

    def lets(self, key: Hashable, now: Micros) -> bool:
        """Whether ``key`` is to be told now."""
        if now - self._minute_began >= MINUTE:
            self._told.clear()
            self._minute_began = now
        if key in self._told or len(self._told) >= self._at_most:
            return False
        self._told.add(key)
        return True
