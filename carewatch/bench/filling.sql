-- A county's year, in bulk. Resident n has slot 2n, its bed 2n + 1.

-- name: hurry()!
-- To pack as the keeper does, and to make the index in one go.
set maintenance_work_mem = '1GB';
set work_mem = '64MB';
set jit = off;

-- name: people(residents, in_station)!
with teams as (
    insert into team (id, name, level, parent_id)
    select 'county', 'County', 'county', null
    union all select 'town', 'Town', 'township', 'county'
    union all select 'village-' || n, 'Village', 'village', 'town'
              from generate_series(0, (cast(:residents as integer) - 1) / :in_station) n
), residents as (
    insert into resident (id, slot, name, team_id, timezone)
    select 'resident-' || n, 2 * n, 'Resident ' || n, 'village-' || n / :in_station, 'Asia/Shanghai'
    from generate_series(0, cast(:residents as integer) - 1) n
)
insert into device (id, slot, kind, resident_id, secret_hash)
select 'bed-' || n, 2 * n + 1, 'bed', 'resident-' || n, '' from generate_series(0, cast(:residents as integer) - 1) n;

-- name: make_days(first, last)!
select make_days('sample', cast(:first as date), cast(:last as date));

-- name: make_months(first, last)!
select make_days('sample_minute', cast(:first as date), cast(:last as date));

-- name: make_years(first, last)!
select make_days('sample_hour', cast(:first as date), cast(:last as date)),
       make_days('sample_night', cast(:first as date), cast(:last as date)),
       make_days('quantity_day', cast(:first as date), cast(:last as date));

-- name: drop_index()!
drop index sample_once;

-- name: make_index()!
create unique index sample_once on sample (device, measured_at);

-- name: hear(at)!
insert into device_status (device, heard_at) select slot, :at from device
on conflict (device) do update set heard_at = excluded.heard_at;

-- name: minutes(since, till, beds)!
insert into sample_minute (
    subject, at, heart_rate_count, heart_rate_low, heart_rate_high, heart_rate_mean,
    heart_rate_p10, heart_rate_p50, heart_rate_p90, respiration_rate_count, respiration_rate_low,
    respiration_rate_high, respiration_rate_mean, respiration_rate_p10, respiration_rate_p50,
    respiration_rate_p90, in_bed_count, in_bed_low, in_bed_high, in_bed_mean, movement_count,
    movement_low, movement_high, movement_mean, signal_quality_count, signal_quality_low,
    signal_quality_high, signal_quality_mean
)
select 2 * bed, at, 60, 55, 65, 58 + 4 * random(), 56, 60, 64, 60, 13, 17, 14 + 2 * random(), 13.5,
       15, 16.5, 60, 1, 1, 1, 60, 0, 1, random(), 60, 0.75, 1, 0.9
from generate_series(cast(:since as timestamptz), :till - interval '1 minute', '1 minute') at,
     generate_series(0, cast(:beds as integer) - 1) bed;

-- name: hours(till, beds)!
insert into sample_hour (
    subject, at, heart_rate_count, heart_rate_low, heart_rate_high, heart_rate_mean,
    heart_rate_p10, heart_rate_p50, heart_rate_p90, respiration_rate_count, respiration_rate_low,
    respiration_rate_high, respiration_rate_mean, respiration_rate_p10, respiration_rate_p50,
    respiration_rate_p90, spo2_count, spo2_low, spo2_high, spo2_mean
)
select 2 * bed, at, 3600, 55, 65, 58 + 4 * random(), 56, 60, 64, 3600, 13, 17, 14 + 2 * random(),
       13.5, 15, 16.5, 3600, 93, 98, 95 + random()
from generate_series(date_trunc('hour', cast(:till as timestamptz)) - interval '365 days',
                     date_trunc('hour', cast(:till as timestamptz)) - interval '1 hour',
                     '1 hour') at,
     generate_series(0, cast(:beds as integer) - 1) bed;

-- name: nights(till, beds)!
insert into sample_night (
    subject, at, till, night, heart_rate_count, heart_rate_low, heart_rate_high, heart_rate_mean,
    heart_rate_p10, heart_rate_p50, heart_rate_p90, time_in_bed, exits, restlessness
)
select 2 * bed, day + interval '13 hours', day + interval '23 hours', cast(day as date), 36000, 50,
       70, 58 + 4 * random(), 55, 60, 65, 480, 1, 3
from generate_series(date_trunc('day', cast(:till as timestamptz)) - interval '366 days',
                     date_trunc('day', cast(:till as timestamptz)) - interval '1 day',
                     '1 day') day,
     generate_series(0, cast(:beds as integer) - 1) bed;

-- name: days()!
-- Of the hours, where people live, in the order in which the keeper writes them: day after day.
insert into quantity_day (subject, at, quantity, count, low, high, mean)
select h.subject, date_trunc('day', h.at, 'Asia/Shanghai'), hour.quantity, sum(count), min(low), max(high),
       avg(mean)
from sample_hour h
cross join lateral (values
    ('heart_rate', heart_rate_count, heart_rate_low, heart_rate_high, heart_rate_mean),
    ('respiration_rate', respiration_rate_count, respiration_rate_low, respiration_rate_high,
     respiration_rate_mean),
    ('spo2', spo2_count, spo2_low, spo2_high, spo2_mean)
) as hour (quantity, count, low, high, mean)
group by 1, 2, 3 order by 2, 1;

-- name: rolled_up(since, till)!
-- As the keeper would have left it.
insert into progress (name, at)
select name, :till from unnest(array['claimed', 'minute', 'night']) name
union all
select name, date_trunc('hour', cast(:till as timestamptz))
from unnest(array['hour', 'rare', 'day']) name
union all
select name, cast(:since as timestamptz) from unnest(array['raw', 'minutes']) name
on conflict (name) do update set at = excluded.at;

-- name: old_alerts(first, last, total, till, residents)!
insert into alert (
    id, subject, resident_id, team_id, kind, priority, latching, state, since, raised_at, evidence,
    incident_id, responsible, resolved_at, outcome, sequence, occurrences
)
select 'old-' || n, r.id, r.id, r.team_id, (array['heart_rate_high', 'bed_exit_long', 'sos'])[mod(n, 3) + 1],
       (array['medium', 'low', 'high'])[mod(n, 3) + 1], mod(n, 3) = 2, 'resolved', at, at,
       '{"heart_rate": 131, "limit": 120}', 'old-' || n, 'family', at + interval '10 minutes',
       'real', n, array['old-' || n]
from generate_series(cast(:first as integer), cast(:last as integer)) n
cross join lateral (select :till - interval '365 days' * (1 - cast(n as float8) / :total) as at) a
join resident r on r.id = 'resident-' || mod(cast(n as bigint) * 7919, :residents);

-- name: open_alerts(count, residents, till)!
-- Two days old at most, as is what nobody has resolved yet; between those that were.
insert into alert (
    id, subject, resident_id, team_id, kind, priority, latching, state, since, raised_at,
    incident_id, responsible, deadline, sequence
)
select 'open-' || n, r.id, r.id, r.team_id, 'sos', 'high', true, 'open', at, at, 'open-' || n,
       'centre', :till + interval '1 day', n
from generate_series(0, cast(:count as integer) - 1) n
cross join lateral (select :till - interval '2 days' * n / :count as at) a
join resident r on r.id = 'resident-' || mod(n * 37, :residents);

-- name: settle()!
vacuum (analyze);
