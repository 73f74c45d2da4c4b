"""The past of a restored place is not told again."""

import psycopg

from alerts import store as alert_store
from carewatch.backup.aftercare import FRESH, GAP, GRACE, attend
from domain.time import HOUR, MINUTE, SECOND, to_datetime
from tests.carewatch.backup.place import NOW, fill, press


def test_a_restored_place_repeats_nothing_and_forgets_nobody(
    connection: psycopg.Connection,
) -> None:
    fill(connection)
    made_at, now = NOW + SECOND, NOW + 3 * HOUR
    press(connection, now - MINUTE)  # of another occurrence: its alert is the same one
    connection.execute(
        "insert into outbox (alert_id, occasion, party, recipient, channel, payload, created_at,"
        " next_at) select alert_id, occasion, party, 'other', channel, payload, now(), now()"
        " from outbox"
    )
    connection.execute(
        "update outbox set created_at = %s where id > 1", (to_datetime(now - FRESH + SECOND),)
    )
    connection.execute("update outbox set created_at = %s where id = 1", (to_datetime(NOW),))
    connection.execute(
        "insert into command (id, device_id, command) select 'c', id, 'test' from device limit 1"
    )
    connection.execute(
        "insert into downlink (device_id, topic, payload, created_at)"
        " select device_id, 'cw/v1/d/command', '{\"id\": \"c\"}', %s from command",
        (to_datetime(NOW),),
    )
    connection.execute("update command set created_at = %s", (to_datetime(NOW),))
    latest = alert_store.latest_sequence(connection)

    (alert,) = attend(connection, made_at, now)

    assert (alert.state, alert.deadline) == ("open", now + GRACE)
    assert alert.sequence > latest + GAP
    assert alert_store.history(connection, alert.id)[-1]["change"] == "restored"
    (old, *fresh) = connection.execute(
        "select given_up_at is not null, last_error from outbox order by id"
    ).fetchall()
    assert old[0]
    assert "restored from the backup" in old[1]
    assert fresh
    assert not any(given_up for given_up, _ in fresh)
    assert connection.execute("select count(*) from downlink").fetchone() == (0,)
    assert connection.execute("select ok, detail from command").fetchone() == (False, old[1])
