-- What people have arranged: rotas, swaps, holidays, policies and quiet hours.
-- Who is asked is `:everything` or by `:teams` (the area); see api/access.py.

-- name: rotas(id, team, everything, teams)
-- With the names of those in the shifts, by user name, where they have one.
select id, team_id as team, party, layer, name, timezone, shifts, version, changed_by, changed_at,
       coalesce((select jsonb_object_agg(a.username, a.name) from account a
                 where a.name <> '' and a.username in (
                     select jsonb_array_elements_text(shift -> 'people')
                     from jsonb_array_elements(shifts) as shift)), '{}') as names
from rota
where (cast(:id as text) is null or id = :id)
  and (cast(:team as text) is null or team_id = :team)
  and (:everything or team_id = any(cast(:teams as text[])))
order by team_id, party, layer;

-- name: insert_rota(id, team, party, layer, name, timezone, shifts, by, at)!
insert into rota (id, team_id, party, layer, name, timezone, shifts, changed_by, changed_at)
values (:id, :team, :party, :layer, :name, :timezone, :shifts, :by, :at)
on conflict do nothing;

-- name: update_rota(id, version, layer, name, timezone, shifts, by, at)!
-- Of that version only: nobody's change is lost.
update rota set layer = :layer, name = :name, timezone = :timezone, shifts = :shifts,
       version = version + 1, changed_by = :by, changed_at = :at
where id = :id and version = :version;

-- name: drop_rota(id)!
delete from rota where id = :id;

-- name: layer_taken(id, team, party, layer)$
select id from rota
where team_id = :team and party = :party and layer = :layer and id <> :id;

-- name: people_of(team)
-- The user names of those who may be on duty in a team: members of it, of those above and below.
with recursive above as (
    select id, parent_id from team where id = :team
    union select t.id, t.parent_id from team t join above a on t.id = a.parent_id
), below as (
    select id from team where id = :team
    union select t.id from team t join below b on t.parent_id = b.id
)
select distinct a.username from membership m join account a on a.id = m.account_id
where a.disabled_at is null
  and (m.team_id in (select id from above) or m.team_id in (select id from below))
order by a.username;

-- name: all_people()
select username from account where disabled_at is null;

-- name: all_teams()
select id from team order by id;

-- name: teams_with_rotas()
select distinct team_id as team from rota order by team_id;

-- name: swaps(rota, since, until)
select id, rota_id as rota, giver, taker, starts_at, ends_at, note, noted_by, noted_at,
       withdrawn_by, withdrawn_at
from swap
where rota_id = :rota and ends_at > :since
  and (cast(:until as timestamptz) is null or starts_at < :until)
order by id;

-- name: insert_swap(rota, giver, taker, starts_at, ends_at, note, by, at)$
insert into swap (rota_id, giver, taker, starts_at, ends_at, note, noted_by, noted_at)
values (:rota, :giver, :taker, :starts_at, :ends_at, :note, :by, :at)
returning id;

-- name: withdraw_swap(rota, id, by, at)!
update swap set withdrawn_by = :by, withdrawn_at = :at
where rota_id = :rota and id = :id and withdrawn_at is null;

-- name: holidays(teams, since)
-- Of these teams, from that date on.
select team_id as team, date, name, pattern, noted_by from holiday
where team_id = any(cast(:teams as text[])) and date >= cast(:since as date)
order by date, team_id;

-- name: put_holiday(team, date, name, pattern, by)!
insert into holiday (team_id, date, name, pattern, noted_by)
values (:team, :date, :name, :pattern, :by)
on conflict (team_id, date) do update
set name = excluded.name, pattern = excluded.pattern, noted_by = excluded.noted_by;

-- name: drop_holiday(team, date)!
delete from holiday where team_id = :team and date = :date;

-- name: policies(id, teams, everything, old)
-- Those for all teams, and those of these; ended ones where `old`.
select id, team_id, priority, kind, steps, quiet_from, quiet_until, made_by, made_at, ended_by,
       ended_at
from policy
where (cast(:id as bigint) is null or id = :id)
  and (:old or ended_at is null)
  and (:everything or team_id is null or team_id = any(cast(:teams as text[])))
order by team_id nulls first, priority, kind nulls first, id;

-- name: end_policy(team, priority, kind, by, at)$
update policy set ended_by = :by, ended_at = :at
where coalesce(team_id, '') = coalesce(:team, '') and priority = :priority
  and coalesce(kind, '') = coalesce(:kind, '') and ended_at is null
returning id;

-- name: insert_policy(team, priority, kind, steps, quiet_from, quiet_until, by, at)$
insert into policy (team_id, priority, kind, steps, quiet_from, quiet_until, made_by, made_at)
values (:team, :priority, :kind, :steps, :quiet_from, :quiet_until, :by, :at)
returning id;

-- name: quiet_hours(account)^
select starts_at, ends_at, timezone from quiet_hours where account_id = :account;

-- name: put_quiet_hours(account, starts_at, ends_at, timezone)!
insert into quiet_hours (account_id, starts_at, ends_at, timezone)
values (:account, :starts_at, :ends_at, :timezone)
on conflict (account_id) do update
set starts_at = excluded.starts_at, ends_at = excluded.ends_at, timezone = excluded.timezone;

-- name: drop_quiet_hours(account)!
delete from quiet_hours where account_id = :account;

-- name: resident(id)^
select id, slot, team_id, timezone from resident where id = :id;
