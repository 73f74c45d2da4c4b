"""Whether somebody lies in the bed, and whether they stir, from how strong the signal is.

A sensor has no absolute scale: its gain, the mattress and the body differ. Two levels are learned
instead, as logarithms: that of a quiet body with a heartbeat, and that of the empty bed. Somebody
is there when a heartbeat is seen; nobody is, when it is seen no longer and the level has fallen.

Nobody leaves a bed without stirring. Where heartbeat and breath are gone from one moment to the
next and nothing stirred before, the bed goes on to say "in bed", for ``VANISHED`` windows: that
may be the worst of all cases, and must not look like a bed that was left.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SURE, CLEAR = 0.5, 0.7
"""Qualities of a rhythm at which it is believed, and at which noise hardly ever has it."""
STIRS = 4.0
"""Times the quiet level (12 dB): turning over is 10 to 100 times as strong as a heartbeat."""
FALLEN = math.log(2.0)
"""How far the level falls, at least, when a body leaves."""
FARTHEST = 2.5
"""How far the quiet level of a window may lie from the learned one, as a ratio."""
ARRIVED = 2
"""Windows with a heartbeat before somebody is in bed."""
BREATHES = 15
"""Windows with clear breathing alone before somebody is: noise may look like breath for a while."""
LEFT = 3
"""Windows without one, on a fallen level, before nobody is."""
EMPTY = 15
"""Windows without one, from the beginning, before nobody is."""
LOST = 150
"""Windows without heartbeat, breath or movement, before the bed stops saying "in bed"."""
LEAVING = 0.5
"""Share of two seconds: a shorter jolt is not somebody who leaves."""
STIRRED = 15
"""Windows in which a movement is taken for the leaving."""
VANISHED = 30
_LEARNS = 0.05
"""How far a learned level follows in a window, in natural logarithms."""


@dataclass(slots=True)
class Presence:
    """What is known about the bed.

    ``somebody``  1, 0, or -1 where it is not known
    ``body``, ``empty``  learned levels, natural logarithms; NaN where not learned
    ``seen``, ``missed``  windows in a row with and without a heartbeat
    ``breathes``  windows in a row with clear breathing
    ``still``     windows since something stirred
    """

    somebody: int = -1
    body: float = math.nan
    empty: float = math.nan
    seen: int = 0
    breathes: int = 0
    missed: int = 0
    still: int = STIRRED

    def quiet_level(self, recent: NDArray[np.floating]) -> float:
        """What a quiet body's signal is like, from the levels of recent cells."""
        middle = float(np.median(recent))
        if math.isnan(self.body):
            return middle
        learned = math.exp(self.body)
        return min(max(middle, learned / FARTHEST), learned * FARTHEST)

    def watch(self, level: float, heart: float, breath: float, stirring: float) -> None:
        """Take in one window.

        ``level`` is a natural logarithm; ``heart`` and ``breath`` say how surely they were seen
        and ``stirring`` how much of the latest two seconds was movement, all from 0 to 1.
        """
        stirs = stirring > 0
        beats = heart >= SURE
        self.still = 0 if stirring >= LEAVING else min(self.still + 1, 10_000)
        self.seen = self.seen + 1 if beats else 0
        self.missed = 0 if beats else self.missed + 1
        self.breathes = self.breathes + 1 if breath >= CLEAR else 0
        if self._arrived(level):
            self.somebody = 1
        elif self._empty(level, breath, stirs):
            self.somebody = 0
        self._learn(level, beats, stirs)

    def vanished(self, level: float) -> bool:
        """Whether a body that did not stir shows no sign of life any more."""
        gone = self.somebody == 1 and self.missed >= LEFT and self._fallen(level)
        return gone and not self._stirred()

    def _arrived(self, level: float) -> bool:
        seen = self.seen >= ARRIVED and self._strong(level)
        return seen or self.breathes >= BREATHES

    def _empty(self, level: float, breath: float, stirs: bool) -> bool:
        if self.somebody == 1:
            return self._gone(level, breath >= SURE)
        return self.missed >= EMPTY and not stirs and breath < CLEAR

    def _strong(self, level: float) -> bool:
        """Not as weak as the empty bed, where that is known apart from a body."""
        apart = self.body - self.empty
        return not (apart > FALLEN and level < self.empty + apart / 3)

    def _gone(self, level: float, breath: bool) -> bool:
        if self.missed >= LOST and not breath and self.still >= STIRRED:
            return True
        if self.missed < LEFT or self.still == 0 or not self._fallen(level):
            return False
        return self._stirred() or self.missed >= VANISHED

    def _stirred(self) -> bool:
        """Whether there was movement just before the heartbeat was last seen, or since."""
        return self.still - self.missed < STIRRED

    def _fallen(self, level: float) -> bool:
        return level < self.body - FALLEN

    def _learn(self, level: float, heart: bool, stirs: bool) -> None:
        if self.somebody == 1 and heart and not stirs:
            self.body = _toward(self.body, level)
        elif self.somebody == 0 and not stirs:
            self.empty = _toward(self.empty, level)


def stirring(cells: NDArray[np.floating], quiet: float) -> NDArray[np.bool_]:
    """Which cells hold movement: those far stronger than a quiet body."""
    moving: NDArray[np.bool_] = cells > STIRS * quiet
    return moving


def _toward(learned: float, level: float) -> float:
    if math.isnan(learned):
        return level
    return learned + min(max(level - learned, -_LEARNS), _LEARNS)
