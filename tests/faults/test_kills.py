"""The pump is killed again and again, at random points, while devices talk."""

import numpy as np
import pytest

from tests.faults.rig import Rig, pause
from tests.talking import Talk
from tests.waiting import eventually

KILLS = 100
SEED = 20261121


@pytest.mark.timeout(300)
def test_the_pump_is_killed_again_and_again(rig: Rig, talk: Talk) -> None:
    random, pressed = np.random.default_rng(SEED), []
    for kill in range(KILLS):
        if kill % 4 == 0:
            pressed.append(rig.press())
        if kill % 5:  # else it may also hit the start
            eventually(lambda: rig.receiving, "receiving")
        pause(random.uniform(0, 0.4))
        rig.kill("pump")
        eventually(lambda: not rig.receiving, "the end of its locks")
        rig.start("pump")
    rig.all_is_well(talk, *pressed)
