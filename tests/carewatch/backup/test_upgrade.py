"""What an older version has kept is there after an upgrade."""

from alerts import store as alert_store
from alerts.deadlines import escalate
from carewatch.migrate import migrate, migrations
from domain.time import MINUTE, SECOND, to_datetime
from tests.carewatch.backup.place import NOW, PEOPLE, an_empty_one, contents


def test_a_database_of_the_first_version_is_brought_up_to_date_with_all_that_is_in_it(
    database_url: str,
) -> None:
    with an_empty_one(database_url) as old:
        migrate(old, until="0004_waves.sql")
        old.execute("select make_days('sample', (now() - interval '1 day')::date, now()::date)")
        old.execute(PEOPLE)
        old.execute("update policy_step set hold_s = 45 where priority = 'high' and step = 1")
        old.execute(ALERT, {"now": to_datetime(NOW)})
        counts = {name: rows for name, (rows, _) in contents(old).items()}
        sample = contents(old)["sample"]

        assert migrate(old) == [each.name for each in migrations() if each.name > "0004_waves.sql"]

        after = contents(old)
        assert after["sample"] == sample
        kept = {name: rows for name, (rows, _) in after.items() if name in counts}
        assert kept == {name: rows for name, rows in counts.items() if name in kept}
        # The open alert goes on where it was, with the policy that the place had made its own.
        escalate(old, NOW + MINUTE)
        (alert,) = alert_store.snapshot(old, None, None)[0]
        assert (alert.step, alert.responsible) == (1, "centre")
        assert alert.deadline == NOW + MINUTE + 45 * SECOND


ALERT = """
insert into alert (id, subject, resident_id, device_id, team_id, kind, priority, latching, state,
                   since, raised_at, incident_id, responsible, deadline)
values ('x', 'r1', 'r1', 'buttonr1', 'village', 'sos', 'high', true, 'open', %(now)s, %(now)s, 'x',
        'station', %(now)s::timestamptz + interval '1 min');
"""
