-- Who may have to be told of some alerts: people, rotas, and the policies that ask them.

-- name: teams_above(teams)
-- These teams, each with all above it in order, itself first.
with recursive chain as (
    select t.id as origin, t.id, t.name, t.parent_id, 0 as distance
    from team t where t.id = any(:teams)
    union all
    select c.origin, t.id, t.name, t.parent_id, c.distance + 1
    from chain c join team t on t.id = c.parent_id
    where c.distance < 16
)
select origin, id, name from chain order by origin, distance;

-- name: policies(teams, versions)
-- What is in force for all or for one of these teams, and these versions.
select id, team_id, priority, kind, steps, quiet_from, quiet_until, ended_at is null as in_force
from policy
where (ended_at is null and (team_id is null or team_id = any(:teams))) or id = any(:versions);

-- name: residents(ids)
select id, timezone, contacts::text as contacts from resident where id = any(:ids);

-- name: families(residents)
select c.resident_id, a.id, a.username, a.name
from care_circle c join account a on a.id = c.account_id
where c.resident_id = any(:residents) and a.disabled_at is null and a.role <> 'vendor'
order by c.place, a.username;

-- name: staff(teams)
-- The members of these teams.
select m.team_id, m.role, a.id, a.username, a.name
from membership m join account a on a.id = m.account_id
where m.team_id = any(:teams) and a.disabled_at is null
order by a.username;

-- name: centres()
select distinct a.id, a.username, a.name from account a
left join membership m on m.account_id = a.id and m.role = 'centre'
where (a.role = 'centre' or m.role is not null) and a.disabled_at is null order by a.username;

-- name: accounts(usernames)
select id, username, name from account
where username = any(:usernames) and disabled_at is null;

-- name: quiet_hours(accounts)
select account_id, starts_at, ends_at, timezone from quiet_hours where account_id = any(:accounts);

-- name: rotas(teams, since, until)
-- The rotas of these teams, with the swaps that touch the span.
select r.id, r.team_id, r.party, r.layer, r.name, r.timezone, r.shifts,
       array(select jsonb_build_object('giver', s.giver, 'taker', s.taker,
                 'starts_at', s.starts_at, 'ends_at', s.ends_at)
             from swap s
             where s.rota_id = r.id and s.withdrawn_at is null
               and s.ends_at > :since and s.starts_at < :until
             order by s.id) as swaps
from rota r where r.team_id = any(:teams)
order by r.team_id, r.party, r.layer;

-- name: holidays(teams, since, until)
select team_id, date, pattern from holiday
where team_id = any(:teams) and date >= cast(:since as date) and date <= cast(:until as date);
