"""One device that tells much at once holds up nobody."""

import numpy as np

from carewatch.fair import FairShare
from domain.quantity import WIDTH
from domain.sample import Batch
from domain.time import SECOND

NOW = 1_763_713_800 * SECOND


def samples(device: int, count: int, order: int = 0, received_at: int = NOW) -> Batch:
    """So many samples of one device, a second apart, in one message."""
    whole = np.full(count, device, np.int32)
    return Batch(
        order=np.full(count, order, np.int32),
        slot=whole,
        device=whole,
        measured_at=NOW - np.arange(count, 0, -1, dtype=np.int64) * SECOND,
        received_at=np.full(count, received_at, np.int64),
        x=np.zeros((count, WIDTH), np.float32),
        implausible=np.zeros(count, np.int16),
        offset=np.zeros(count, np.int64),
    )


def test_few_samples_of_many_devices_pass_as_they_are() -> None:
    share = FairShare(at_once=2)
    batch = Batch.join([samples(device, 2) for device in range(100)])
    assert share.admit(NOW, batch) is batch
    assert not share.busy


def test_of_a_device_that_tells_much_the_rest_waits_and_others_do_not() -> None:
    share = FairShare(at_once=2)
    admitted = share.admit(NOW, Batch.join([samples(1, 5, order=0), samples(2, 1, order=1)]))
    assert np.bincount(admitted.device).tolist() == [0, 2, 1]
    assert share.busy


def test_what_waits_is_judged_in_its_order_as_heard_then() -> None:
    share = FairShare(at_once=2)
    whole = samples(1, 5)
    turns = [share.admit(NOW, whole)]
    while share.busy:
        turns.append(share.admit(NOW + len(turns), Batch.empty()))
    assert [len(turn) for turn in turns] == [2, 2, 1]
    measured = np.concatenate([turn.measured_at for turn in turns])
    assert measured.tolist() == whole.measured_at.tolist()
    assert turns[1].received_at.tolist() == [NOW + 1] * 2


def test_what_a_device_tells_meanwhile_comes_after_what_waits() -> None:
    share = FairShare(at_once=2)
    share.admit(NOW, samples(1, 4))
    later = share.admit(NOW + 1, samples(1, 1, received_at=NOW + 1))
    assert later.received_at.tolist() == [NOW + 1] * 2
    assert len(share.admit(NOW + 2, Batch.empty())) == 1


def test_until_all_is_judged_a_checkpoint_stands_before_it() -> None:
    share = FairShare(at_once=2)
    share.admit(NOW, samples(1, 3))
    assert share.settled(NOW + 5) == NOW - 1
    share.admit(NOW + 5, Batch.empty())
    assert share.settled(NOW + 5) == NOW + 5


def test_what_waits_is_bounded_and_the_latest_is_kept() -> None:
    share = FairShare(at_once=1, held=3)
    whole = samples(1, 10)
    share.admit(NOW, whole)
    left = [int(share.admit(NOW, Batch.empty()).measured_at[0]) for _ in range(3)]
    assert left == whole.measured_at[-3:].tolist()
    assert not share.busy
