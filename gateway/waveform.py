"""The signal of a wave message, as an array."""

from typing import Any

import numpy as np

from gateway import contract
from gateway.contract import Payload, Refused

_LASTING_S, _MOST_G = 0.5, 5.0


def waveform(payload: Payload) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(n, 1), or (n, 3) of an acceleration; Refused where it is none, or longer than allowed."""
    names = ("x", "y", "z") if payload["signal"] == "acceleration" else ("values",)
    axes = [payload.get(name) for name in names]
    if any(axis is None for axis in axes):
        raise Refused("missing", f"a wave of {payload['signal']} needs {', '.join(names)}")
    if len({len(axis) for axis in axes if axis is not None}) != 1 or not axes[0]:
        raise Refused("wrong_type", f"{', '.join(names)} must be equally long, and not empty")
    values = np.array(axes, np.float32).T
    if not np.isfinite(values).all(axis=1).any():
        raise Refused("missing", f"no row of {', '.join(names)} is whole: leave the wave out")
    if payload["signal"] == "acceleration":
        _in_g(values, payload["rate"])
    if len(values) > contract.MAX_WAVE_SECONDS * payload["rate"]:
        raise Refused("too_long", "a wave holds 60 s at most: send several messages")
    return values


def placement(payload: Payload) -> str | None:
    """Where the sensor is worn, if that is a place that says something."""
    found = payload.get("placement")
    return found if found in contract.PLACEMENTS else None


def _in_g(values: np.ndarray[Any, np.dtype[np.float32]], rate: float) -> None:
    """Refuse what nobody's body does: half a second and more of which half is beyond 5 g."""
    size = np.sqrt(np.square(values[np.isfinite(values).all(axis=1)]).sum(axis=1))
    if len(size) >= _LASTING_S * rate and np.median(size) > _MOST_G:
        told = f"half of these values are beyond {_MOST_G:g} g; at rest it is 1 g"
        raise Refused("wrong_unit", f"{told}: divide m/s² by 9.80665 before you send them")
