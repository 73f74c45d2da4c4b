-- name: current_version()$
-- Moves on with every change of people or devices.
select version from directory_version;

-- name: written_since(since)^
-- What was written since a moment, by slot, and how many there are now; the next such moment.
-- A moment is the number of the oldest transaction that was still at work; none for null.
with devices as (
    select count(*) filter (where removed_at is null) as used,
           count(*) filter (where removed_at is null and resident_id is null) as alone,
           array_agg(slot) filter (
               where age(xmin) between 0 and age(cast(cast(cast(:since as text) as xid8) as xid))
           ) as written
    from device
), residents as (
    select count(*) as known,
           array_agg(slot) filter (
               where age(xmin) between 0 and age(cast(cast(cast(:since as text) as xid8) as xid))
           ) as written
    from resident
)
select version, cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) as moment,
       known + alone as subjects, used,
       coalesce(residents.written, '{}') as residents, coalesce(devices.written, '{}') as devices
from directory_version, devices, residents;

-- name: all_residents()
-- Every resident with their place, team and zone.
select id, slot, team_id, timezone from resident order by slot;

-- name: residents_at(slots)
-- The same of those with these slots.
select id, slot, team_id, timezone from resident where slot = any(cast(:slots as int[]));

-- name: all_devices()
-- Every device in use, with the resident whom it is placed with.
select d.id, d.slot, r.slot as resident_slot, d.kind, d.interval_s, d.model, d.place, d.team_id,
       r.id as resident, r.team_id as resident_team, d.placed_at, s.tested_at, d.test_interval_days
from device d left join resident r on r.id = d.resident_id
left join device_status s on s.device = d.slot
where d.removed_at is null
order by d.slot;

-- name: devices_at(slots)
-- The same of those with these slots.
select d.id, d.slot, r.slot as resident_slot, d.kind, d.interval_s, d.model, d.place, d.team_id,
       r.id as resident, r.team_id as resident_team, d.placed_at, s.tested_at, d.test_interval_days
from device d left join resident r on r.id = d.resident_id
left join device_status s on s.device = d.slot
where d.removed_at is null and d.slot = any(cast(:slots as int[]));

-- name: teams()
-- Every team with the team above it.
select id, parent_id from team;

-- name: thresholds()
-- Values that replace a detector's defaults.
select scope, scope_id, name, value from threshold;
