-- Silences and absences: made, shown, ended; and the alerts that they hold back.

-- name: silences_around(residents, teams, devices, now, until)
-- Those in force between the two instants for these residents, teams or devices, or for a device of
-- one of these residents.
select s.* from silence s
where s.ended_at is null and s.ends_at > :now and s.starts_at <= :until
  and (s.resident_id = any(:residents) or s.team_id = any(:teams) or s.device_id = any(:devices)
       or s.device_id in (select d.id from device d where d.resident_id = any(:residents)))
order by s.id;

-- name: absences_around(residents, now, until)
-- Those of these residents and of whoever shares a home with them.
select a.* from absence a
where a.ended_at is null and a.ends_at > :now and a.starts_at <= :until
  and (a.resident_id = any(:residents) or a.resident_id in (
      select other.id from resident one join resident other on other.home_id = one.home_id
      where one.id = any(:residents)))
order by a.id;

-- name: housemates(residents)
select one.id as resident, other.id as housemate
from resident one join resident other on other.home_id = one.home_id and other.id <> one.id
where one.id = any(:residents);

-- name: devices_of(residents)
select id, kind from device where resident_id = any(:residents) and removed_at is null;

-- name: insert_silence(resident, device, team, kinds, priorities, starts_at, ends_at, reason, by, at)$
insert into silence (resident_id, device_id, team_id, kinds, priorities, starts_at, ends_at, reason,
                     made_by, made_at)
values (:resident, :device, :team, :kinds, :priorities, :starts_at, :ends_at, :reason, :by, :at)
returning id;

-- name: end_silence(id, by, at)!
update silence set ended_by = :by, ended_at = :at
where id = :id and ended_at is null and ends_at > :at;

-- name: silences(id, resident, old, now, before, limit, everything, residents, teams, unowned)
-- The latest first: those of the viewer's own residents, devices and teams, and of teams above whose
-- alerts they silence too.
with recursive above as (
    select t.id, t.parent_id from team t
    where t.id = any(:teams)
       or t.id in (select team_id from resident where id = any(:residents))
    union
    select t.id, t.parent_id from above a join team t on t.id = a.parent_id
)
select s.id, s.resident_id as resident, s.device_id as device, s.team_id as team, s.kinds,
       s.priorities, s.starts_at, s.ends_at, s.reason, s.made_by, s.made_at, s.ended_by, s.ended_at,
       coalesce(s.resident_id, d.resident_id) as about,
       (select count(*) from alert a
        where a.held_by = 'silence:' || s.id and a.state <> 'resolved') as holds
from silence s
left join device d on d.id = s.device_id
left join resident r on r.id = coalesce(s.resident_id, d.resident_id)
where (cast(:id as bigint) is null or s.id = :id)
  and (cast(:resident as text) is null or r.id = :resident)
  and (:old or (s.ended_at is null and s.ends_at > :now))
  and (cast(:before as bigint) is null or s.id < :before)
  and (:everything or r.id = any(:residents) or s.team_id in (select id from above)
       or (s.team_id is null and coalesce(r.team_id, d.team_id) = any(:teams))
       or (:unowned and s.team_id is null and coalesce(r.team_id, d.team_id) is null))
order by s.id desc limit :limit;

-- name: insert_absence(resident, cause, starts_at, ends_at, open, note, by, at)$
insert into absence (resident_id, cause, starts_at, ends_at, open, note, made_by, made_at)
values (:resident, :cause, :starts_at, :ends_at, :open, :note, :by, :at) returning id;

-- name: change_absence(id, cause, ends_at, open, note)!
update absence set cause = :cause, ends_at = :ends_at, open = :open, note = :note where id = :id;

-- name: end_absence(id, by, at)!
update absence set ended_by = :by, ended_at = :at
where id = :id and ended_at is null and ends_at > :at;

-- name: absences(resident, id, old, now)
-- A resident's, the latest first.
select a.id, a.resident_id as resident, a.cause, a.starts_at, a.ends_at, a.open, a.note, a.made_by,
       a.made_at, a.ended_by, a.ended_at,
       (select count(*) from alert x
        where x.held_by = 'absence:' || a.id and x.state <> 'resolved') as holds
from absence a
where a.resident_id = :resident and (cast(:id as bigint) is null or a.id = :id)
  and (:old or (a.ended_at is null and a.ends_at > :now))
order by a.starts_at desc, a.id desc limit 200;

-- name: overlapping_absence(resident, starts_at, ends_at, but)$
select id from absence
where resident_id = :resident and ended_at is null and starts_at < :ends_at and ends_at > :starts_at
  and id <> :but
limit 1;

-- name: asked_now(resident, device, team)
-- Open alerts that nobody has taken and that a new pause of this resident, device or team may cover.
with recursive below as (
    select id from team where id = :team
    union all
    select t.id from below b join team t on t.parent_id = b.id
)
select a.id from alert a
where a.state = 'open' and a.priority <> 'high'
  and (a.resident_id = :resident or :device = any(a.sources) or a.team_id in (select id from below));

-- name: held_by(what)
select id from alert where held_by = :what and state = 'open';
