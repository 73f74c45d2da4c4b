-- The latest state of residents; who is asked is as in queries.sql, see api/access.py.

-- name: latest(team, resident, after, limit, since, now, everything, residents, teams, unowned)
-- Of each resident what its devices told in their last 8 samples since an instant, the newest
-- first; when they were heard; its open alerts; and why it is away. Of one team with all below it,
-- of one resident, or of all.
with recursive area as (
    select t.id from team t where t.id = :team
    union
    select t.id from team t join area on t.parent_id = area.id
), shown as materialized (
    select r.id, r.slot, r.name, r.team_id from resident r
    where (cast(:after as text) is null or r.id > :after)
      and (cast(:resident as text) is null or r.id = :resident)
      and (cast(:team as text) is null or r.team_id in (select id from area))
      and (:everything or r.id = any(cast(:residents as text[]))
           or r.team_id = any(cast(:teams as text[])) or (:unowned and r.team_id is null))
    order by r.id limit :limit
), told as (
    select s.slot as subject, max(x.measured_at) as measured_at,
           (array_agg(heart_rate order by x.measured_at desc)
            filter (where heart_rate is not null))[1] as heart_rate,
           (array_agg(respiration_rate order by x.measured_at desc)
            filter (where respiration_rate is not null))[1] as respiration_rate,
           (array_agg(spo2 order by x.measured_at desc) filter (where spo2 is not null))[1] as spo2,
           (array_agg(in_bed order by x.measured_at desc)
            filter (where in_bed is not null))[1] as in_bed,
           (array_agg(movement order by x.measured_at desc)
            filter (where movement is not null))[1] as movement,
           (array_agg(presence order by x.measured_at desc)
            filter (where presence is not null))[1] as presence
    from shown s join device d on d.resident_id = s.id and d.removed_at is null
    cross join lateral (
        select * from sample
        where device = d.slot and measured_at > :since and subject = s.slot
        order by measured_at desc limit 8
    ) x
    group by 1
), heard as (
    select d.resident_id, max(h.heard_at) as heard_at
    from shown s join device d on d.resident_id = s.id and d.removed_at is null
    join device_status h on h.device = d.slot
    group by 1
), alarmed as (
    select resident_id, cast(count(*) as integer) as open_alerts,
           (array_agg(priority order by array_position(array['high', 'medium', 'low'], priority)))[1]
               as priority
    from alert where state <> 'resolved' and resident_id is not null
    group by 1
), away as (
    select distinct on (resident_id) resident_id, cause from absence
    where ended_at is null and starts_at <= :now and ends_at > :now
    order by resident_id, ends_at desc
)
select s.id as resident, s.name, s.team_id as team, heard.heard_at, told.measured_at,
       told.heart_rate, told.respiration_rate, told.spo2, told.in_bed, told.movement, told.presence,
       coalesce(alarmed.open_alerts, 0) as open_alerts, alarmed.priority,
       away.cause as absence
from shown s
left join told on told.subject = s.slot
left join heard on heard.resident_id = s.id
left join alarmed on alarmed.resident_id = s.id
left join away on away.resident_id = s.id
order by s.id;
