"""How long the way of a reading stands still when something in the directory changes.

The real pump runs in this process, beside the real broker, database and generator. A *turn* is
measured from when the pump has taken its messages to when it asks for the next: decoded, judged,
committed and acknowledged.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from rich.console import Console

from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from carewatch.bench.stack import Stack, stack
from carewatch.lookout import Lookout
from carewatch.pump import Pump
from carewatch.steady import Connector
from domain.directory import Directory
from domain.time import Clock, Micros, SystemClock, stopwatch
from gateway import registry
from gateway.inbox import Mailbox, Turn
from gateway.mqtt.subscriber import Subscriber
from ingest import signals


@dataclass(frozen=True, slots=True)
class Plan:
    """``rate`` messages a second from so many beds; so many ``changes`` meanwhile."""

    beds: int = 10_000
    rate: float = 5_000
    changes: int = 60
    seconds: float = 60


class Watched(Mailbox):
    """A mailbox that notes how long, in seconds, the pump was busy with each turn.

    ``changing`` are the turns in which something had changed, ``alone`` all others.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.alone: list[float] = []
        self.changing: list[float] = []
        self.has_changed = False
        self._taken = stopwatch()

    def take(self, until: Micros) -> Turn:
        (self.changing if self.has_changed else self.alone).append(stopwatch() - self._taken)
        turn = super().take(until)
        self._taken, self.has_changed = stopwatch(), False
        return turn


class Listening(Lookout):
    """Hears, as the herald's does, when the pump has another directory."""

    def __init__(self, clock: Clock, mailbox: Watched) -> None:
        super().__init__(clock)
        self._mailbox = mailbox

    def know(self, directory: Directory) -> None:
        self._mailbox.has_changed = True
        super().know(directory)


def measure(plan: Plan) -> dict[str, Any]:
    """Of turns in which something in the directory had changed, and of all others."""
    console = Console(stderr=True)
    with stack() as whole, console.status("registering beds") as status:
        fleet = whole.fleet(plan.beds)
        status.update("the pump takes its first messages")
        arguments = ("--rate", str(plan.rate), "--seconds", str(plan.seconds + 10))
        load = threading.Thread(target=whole.load, args=(fleet, *arguments))
        with _pump(whole) as mailbox, whole.connect() as connection:
            whole.wait_for_a_message(fleet)
            load.start()
            threading.Event().wait(5)
            mailbox.alone, mailbox.changing = [], []
            status.update("the directory changes now and then")
            _change(connection, plan)
            load.join()
    sizes = {"beds": plan.beds, "rate": plan.rate, "changes": plan.changes}
    return sizes | _figures("alone", mailbox.alone) | _figures("changing", mailbox.changing)


@contextmanager
def _pump(whole: Stack) -> Iterator[Watched]:
    """A pump at work in a thread of this process."""
    clock, stop = SystemClock(), threading.Event()
    mailbox = Watched(clock)
    subscriber = Subscriber(whole.nats.mqtt_url, mailbox)
    mailbox.acknowledge = subscriber.acknowledge
    engine = Engine(standard(), judging_samples())
    connect = Connector(whole.postgres.url)
    lookout = Listening(clock, mailbox)
    pump = Pump(
        mailbox, engine, signals.standard(), connect, subscriber.publish, clock, stop, lookout
    )
    pump.recover()
    subscriber.start()
    thread = threading.Thread(target=pump.run)
    thread.start()
    try:
        yield mailbox
    finally:
        stop.set()
        mailbox.close()
        thread.join()
        subscriber.stop()


def _change(connection: psycopg.Connection, plan: Plan) -> None:
    """In turn: a bed comes to another room, a resident has another limit, a button is new."""
    for number in range(plan.changes):
        threading.Event().wait(plan.seconds / plan.changes)
        bed, resident = f"bed-{number % plan.beds + 1:05d}", f"resident-{number + 1:05d}"
        if number % 3 == 0:
            connection.execute("update device set place = %s where id = %s", (str(number), bed))
        elif number % 3 == 1:
            connection.execute(
                "insert into threshold (scope, scope_id, name, value)"
                " values ('resident', %s, 'bed_exit_long', 30)",
                (resident,),
            )
        else:
            registry.add(connection, f"button-{number}", "button", resident="resident-00001")


def _figures(name: str, busy: list[float]) -> dict[str, float | int]:
    """Of turns, in milliseconds."""
    took = 1000 * np.array(busy)
    return {
        f"{name}_turns": len(busy),
        f"{name}_p50_ms": round(float(np.median(took)), 1),
        f"{name}_p99_ms": round(float(np.percentile(took, 99)), 1),
        f"{name}_longest_ms": round(float(took.max()), 1),
    }
