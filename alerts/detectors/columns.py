"""Columns with one element a subject or a device, which grow as these become more."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from domain.directory import Subject


def grown(column: NDArray[Any], size: int, fill: ArrayLike) -> NDArray[Any]:
    """The column with ``size`` elements at least, those that are new being ``fill``."""
    if len(column) >= size:
        return column
    room = (size - len(column), *column.shape[1:])
    return np.concatenate((column, np.full(room, fill, column.dtype)))


def given(thresholds: Mapping[str, float], name: str, default: float) -> float:
    """The threshold of that name, where there is one that is a number."""
    own = thresholds.get(name, default)
    return own if math.isfinite(own) else default


class Own:
    """``values`` of each subject, one row a subject: what ``of`` makes of their own thresholds."""

    def __init__(
        self, of: Callable[[Mapping[str, float]], ArrayLike], dtype: DTypeLike = np.float32
    ) -> None:
        self._of = of
        self._default = np.array(of({}), dtype)
        self.values: NDArray[Any] = np.empty((0, *self._default.shape), dtype)

    def configure(self, size: int, subjects: Sequence[Subject]) -> None:
        """Take these subjects' thresholds; ``size`` is how many subjects there are."""
        self.values = grown(self.values, size, self._default)
        for subject in subjects:
            own = self._of(subject.thresholds) if subject.thresholds else self._default
            self.values[subject.slot] = own
