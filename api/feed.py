"""The live feed: a snapshot, then every change in the order of its sequence number.

One task a process reads new changes from the database, woken by its notifications, and keeps
the latest in memory. A client is nothing but a place in the sequence: it takes what comes after
its place, from memory, or from the table where it lags behind. So nothing is lost or doubled
between snapshot and changes, nobody's slowness costs another anything, and memory is bounded.

Sequence order is commit order (writers append under one lock): who has seen n has seen all
before n.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Protocol

import structlog
from prometheus_client import Gauge
from starlette.concurrency import run_in_threadpool

from api.access import Viewer
from domain.errors import Unavailable
from domain.time import SECOND, Clock, Micros

_log = structlog.get_logger()
_clients = Gauge("carewatch_feed_clients", "Clients that follow the live feed.")

POLL_S = 2.0
"""How long a notification may be lost before we look by ourselves."""
CHECK_S = 15.0
"""How often a client's login is looked up again, besides when people or rights change."""
SILENCE: Micros = 10 * SECOND
"""How long the database may be away before clients are told, by ending their feeds."""
KEPT = 2_000
"""Changes kept in memory, of some 5 KB each."""
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Change:
    """An alert as it was after the change of that number."""

    sequence: int
    alert: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a client begins: at ``place``, with the open ``alerts`` unless it knows them."""

    viewer: Viewer
    place: int
    alerts: Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event: a snapshot or a change."""

    event: str
    id: int
    data: Mapping[str, Any]


class Source(Protocol):
    """What the feed asks the database; each call sees one instant, or raises Unavailable."""

    def latest(self) -> tuple[int, int]:
        """The newest sequence number, and the version of people and rights."""
        ...

    def after(self, place: int, limit: int) -> tuple[Sequence[Change], int]:
        """Changes after that place, in order, and the version of people and rights."""
        ...

    def open(self, token: str, known: int | None, now: Micros) -> Opening | None:
        """Whose token it is and where they begin; None where the login is over.

        ``known`` is the last change that the client has, or None.
        """
        ...


class Feed:
    """All clients' feed of one process. Made anywhere; used on one event loop."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._kept: deque[Change] = deque(maxlen=KEPT)
        self._place: int | None = None
        self._version = -1
        self._rights = 0
        self._closed = False
        self._heard_at = clock.now()
        self._news = asyncio.Event()
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- from any thread ----------------------------------------------------------------------

    def wake(self) -> None:
        """There may be something new."""
        self._call(self._woken.set)

    def recheck(self) -> None:
        """A login ended: every client's is to be looked up again."""
        self._call(self._rights_changed)

    def close(self) -> None:
        """End all feeds, and take no more."""
        self._closed = True
        self._call(self._tell)
        self._call(self._woken.set)

    # -- the reader ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Read what is new until closed; a database that is away is asked again."""
        self._loop = asyncio.get_running_loop()
        while not self._closed:
            self._woken.clear()
            try:
                more = await self._read()
                self._heard_at = self._clock.now()
            except Unavailable:
                more = False
                self._away()
            if not more:
                await _wait(self._woken, POLL_S)

    async def _read(self) -> bool:
        """Take in one chunk; whether there may be more."""
        if self._place is None:
            place, self._version = await run_in_threadpool(self._source.latest)
            self._place = place
            return False
        changes, version = await run_in_threadpool(self._source.after, self._place, CHUNK)
        if version != self._version:
            self._version = version
            self._rights_changed()
        if changes:
            self._kept.extend(changes)
            self._place = changes[-1].sequence
            self._tell()
        return len(changes) == CHUNK

    def _away(self) -> None:
        if self.silent:
            _log.warning("feeds end: the database is away")
            self._tell()

    @property
    def closed(self) -> bool:
        """Whether all that is live is to end."""
        return self._closed

    @property
    def silent(self) -> bool:
        """Whether the database has been away for too long to call this live."""
        return self._clock.now() - self._heard_at > SILENCE

    # -- a client -----------------------------------------------------------------------------

    async def follow(self, token: str, known: int | None) -> AsyncGenerator[Message, None]:
        """What a client is told, until it leaves, its login ends or the feed is closed."""
        # Where the database is away, the client comes back by itself and finds its place.
        with _clients.track_inprogress(), suppress(Unavailable):
            async with aclosing(self._follow(token, known)) as messages:
                async for message in messages:
                    yield message

    async def _follow(self, token: str, known: int | None) -> AsyncGenerator[Message, None]:
        rights, opening = self._rights, await self._open(token, known)
        while opening is not None:
            viewer, place = opening.viewer, opening.place
            if opening.alerts is not None:
                yield _snapshot(opening)
            opening = None
            checked_at = self._clock.now()
            while self._live(viewer):
                news = self._news
                changes, fresh = await self._after(place)
                due = self._clock.now() - checked_at >= CHECK_S * SECOND
                if rights != self._rights or not fresh or due:
                    rights, checked_at = self._rights, self._clock.now()
                    again = await self._open(token, place)
                    if again is None:
                        return
                    if _rights_of(again.viewer) != _rights_of(viewer):
                        opening = await self._open(token, None)  # tell all anew
                        break
                for change in changes:
                    place = change.sequence
                    if viewer.sees_alert(change.alert):
                        yield Message("alert", change.sequence, change.alert)
                if not changes:
                    await _wait(news, POLL_S)

    async def _open(self, token: str, known: int | None) -> Opening | None:
        return await run_in_threadpool(self._source.open, token, known, self._clock.now())

    async def _after(self, place: int) -> tuple[Sequence[Change], bool]:
        """Changes after that place, and whether they are those that the reader has taken in."""
        if self._place is not None and place >= self._place:
            return (), True
        if self._kept and place >= self._kept[0].sequence - 1:
            newer = list(takewhile(lambda change: change.sequence > place, reversed(self._kept)))
            return newer[: -CHUNK - 1 : -1], True
        changes, _ = await run_in_threadpool(self._source.after, place, CHUNK)
        return changes, False

    def _live(self, viewer: Viewer) -> bool:
        return not (self._closed or self.silent or self._clock.now() >= viewer.expires_at)

    # -- on the loop --------------------------------------------------------------------------

    def _rights_changed(self) -> None:
        self._rights += 1
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _call(self, function: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)


def _snapshot(opening: Opening) -> Message:
    data = {"alerts": opening.alerts, "sequence": opening.place}
    return Message("snapshot", opening.place, data)


def _rights_of(viewer: Viewer) -> tuple[object, ...]:
    return viewer.roles, viewer.residents, viewer.teams, viewer.asked


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
