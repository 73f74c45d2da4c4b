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
)
select s.id as resident, s.name, s.team_id as team,
       heard.heard_at at time zone 'UTC' as heard_at,
       told.measured_at at time zone 'UTC' as measured_at, told.heart_rate,
       told.respiration_rate, told.spo2, told.in_bed, told.movement, told.presence,
       alarmed.open_alerts, alarmed.priority,
       (select a.cause from absence a
        where a.resident_id = s.id and a.ended_at is null
          and a.starts_at <= :now and a.ends_at > :now
        order by a.ends_at desc limit 1) as absence
from shown s
-- Each resident's by index, one after the other: joins of all at once are a matter of estimates,
-- and one of them compared each resident with each.
cross join lateral (
    select max(h.heard_at) as heard_at
    from device d join device_status h on h.device = d.slot
    where d.resident_id = s.id and d.removed_at is null
) heard
cross join lateral (
    select max(x.measured_at) as measured_at,
           (array_agg(heart_rate) filter (where heart_rate is not null))[1] as heart_rate,
           (array_agg(respiration_rate)
            filter (where respiration_rate is not null))[1] as respiration_rate,
           (array_agg(spo2) filter (where spo2 is not null))[1] as spo2,
           (array_agg(in_bed) filter (where in_bed is not null))[1] as in_bed,
           (array_agg(movement) filter (where movement is not null))[1] as movement,
           (array_agg(presence) filter (where presence is not null))[1] as presence
    from ( -- sorted once, and not by each aggregate
        select y.* from device d
        cross join lateral (
            select measured_at, heart_rate, respiration_rate, spo2, in_bed, movement, presence
            from sample
            where device = d.slot and measured_at > :since and subject = s.slot
            order by measured_at desc limit 8
        ) y
        where d.resident_id = s.id and d.removed_at is null
        order by y.measured_at desc
    ) x
) told
cross join lateral (
    select cast(count(*) as integer) as open_alerts,
           (array_agg(priority order by array_position(array['high', 'medium', 'low'], priority)))[1]
               as priority
    from alert where subject = s.id and state <> 'resolved'  -- a subject is its resident's id
) alarmed
order by s.id;
