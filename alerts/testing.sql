-- Tests of buttons and fall detectors: announced, told, and listed.

-- name: announce(device, by, at, ends_at)!
insert into announced_test (device_id, announced_by, announced_at, ends_at)
values (:device, :by, :at, :ends_at);

-- name: tests_among(devices, keys, happened, received, repeats)
-- Of these events those that are in the ledger, or that happened and arrived within an announced test
-- and no later than `repeats` after the first of them.
with told as (
    select *
    from unnest(cast(:devices as integer[]), cast(:keys as text[]), cast(:happened as timestamptz[]),
                cast(:received as timestamptz[])) as told (device, key, happened_at, received_at)
)
select told.device, told.key, coalesce(known.announced_by, a.announced_by) as announced_by
from told
join device d on d.slot = told.device
left join device_test known on known.device = told.device and known.key = told.key
left join lateral (
    select announced_by from announced_test
    where device_id = d.id and announced_at <= least(told.happened_at, told.received_at)
      and ends_at > told.received_at
      and told.received_at - cast(:repeats as interval) <= (
          select min(other.received_at) from told other
          where other.device = told.device
            and announced_at <= least(other.happened_at, other.received_at))
    order by id desc limit 1
) a on true
where known.device is not null or a.announced_by is not null;

-- name: keep_tests(device, key, at, event, announced_by)*!
insert into device_test (device, key, at, event, announced_by)
values (:device, :key, :at, :event, :announced_by) on conflict do nothing;

-- name: end_announced(device, at, ends_at)*!
-- What was announced is done.
update announced_test a set ends_at = :ends_at
from device d
where d.slot = :device and a.device_id = d.id and a.announced_at <= :at and a.ends_at > :ends_at;

-- name: note_tests(device, at)*!
insert into device_status as s (device, tested_at) values (:device, :at)
on conflict (device) do update set tested_at = greatest(s.tested_at, excluded.tested_at);

-- name: ledger(team, resident, device, overdue, now, grace, after, limit, everything, residents, teams, unowned)
-- Placed buttons and fall detectors with their last test there, by id.
with recursive below as (
    select id from team where id = :team
    union all
    select t.id from below b join team t on t.parent_id = b.id
), listed as (
    select d.id as device, d.kind, d.model, d.place, d.resident_id as resident, r.team_id as team,
           d.placed_at, i.days as interval_days, t.at as tested_at, t.event, t.announced_by,
           case when i.days > 0
                then greatest(d.placed_at, t.at) + i.days * interval '1 day' end as due_at,
           a.ends_at as announced_until
    from device d join resident r on r.id = d.resident_id
    join test_interval i on i.device = d.slot
    left join lateral (
        select at, event, announced_by from device_test
        where device = d.slot and at >= d.placed_at order by at desc limit 1) t on true
    left join lateral (
        select max(ends_at) as ends_at from announced_test
        where device_id = d.id and ends_at > :now) a on true
    where d.removed_at is null and d.kind in ('button', 'fall')
      and (cast(:team as text) is null or r.team_id in (select id from below))
      and (cast(:resident as text) is null or r.id = :resident)
      and (cast(:device as text) is null or d.id = :device)
      and (cast(:after as text) is null or d.id > :after)
      and (:everything or r.id = any(:residents) or r.team_id = any(:teams)
           or (:unowned and r.team_id is null))
)
select *, coalesce(due_at + :grace <= :now, false) as overdue from listed
where cast(:overdue as boolean) is null
   or coalesce(due_at + :grace <= :now, false) = cast(:overdue as boolean)
order by device limit :limit;
