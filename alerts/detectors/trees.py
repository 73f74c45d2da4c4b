"""Boosted decision trees as plain numbers: what was learned elsewhere, run with numpy alone.

Every tree is a full binary tree of the same depth, written level by level: node n has the
children 2n + 1 (its feature is at most its threshold) and 2n + 2. Where learning stopped early,
the threshold is no limit and the way goes left. The score is the sum of one leaf a tree: the
logarithm of the odds (Friedman, Annals of Statistics 29, 2001, 1189).
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

NO_LIMIT = 1e30


class Trees:
    """``feature`` and ``threshold`` (trees, nodes), ``leaf`` (trees, nodes + 1), ``base`` the
    score before any tree, ``limit`` the score from which on the answer is yes."""

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        self.feature = np.array(numbers["feature"], np.intp)
        self.threshold = np.array(numbers["threshold"], np.float64)
        self.leaf = np.array(numbers["leaf"], np.float64)
        self.base = float(numbers["base"])
        self.limit = float(numbers["limit"])
        self._first = np.arange(len(self.feature)) * self.feature.shape[1]
        self._first_leaf = np.arange(len(self.leaf)) * self.leaf.shape[1]
        self._depth = self.leaf.shape[1].bit_length() - 1

    def score(self, features: Sequence[float]) -> float:
        """The logarithm of the odds, of one case."""
        values = np.array(features, np.float64)
        feature, threshold = self.feature.ravel(), self.threshold.ravel()
        node = np.zeros(len(self._first), np.intp)
        for _ in range(self._depth):
            place = self._first + node
            node = 2 * node + 1 + (values[feature[place]] > threshold[place])
        leaf = self._first_leaf + node - self.feature.shape[1]
        return self.base + float(self.leaf.ravel()[leaf].sum())


@cache
def read(path: Path) -> Mapping[str, Any]:
    """A file of models: ``features`` (names, in order), ``models`` (numbers by name), and what
    they were learned from."""
    numbers: Mapping[str, Any] = json.loads(path.read_bytes())
    return numbers
