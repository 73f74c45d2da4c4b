-- Minutes, hours, nights and days out of samples. What a roll-up is made of stands in the
-- migrations 0005 and (days) 0019.

-- name: edition()$
select database_edition();

-- name: progress()
select name, at from progress;

-- name: oldest_sample(since)$
select min(measured_at) from sample where measured_at >= :since;

-- name: next_sample(since, till)$
-- When the first sample of a span was measured, or its end.
select coalesce(min(measured_at), :till) from sample
where measured_at >= :since and measured_at < :till;

-- name: begin(names, at)!
insert into progress (name, at) select unnest(cast(:names as text[])), :at on conflict do nothing;

-- name: advance(name, at)!
insert into progress (name, at) values (:name, :at)
on conflict (name) do update set at = greatest(progress.at, excluded.at);

-- name: keep_writers_out()!
-- Until the end of the transaction: see rollup_claim() in migration 0005.
select pg_advisory_xact_lock(7264006);

-- name: marks_for_writing()^
select claimed, closed from marks_for_writing();

-- name: mark_stale(subjects, minutes)!
insert into stale_minute (subject, at)
select * from unnest(cast(:subjects as integer[]), cast(:minutes as timestamptz[]));

-- name: add_minute(at)!
insert into sample_minute select * from rolled_minutes(:at) on conflict do nothing;

-- name: add_hours(since, till)!
insert into sample_hour select * from rolled_hours(:since, :till) on conflict do nothing;

-- name: add_measurement_hours(since, till)!
insert into measurement_hour (subject, at, quantity, count, low, high, mean)
select subject, date_bin('1 hour', measured_at, timestamptz '2000-01-01 00:00+00'), quantity,
       count(*), min(value), max(value), avg(value)
from measurement where measured_at >= :since and measured_at < :till
group by 1, 2, 3 on conflict do nothing;

-- name: add_nights(since, till)!
-- A resident who has moved to another zone may have had that night already: it stays.
insert into sample_night
select r.* from nights_ending(:since, :till) n
cross join lateral rolled_night(n.subject, n.begins, n.ends, n.night) r
where not exists (
    select from sample_night known
    where known.subject = n.subject and known.night = n.night
      and known.at between n.begins - interval '2 days' and n.begins + interval '2 days'
) on conflict do nothing;

-- name: add_days(since, till, rare)!
insert into quantity_day
select r.* from days_ending(:since, :till) d
cross join lateral rolled_day(d.subject, d.begins, d.ends, :rare) r
on conflict do nothing;

-- name: refresh_minutes(since, till)!
call refresh_continuous_aggregate('sample_minute', :since, :till);

-- name: refresh_hours(since, till)!
call refresh_continuous_aggregate('sample_hour', :since, :till);

-- name: stale(limit)
-- Marks; the first column is where they stand until they are worked off.
select cast(ctid as text), subject, at from stale_minute limit :limit;

-- name: work_off(places)!
delete from stale_minute where ctid = any(cast(cast(:places as text[]) as tid[]));

-- name: drop_minutes(subjects, ats)!
delete from sample_minute m
using unnest(cast(:subjects as integer[]), cast(:ats as timestamptz[])) as stale (subject, at)
where m.subject = stale.subject and m.at = stale.at;

-- name: redo_minutes(subjects, ats)!
insert into sample_minute
select r.*
from unnest(cast(:subjects as integer[]), cast(:ats as timestamptz[])) as stale (subject, at)
cross join lateral rolled_minute(stale.subject, stale.at) r
on conflict do nothing;

-- name: drop_hours(subjects, ats)!
delete from sample_hour h
using unnest(cast(:subjects as integer[]), cast(:ats as timestamptz[])) as stale (subject, at)
where h.subject = stale.subject and h.at = stale.at;

-- name: redo_hours(subjects, ats)!
insert into sample_hour
select r.*
from unnest(cast(:subjects as integer[]), cast(:ats as timestamptz[])) as stale (subject, at)
cross join lateral rolled_hour(stale.subject, stale.at) r
on conflict do nothing;

-- name: redo_measurement_hours(subjects, ats)!
insert into measurement_hour as h (subject, at, quantity, count, low, high, mean)
select stale.subject, stale.at, m.quantity, count(*), min(m.value), max(m.value), avg(m.value)
from unnest(cast(:subjects as integer[]), cast(:ats as timestamptz[])) as stale (subject, at)
join told_by t on t.subject = stale.subject
join measurement m on m.device = t.device and m.subject = stale.subject
     and m.measured_at >= stale.at and m.measured_at < stale.at + interval '1 hour'
group by 1, 2, 3
on conflict (subject, quantity, at) do update
set count = excluded.count, low = excluded.low, high = excluded.high, mean = excluded.mean;

-- name: nights_of(subjects, ats, till)
-- The nights of residents that these instants fall into, as far as they are over.
select distinct r.slot, n.begins, n.ends, d.night
from unnest(cast(:subjects as integer[]), cast(:ats as timestamptz[])) as stale (subject, at)
join resident r on r.slot = stale.subject
cross join lateral (select known_zone(r.timezone) as zone) z
cross join lateral (select cast((stale.at at time zone zone) - interval '12 hours' as date) as night) d
cross join lateral (select (night + time '21:00') at time zone zone as begins,
                           (night + 1 + time '07:00') at time zone zone as ends) n
where stale.at >= n.begins and stale.at < n.ends and n.ends <= :till;

-- name: drop_nights(subjects, begins, nights)!
-- In whatever zone they were.
delete from sample_night n
using unnest(cast(:subjects as integer[]), cast(:begins as timestamptz[]),
             cast(:nights as date[])) as stale (subject, begins, night)
where n.subject = stale.subject and n.night = stale.night
  and n.at between stale.begins - interval '2 days' and stale.begins + interval '2 days';

-- name: redo_nights(subjects, begins, ends, nights)!
insert into sample_night
select r.*
from unnest(cast(:subjects as integer[]), cast(:begins as timestamptz[]),
            cast(:ends as timestamptz[]), cast(:nights as date[]))
     as stale (subject, begins, ends, night)
cross join lateral rolled_night(stale.subject, stale.begins, stale.ends, stale.night) r
on conflict do nothing;

-- name: days_of(subjects, ats, since, till)
-- The days of residents that these hours fall into, as far as they are over, and all there.
select distinct r.slot, d.begins, d.ends
from unnest(cast(:subjects as integer[]), cast(:ats as timestamptz[])) as stale (subject, at)
join resident r on r.slot = stale.subject
cross join lateral (select known_zone(r.timezone) as zone) z
cross join lateral (select cast(stale.at at time zone zone as date) as day) l
cross join lateral (select day_begins(day, zone) as begins, day_begins(day + 1, zone) as ends) d
where d.begins >= :since and d.ends <= :till;

-- name: drop_days(subjects, begins)!
delete from quantity_day d
using unnest(cast(:subjects as integer[]), cast(:begins as timestamptz[])) as stale (subject, begins)
where d.subject = stale.subject and d.at = stale.begins;

-- name: redo_days(subjects, begins, ends, rare)!
insert into quantity_day
select r.*
from unnest(cast(:subjects as integer[]), cast(:begins as timestamptz[]),
            cast(:ends as timestamptz[])) as stale (subject, begins, ends)
cross join lateral rolled_day(stale.subject, stale.begins, stale.ends, :rare) r
on conflict do nothing;
