"""Tells people of emergencies that cannot be recorded: once, and remembers it over a crash."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import structlog
from prometheus_client import Counter

from alerts.channels.channel import Channel, DeliveryFailed, Message
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.outbox import LOG, PERSON, WEBHOOK, Routes
from alerts.unrecorded import Told, first_messages
from carewatch.addressbook import AddressBook
from carewatch.emergency import Emergency
from carewatch.lookout import Lookout
from carewatch.postroom import OneOfMany, person_channels
from carewatch.settings import Settings
from carewatch.steady import Connector
from domain.time import SECOND, Clock, Micros
from gateway import topics
from gateway.mqtt.subscriber import Subscriber

log = structlog.get_logger()

AGAIN: Micros = 5 * SECOND
"""After how long messages are tried again that did not get through."""

_SESSION = "carewatch-lookout"
_LOOK_S = 0.2
_AT_ONCE = 4

TOLD = Counter(
    "carewatch_told_unrecorded_total", "Messages told before their alert was recorded", ["channel"]
)


class Journal:
    """What was told, in a file: a pump that is started again tells nobody twice."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def read(self) -> list[Emergency]:
        """What an earlier process had told and not seen recorded."""
        try:
            lines = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except ValueError:
            log.error("what was told is forgotten: the journal is damaged", file=str(self._path))
            return []
        return [_emergency(line) for line in lines]

    def write(self, told: Callable[[], Iterable[Emergency]]) -> None:
        """Replace it; what cannot be written is told all the same."""
        with self._lock:
            lines = [_line(emergency) for emergency in told()]
            try:
                self._replace(orjson.dumps(lines))
            except OSError as error:
                log.error("what was told is not written down", reason=str(error))

    def _replace(self, content: bytes) -> None:
        """All or nothing, on the disk before it returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(self._path.name + ".new")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


class Herald(threading.Thread):
    """A thread that tells what the lookout holds for too long.

    ``channels`` by the names that ``routes`` uses.
    """

    def __init__(
        self,
        lookout: Lookout,
        book: AddressBook,
        routes: Routes,
        channels: Mapping[str, Channel],
        journal: Journal,
        clock: Clock,
        end: threading.Event,
    ) -> None:
        super().__init__(name="herald", daemon=True)
        self._lookout = lookout
        self._book = book
        self._routes = routes
        self._channels = channels
        self._journal = journal
        self._clock = clock
        self._end = end
        lookout.remember_told(journal.read())
        lookout.ended = self._write_down

    def run(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE, "tell") as pool:
            while not self._end.wait(_LOOK_S):
                for emergency in self._lookout.due(self._clock.now()):
                    for deliver in self._tell(emergency):
                        pool.submit(deliver)

    def _write_down(self) -> None:
        self._journal.write(self._lookout.all_told)

    def _tell(self, emergency: Emergency) -> list[Callable[[], None]]:
        """What is to be done now to tell it."""
        finding, directory, now = emergency.finding, emergency.directory, self._clock.now()
        if finding is None or directory is None:
            return []
        messages = [
            (telling, message)
            for telling, message in first_messages(
                finding, directory, self._book.known, self._routes, now
            )
            if telling.message_id not in emergency.tellings and telling.channel in self._channels
        ]
        if not self._lookout.tell(emergency, [each for each, _ in messages], now + AGAIN):
            return []
        if messages:
            log.warning("an emergency is told before it is recorded", alert=messages[0][0].alert_id)
        return [partial(self._deliver, emergency, *told) for told in messages]

    def _deliver(self, emergency: Emergency, telling: Told, message: Message) -> None:
        try:
            self._channels[telling.channel].deliver(message)
        except DeliveryFailed as error:
            log.warning("not told", channel=telling.channel, reason=str(error))
            self._lookout.told(emergency, telling, None)
            return
        TOLD.labels(telling.channel).inc()
        self._lookout.told(emergency, telling, self._clock.now())
        self._write_down()


@contextmanager
def at_work(settings: Settings, clock: Clock, end: threading.Event) -> Iterator[Lookout]:
    """The lookout, with a session of its own at the broker and a herald who watches it."""
    lookout = Lookout(clock)
    subscriber = Subscriber(settings.required("mqtt_url"), lookout, _SESSION, topics.EVENTS)
    lookout.acknowledge = subscriber.acknowledge
    connect = Connector(settings.required("database_url"))
    book = AddressBook(connect, lambda: lookout.directory, clock, end)
    webhook = WebhookChannel(settings.webhook_secret, clock)
    channels: dict[str, Channel] = {
        LOG: LogChannel(),
        WEBHOOK: webhook,
        PERSON: OneOfMany(person_channels(settings)),
    }
    routes = Routes(settings.webhook_url, settings.handover_url)
    journal = Journal(settings.data / "told.json")
    herald = Herald(lookout, book, routes, channels, journal, clock, end)
    with closing(webhook):
        for part in (book, herald, subscriber):
            part.start()
        try:
            yield lookout
        finally:
            subscriber.stop()
            end.set()
            herald.join()


def _line(emergency: Emergency) -> dict[str, Any]:
    return {
        "key": emergency.key,
        "mark": emergency.mark,
        "heard_at": emergency.heard_at,
        "tellings": [asdict(each) for each in emergency.tellings.values() if each.at is not None],
    }


def _emergency(line: Mapping[str, Any]) -> Emergency:
    (subject, kind), (device, key) = line["key"], line["mark"]
    tellings = [Told(**each) for each in line["tellings"]]
    return Emergency(
        (subject, kind),
        (device, key),
        line["heard_at"],
        tellings={each.message_id: each for each in tellings},
    )
