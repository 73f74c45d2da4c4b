"""Rows in PostgreSQL's binary COPY format, written by numpy rather than value by value.

The format (PostgreSQL documentation, "COPY", section "Binary Format"): a header, then for each
row the number of fields (int16) and for each field its length (int32) and its value, all big
endian; at the end -1 (int16). Rows of one layout are one structured array.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from domain.quantity import QUANTITIES
from domain.sample import Batch, Instants, Slots

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_EPOCH_2000 = 946_684_800_000_000
"""PostgreSQL counts timestamps in microseconds from 2000-01-01."""
_WIDTHS = {"i1": 1, "i4": 4, "i8": 8, "f4": 4}


def sample_rows(samples: Batch) -> bytes:
    """Device, subject, measured_at, received_at, and every quantity as real (NaN: not said)."""
    columns: dict[str, tuple[str, NDArray[np.generic]]] = {
        "device": ("i4", samples.device),
        "subject": ("i4", samples.slot),
        "measured_at": ("i8", timestamps(samples.measured_at)),
        "received_at": ("i8", timestamps(samples.received_at)),
    }
    for place, quantity in enumerate(QUANTITIES):
        columns[quantity.name] = ("f4", samples.x[:, place])
    return encode(len(samples), columns)


def heard_rows(devices: Slots, heard_at: Instants) -> bytes:
    """Device and when it was last heard."""
    return encode(
        len(devices), {"device": ("i4", devices), "heard_at": ("i8", timestamps(heard_at))}
    )


def timestamps(at: Instants) -> Instants:
    """Instants as PostgreSQL counts them."""
    shifted: Instants = at - _EPOCH_2000
    return shifted


def encode(length: int, columns: Mapping[str, tuple[str, NDArray[np.generic]]]) -> bytes:
    """A whole COPY of so many rows: of each column its kind (``i1`` is a boolean) and values."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, (kind, _) in columns.items():
        layout += [(f"{name}_length", ">i4"), (name, f">{kind}")]
    rows = np.empty(length, layout)
    rows["fields"] = len(columns)
    for name, (kind, values) in columns.items():
        rows[f"{name}_length"] = _WIDTHS[kind]
        rows[name] = values
    return _HEADER + rows.tobytes() + _END
