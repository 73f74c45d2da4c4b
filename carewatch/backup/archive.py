"""The file: members with their checksums, and a manifest at its end."""

import contextlib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from domain.errors import CarewatchError, NotAllowed, Unavailable

FORMAT = 1
MANIFEST = "manifest.json"

_BLOCK = 1 << 20
_QUICK = 1
"""Level of compression: higher ones cost three times the time for a tenth of the size."""


class BadBackup(CarewatchError):
    """A file that is no backup, or not a whole one."""


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


class Writer:
    """A backup that is being written; ``sums`` has the SHA-256 of each member so far."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self.sums: dict[str, str] = {}

    @contextmanager
    def member(self, name: str) -> Iterator[BinaryIO]:
        """Where the content of one member is written to."""
        digest = hashlib.sha256()
        with self._file.open(name, "w", force_zip64=True) as target:
            buffered = io.BufferedWriter(_Summed(target, digest), _BLOCK)
            yield buffered
            buffered.flush()
        self.sums[name] = digest.hexdigest()

    def close(self, manifest: dict[str, Any]) -> None:
        """Add the manifest: from now on it is whole."""
        said = {"format": FORMAT, **manifest, "sha256": self.sums}
        self._file.writestr(MANIFEST, json.dumps(said, indent=1, ensure_ascii=False))


class Reader:
    """A backup that is read; its ``manifest`` was understood."""

    def __init__(self, file: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
        self._file = file
        self.manifest = manifest

    def blocks(self, name: str) -> Iterator[bytes]:
        """The content of a member. Raises BadBackup at its end where it was changed."""
        digest = hashlib.sha256()
        try:
            with self._file.open(name) as source:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    yield block
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise _damaged(name) from error
        if digest.hexdigest() != self.manifest["sha256"][name]:
            raise _damaged(name)

    def content(self, name: str) -> bytes:
        return b"".join(self.blocks(name))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write ``path``, for its owner only; it gets its name once it is whole and on the disk.

    Raises Unavailable where there is no room or no right to write.
    """
    if path.exists():
        raise NotAllowed(f"{path} exists already: name another file, or a folder.")
    beside = path.with_name(path.name + ".part")
    try:
        with open(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as raw:
            os.fchmod(raw.fileno(), 0o600)
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as file:
                yield Writer(file)
            raw.flush()
            os.fsync(raw.fileno())
        beside.replace(path)
    except OSError as error:
        raise Unavailable(
            f"{path} could not be written ({error.strerror}): "
            "see that there is room and that you may write there."
        ) from error
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open a backup. Raises BadBackup where it is none, is incomplete or too new for us."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(zipfile.ZipFile(path))
            manifest = json.loads(file.read(MANIFEST))
        except FileNotFoundError:
            raise BadBackup(f"There is no file {path}: check its name.") from None
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError):
            raise BadBackup(
                f"{path} is no whole backup: it was cut short, or is something else. "
                "Take another one."
            ) from None
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error.strerror}.") from error
        if manifest.get("format") != FORMAT:
            raise BadBackup(
                f"{path} was written by a newer carewatch ({manifest.get('carewatch')}): "
                "restore it with that version."
            )
        yield Reader(file, manifest)


class _Summed(io.RawIOBase):
    def __init__(self, target: Any, digest: _Digest) -> None:
        self._target = target
        self._digest = digest

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._digest.update(data)
        self._target.write(data)
        return len(data)


def _damaged(name: str) -> BadBackup:
    return BadBackup(f"The backup is damaged: {name} is not as it was written. Take another one.")
