"""The mailbox between the broker's thread and the pump."""

import threading

from domain.time import NEVER, SECOND, ManualClock
from gateway.inbox import Mailbox, Packet


def put(
    mailbox: Mailbox,
    payload: bytes = b"{}",
    mid: int = 1,
    duplicate: bool = False,
    session: int = 1,
) -> None:
    packet = Packet("cw/v1/bed-7/sample", payload, mid=mid, duplicate=duplicate)
    mailbox.put([packet], session)


def test_arrivals_are_numbered_by_time_even_if_the_clock_stands() -> None:
    mailbox = Mailbox(ManualClock(at=10 * SECOND))
    for _ in range(3):
        put(mailbox)
    turn = mailbox.take(until=NEVER)
    assert [m.received_at - 10 * SECOND for m in turn.messages] == [0, 1, 2]
    assert turn.now == turn.messages[-1].received_at


def test_nothing_that_arrives_later_is_from_before_a_turn() -> None:
    clock = ManualClock(at=10 * SECOND)
    mailbox = Mailbox(clock)
    idle = mailbox.take(until=0)
    put(mailbox)
    (later,) = mailbox.take(until=NEVER).messages
    assert later.received_at > idle.now == 10 * SECOND


def test_a_turn_without_messages_comes_when_it_is_due() -> None:
    mailbox = Mailbox(ManualClock(at=10 * SECOND))
    turn = mailbox.take(until=10 * SECOND)
    assert (turn.now, turn.messages) == (10 * SECOND, [])


def test_a_turn_is_bounded_and_the_rest_comes_next() -> None:
    mailbox = Mailbox(ManualClock(), turn_messages=2)
    for _ in range(3):
        put(mailbox)
    assert [len(mailbox.take(until=NEVER).messages) for _ in range(2)] == [2, 1]


def test_whoever_brings_more_than_fits_waits_for_room() -> None:
    mailbox = Mailbox(ManualClock(), limit_bytes=1000, turn_messages=1)
    put(mailbox, bytes(2000))
    bringer = threading.Thread(target=put, args=(mailbox,))
    bringer.start()
    bringer.join(0.2)
    assert bringer.is_alive()
    mailbox.take(until=NEVER)
    bringer.join(5)
    assert not bringer.is_alive()


def test_the_first_message_of_a_new_connection_tells_that_there_was_an_interruption() -> None:
    mailbox = Mailbox(ManualClock())
    put(mailbox, session=1)
    put(mailbox, session=1)
    put(mailbox, session=2)
    assert mailbox.take(until=NEVER).resumed
    put(mailbox, session=2)
    assert not mailbox.take(until=NEVER).resumed


def test_an_interruption_is_told_once() -> None:
    mailbox = Mailbox(ManualClock())
    mailbox.resume()
    assert [mailbox.take(until=0).resumed for _ in range(2)] == [True, False]


def test_of_a_payload_over_the_limit_only_the_beginning_is_held() -> None:
    mailbox = Mailbox(ManualClock())
    put(mailbox, bytes(1024 * 1024))
    (message,) = mailbox.take(until=NEVER).messages
    assert (message.size, len(message.payload)) == (1024 * 1024, 4096)


def test_what_the_broker_sends_again_while_it_waits_to_be_kept_is_held_once() -> None:
    mailbox = Mailbox(ManualClock())
    put(mailbox, mid=7)
    turn = mailbox.take(until=NEVER)
    put(mailbox, mid=7, duplicate=True)
    assert mailbox.take(until=0).messages == []
    mailbox.ack(turn)
    put(mailbox, mid=7, duplicate=True)
    assert len(mailbox.take(until=NEVER).messages) == 1


def test_after_a_reconnect_what_comes_again_is_taken() -> None:
    mailbox = Mailbox(ManualClock())
    put(mailbox, mid=7, session=1)
    put(mailbox, mid=7, session=2, duplicate=True)
    assert len(mailbox.take(until=NEVER).messages) == 2
