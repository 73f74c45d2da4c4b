"""The kill test: parts end at the worst moment, and nothing that was acknowledged is lost."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import psutil

from tests.acceptance.instance import Instance, Sender
from tests.talking import Talk, await_kept, now_ms
from tests.waiting import eventually


class Street:
    """Two beds that talk all the time, and buttons that are pressed in between."""

    def __init__(self, carewatch: Instance, buttons: slice) -> None:
        self.carewatch = carewatch
        self.beds = [Sender(carewatch, bed) for bed in carewatch.devices("bed")[:2]]
        self.talks = [Talk(bed, bed.id, every_s=0.005) for bed in self.beds]
        self.buttons = [
            Sender(carewatch, button) for button in carewatch.devices("button")[buttons]
        ]
        for talk in self.talks:
            talk.start()

    def press(self, place: int) -> None:
        self.buttons[place].say("event", {"id": f"press-{now_ms()}", "event": "button_pressed"})

    def end(self) -> None:
        for talk in self.talks:
            talk.end()
        for sender in (*self.beds, *self.buttons):
            sender.settle()

    def nothing_is_lost_or_doubled(self) -> None:
        """Every acknowledged message is in the database, and every press has one open alert."""
        for bed in self.beds:
            await_kept(bed, bed.id, self.carewatch.ask)
        for button in self.buttons:
            eventually(lambda b=button: self._open(b) == 1, f"the alert of {button.id}", 60)
        for sender in (*self.beds, *self.buttons):
            sender.leave()

    def _open(self, button: Sender) -> int:
        rows = self.carewatch.ask(
            "select count(*) from alert where resident_id = %s and kind = 'sos'"
            " and state <> 'resolved'",
            button.resident,
        )
        return int(rows[0][0])


def test_the_pump_is_killed_again_and_again(carewatch: Instance) -> None:
    street, random = Street(carewatch, slice(0, 4)), np.random.default_rng(20)
    pause = threading.Event()
    for place in range(4):
        pause.wait(random.uniform(0.2, 1.5))
        street.press(place)
        pause.wait(random.uniform(0, 0.02))
        carewatch.kill("pump")
    street.end()
    street.nothing_is_lost_or_doubled()


def test_the_database_stands_still_for_half_a_minute(carewatch: Instance) -> None:
    street = Street(carewatch, slice(4, 6))
    postmaster = psutil.Process(carewatch.run["pids"]["database"])
    stopped = [postmaster, *postmaster.children(recursive=True)]
    for process in stopped:
        process.suspend()
    street.press(0)
    threading.Event().wait(30)
    for process in stopped:
        process.resume()
    street.press(1)
    street.end()
    street.nothing_is_lost_or_doubled()


def test_the_database_is_killed(carewatch: Instance) -> None:
    street = Street(carewatch, slice(6, 8))
    street.press(0)
    carewatch.kill("database")
    street.press(1)
    street.end()
    street.nothing_is_lost_or_doubled()


def test_the_broker_is_killed(carewatch: Instance) -> None:
    street = Street(carewatch, slice(8, 10))
    street.press(0)
    carewatch.kill("broker")
    street.press(1)
    street.end()
    street.nothing_is_lost_or_doubled()


def test_deadlines_are_kept_while_escalator_and_pump_are_killed(carewatch: Instance) -> None:
    button = Sender(carewatch, carewatch.devices("button")[10])
    button.say("event", {"id": "press", "event": "button_pressed"})
    ((alert,),) = eventually(
        lambda: carewatch.ask("select id from alert where resident_id = %s", button.resident)
    )
    carewatch.ask(
        "update alert set deadline = clock_timestamp() + interval '3 s' where id = %s returning id",
        alert,
    )
    ((due,),) = carewatch.ask("select deadline from alert where id = %s", alert)
    os.kill(carewatch.run["pids"]["pump"], signal.SIGKILL)
    carewatch.kill("escalator")
    ((at,),) = eventually(
        lambda: carewatch.ask(
            "select at from alert_event where alert_id = %s and change = 'no_answer'", alert
        ),
        "the next in line is asked",
    )
    assert 0 <= (at - due).total_seconds() < 1
    button.leave()


def test_nobody_is_called_silent_because_we_were_away(carewatch: Instance) -> None:
    assert carewatch.ask("select count(*) from alert where kind = 'device_silent'") == [(0,)]


def test_a_second_start_on_the_same_folder_is_refused(carewatch: Instance) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "carewatch", "up", "--data", str(carewatch.folder / "data")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode != 0
    assert str(carewatch.folder / "data") in second.stderr
