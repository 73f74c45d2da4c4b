"""Files of arrays (.npz), as several data sets come: found, opened, and read one by one.

What cannot be used is passed over with a sentence, so that one bad recording does not end a run;
where nothing is left, there is an error.
"""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from carewatch.evaluate.report import BadDataset

Skip = Callable[[str], None]
"""Told, in a sentence, which recording is passed over and why."""

_BROKEN = (OSError, ValueError, EOFError, BadZipFile, zlib.error)


def silently(_: str) -> None:
    """Pass over without a word."""


def arrays(path: Path, usual: str, skip: Skip) -> Iterator[tuple[str, NDArray[Any]]]:
    """Name and numbers of each array of a file, or of the file in a folder.

    In a folder, ``usual`` is the file's name; where it is not there, the only .npz file is taken.
    Arrays that cannot be read, or hold no numbers, are skipped. Raises BadDataset if the file
    cannot be opened.
    """
    with _opened(_file(path, usual)) as file:
        for name in file.files:
            try:
                array = file[name]
            except _BROKEN as error:
                skip(f"{name} is skipped: it cannot be read ({error}).")
                continue
            if array.dtype.kind not in "iuf":
                skip(f"{name} is skipped: it holds no numbers.")
                continue
            yield name, array


def _file(path: Path, usual: str) -> Path:
    if not path.is_dir():
        return path
    if (path / usual).is_file():
        return path / usual
    found = sorted(path.glob("*.npz"))
    if len(found) != 1:
        raise BadDataset(
            f"{path} holds {len(found)} .npz files and none is called {usual}: "
            "name the file itself."
        )
    return found[0]


def _opened(path: Path) -> "np.lib.npyio.NpzFile":
    try:
        file = np.load(path, allow_pickle=False)
    except _BROKEN as error:
        raise BadDataset(f"{path} cannot be read as an .npz file: {error}") from None
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise BadDataset(f"{path} is one array: an .npz file with an array a recording is needed.")
    return file
