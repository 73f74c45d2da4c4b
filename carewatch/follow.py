"""Reads a log file as it grows, across rotation and across restarts of both sides."""

import json
import os
from pathlib import Path

_MOST = 4 * 1024 * 1024
"""Bytes taken at once; what is left waits for the next time."""


class FollowedFile:
    """Complete new lines of a file that somebody else writes.

    How far it was read is kept in ``place`` (a file beside it), so that a reader who comes back
    goes on from there; without it, reading begins at the end. A rotated file is read to its
    end through the handle that is still open, then the new one from its beginning.
    """

    def __init__(self, path: Path, place: Path) -> None:
        self._path = path
        self._place = place
        self._file: int | None = None
        self._read = 0
        self._begun = ""
        self._awaited = False

    def lines(self) -> list[str]:
        """What was written since the last call."""
        self._open()
        if self._file is None:
            return []
        found = self._take()
        if not found and self._was_rotated():
            self.close()
            self._begun, self._read = "", 0
            self._open(anew=True)
            found = self._take()
        if found:
            self._remember()
        return found

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self, *, anew: bool = False) -> None:
        if self._file is not None:
            return
        try:
            self._file = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            self._awaited = True  # all of what comes is news
            return
        self._read = 0 if anew or self._awaited else self._begin_at()

    def _begin_at(self) -> int:
        assert self._file is not None
        now = os.fstat(self._file)
        try:
            inode, read = json.loads(self._place.read_text())
        except (FileNotFoundError, ValueError):
            return now.st_size
        return read if inode == now.st_ino and read <= now.st_size else 0

    def _take(self) -> list[str]:
        if self._file is None:
            return []
        if os.fstat(self._file).st_size < self._read:
            self._read, self._begun = 0, ""  # cut short in place
        raw = os.pread(self._file, _MOST, self._read)
        self._read += len(raw)
        *whole, self._begun = (self._begun + raw.decode(errors="replace")).split("\n")
        return whole

    def _was_rotated(self) -> bool:
        assert self._file is not None
        try:
            return os.stat(self._path).st_ino != os.fstat(self._file).st_ino
        except FileNotFoundError:
            return False  # between the renaming and the new file

    def _remember(self) -> None:
        assert self._file is not None
        done = self._read - len(self._begun.encode())
        beside = self._place.with_name(self._place.name + ".new")
        beside.write_text(json.dumps([os.fstat(self._file).st_ino, done]))
        beside.replace(self._place)
