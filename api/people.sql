-- People and places. Who is asked is as in queries.sql; see api/access.py.

-- name: account_rights(token_hash, at)^
-- Whose token it is, with what is the account's own: residents, by role the teams from its own
-- downwards, and the incidents that it has taken, with their residents.
select a.id, a.username, a.name, a.role, a.team_id, a.vendor, s.created_at, s.expires_at,
       encode(substring(s.token_hash for 6), 'hex') as session,
       array(select resident_id from care_circle where account_id = a.id) as residents,
       (with recursive area as (
            select role, team_id as id from membership where account_id = a.id
            union
            select area.role, t.id from team t join area on t.parent_id = area.id),
        by_role as (select role, jsonb_agg(id) as teams from area group by role)
        select coalesce(jsonb_object_agg(role, teams), '{}') from by_role) as areas,
       array(select distinct incident_id from alert
             where accepted_by = a.id and state <> 'resolved'
             union
             select al.incident_id from offer o join alert al on al.id = o.alert_id
             where o.person = a.id and o.live and o.answer is null
             union
             select incident_id from alert
             where helpers @> array[a.username] and state <> 'resolved'
       ) as incidents,
       array(select distinct resident_id from alert
             where accepted_by = a.id and state <> 'resolved' and resident_id is not null
       ) as patients
from session s join account a on a.id = s.account_id
where s.token_hash = :token_hash and s.expires_at > :at and a.disabled_at is null;

-- name: accounts(id, after, limit)
-- Accounts by name, or the one of that id, with what each is of which team.
select a.id, a.username, a.name, a.role, a.team_id, a.vendor, a.phone, a.created_at,
       a.disabled_at is not null as disabled,
       array(select resident_id from care_circle where account_id = a.id order by 1) as residents,
       coalesce((select jsonb_agg(jsonb_build_object('team', m.team_id, 'role', m.role)
                                  order by m.team_id, m.role)
                 from membership m where m.account_id = a.id), '[]') as memberships
from account a
where (cast(:id as text) is null or a.id = :id)
  and (cast(:after as text) is null or a.username > :after)
order by a.username limit :limit;

-- name: lock_account(id)$
-- Keeps others from changing an account until commit.
select id from account where id = :id for update;

-- name: set_phone(account, phone)!
-- By which telephone the person is called; null: by none.
update account set phone = :phone where id = :account;

-- name: leave_teams(account)!
-- Takes an account out of every team but its first.
delete from further_membership where account_id = :account;

-- name: join_teams(account, teams, roles)!
-- Makes an account a member of these teams, in the role of the same place.
insert into further_membership (account_id, team_id, role)
select :account, told.team, told.role
from unnest(cast(:teams as text[]), cast(:roles as text[])) as told (team, role)
on conflict do nothing;

-- name: missing_teams(teams)
-- Which of the names no team has.
select asked.id from unnest(cast(:teams as text[])) as asked (id)
where not exists (select from team t where t.id = asked.id) order by asked.id;

-- name: members(team, after, limit)
-- The members of a team by user name, with their role.
select m.account_id || ':' || m.role as place, a.username as user, a.name, m.role
from membership m join account a on a.id = m.account_id
where m.team_id = :team and a.disabled_at is null
  and (cast(:after as text) is null or m.account_id || ':' || m.role > :after)
order by m.account_id || ':' || m.role limit :limit;

-- name: circle(resident)
-- The family of a resident in the order in which it is asked.
select a.username as user, a.name, c.relation, a.phone
from care_circle c join account a on a.id = c.account_id
where c.resident_id = :resident and a.disabled_at is null
order by c.place, a.username;

-- name: empty_circle(resident)!
-- Takes everybody out of a resident's circle.
delete from care_circle where resident_id = :resident;

-- name: fill_circle(resident, users, relations)!
-- Puts these people into a resident's circle, in their order.
insert into care_circle (account_id, resident_id, place, relation)
select a.id, :resident, told.place, told.relation
from unnest(cast(:users as text[]), cast(:relations as text[]))
     with ordinality as told (username, relation, place)
join account a on a.username = told.username;

-- name: unfit_for_circle(users)
-- Which of these names stand for nobody who could be family.
select told.name from unnest(cast(:users as text[])) as told (name)
where not exists (select from account a where a.username = told.name and a.role <> 'vendor');

-- Residents

-- name: residents(id, after, limit, everything, residents, teams, unowned)
-- Residents whom the viewer may see by id, or the one of that id.
select r.id, r.slot, r.name, r.team_id, r.timezone, r.birth_year, r.home_id, h.address, h.way_in,
       r.phone, r.living, r.abilities, r.risks, r.medication, r.languages, r.doctor, r.contacts,
       r.consents, r.version, r.created_at,
       coalesce((select jsonb_object_agg(t.name, t.value) from threshold t
                 where t.scope = 'resident' and t.scope_id = r.id), '{}') as thresholds,
       array(select d.id from device d
             where d.resident_id = r.id and d.removed_at is null order by d.id) as devices
from resident r left join home h on h.id = r.home_id
where (cast(:id as text) is null or r.id = :id)
  and (cast(:after as text) is null or r.id > :after)
  and (:everything or r.id = any(cast(:residents as text[]))
       or r.team_id = any(cast(:teams as text[])) or (:unowned and r.team_id is null))
order by r.id limit :limit;

-- name: lock_resident(id)$
-- Keeps others from changing a resident until commit; the version as it stands.
select version from resident where id = :id for update;

-- name: insert_resident(id, name, team, timezone, birth_year, home, phone, living, abilities, risks, medication, languages, doctor, contacts, consents)^
-- A new resident, unless the id is taken; without an id, one is made of the place drawn.
insert into resident (id, slot, name, team_id, timezone, birth_year, home_id, phone, living,
                      abilities, risks, medication, languages, doctor, contacts, consents)
select coalesce(:id, 'resident-' || drawn), drawn, :name, :team, :timezone, :birth_year, :home,
       :phone, :living, :abilities, :risks, :medication, cast(:languages as text[]), :doctor,
       :contacts, :consents
from (select cast(nextval('slot') as integer) as drawn) as place
on conflict (id) do nothing
returning id;

-- name: update_resident(id, name, team, timezone, birth_year, home, phone, living, abilities, risks, medication, languages, doctor, contacts, consents)!
-- Changes what is known of a resident.
update resident
set name = :name, team_id = :team, timezone = :timezone, birth_year = :birth_year,
    home_id = :home, phone = :phone, living = :living, abilities = :abilities, risks = :risks,
    medication = :medication, languages = cast(:languages as text[]), doctor = :doctor,
    contacts = :contacts, consents = :consents, version = version + 1
where id = :id;

-- Homes

-- name: homes(id, after, limit, everything, residents, teams, unowned)
-- Homes of the viewer's teams and residents by id, or the one of that id; with those residents
-- who live there and whom the viewer may see.
with shown as (
    select h.*, array(
        select r.id from resident r
        where r.home_id = h.id
          and (:everything or r.id = any(cast(:residents as text[]))
               or r.team_id = any(cast(:teams as text[])) or (:unowned and r.team_id is null))
        order by r.id) as living_there
    from home h
    where (cast(:id as text) is null or h.id = :id)
      and (cast(:after as text) is null or h.id > :after)
)
select *, living_there as residents from shown
where :everything or cardinality(living_there) > 0
   or team_id = any(cast(:teams as text[])) or (:unowned and team_id is null)
order by id limit :limit;

-- name: lock_home(id)$
-- Keeps others from changing a home until commit; the version as it stands.
select version from home where id = :id for update;

-- name: insert_home(id, team, address, floor, way_in, key_box_place, key_box_code, latitude, longitude, notes)^
-- A new home, unless the id is taken; without an id, one is made.
insert into home (id, team_id, address, floor, way_in, key_box_place, key_box_code, latitude,
                  longitude, notes)
values (coalesce(:id, 'home-' || nextval('home_number')), :team, :address, :floor, :way_in,
        :key_box_place, :key_box_code, :latitude, :longitude, :notes)
on conflict do nothing
returning id;

-- name: update_home(id, team, address, floor, way_in, key_box_place, key_box_code, latitude, longitude, notes)!
-- Changes what is known of a home.
update home
set team_id = :team, address = :address, floor = :floor, way_in = :way_in,
    key_box_place = :key_box_place, key_box_code = :key_box_code, latitude = :latitude,
    longitude = :longitude, notes = :notes, version = version + 1
where id = :id;

-- The audit

-- name: hurry()
-- A transaction that has only read until now need not wait for the disk when it ends.
select set_config('synchronous_commit', 'off', true)
where pg_current_xact_id_if_assigned() is null;

-- name: insert_audit(account, who, role, address, session, action, changed, thing, residents, fields)*!
-- Lines of the audit. Who is shown the same again within ten minutes has looked once: open pages
-- bring themselves up to date. (Residents are compared as text: the index of residents would be
-- asked for each of a thousand.)
insert into audit (account_id, who, role, address, session, action, changed, thing, residents,
                   fields)
select :account, :who, :role, :address, :session, :action, :changed, :thing,
       cast(:residents as text[]), cast(:fields as text[])
where :changed or not exists (
    select from audit a
    where a.who = :who and a.at > clock_timestamp() - interval '10 minutes' and not a.changed
      and a.action = :action
      and cast(a.residents as text) = cast(cast(:residents as text[]) as text)
      and a.thing is not distinct from :thing and a.session is not distinct from :session
      and a.address is not distinct from :address);

-- name: audit(resident, who, from_at, till_at, at, before, limit, everything, teams, unowned)
-- Lines of the audit, the latest first. Who does not see all sees lines about the area's
-- residents, and of those whom a line is about, the area's.
select l.id, l.at, l.who, l.role, l.address, l.session, l.action, l.changed, l.thing, l.fields,
       case when :everything then l.residents else own.residents end as residents
from audit l
cross join lateral (
    select array(
        select r.id from resident r
        where r.id = any(l.residents) and not :everything
          and (r.team_id = any(cast(:teams as text[])) or (:unowned and r.team_id is null))
        order by r.id) as residents
) own
where (:everything or cardinality(own.residents) > 0)
  and (cast(:resident as text) is null
       or l.residents @> array[cast(:resident as text)]
          and (:everything or cast(:resident as text) = any(own.residents)))
  and (cast(:who as text) is null or l.who = :who)
  and (cast(:from_at as timestamptz) is null or l.at >= :from_at)
  and (cast(:till_at as timestamptz) is null or l.at < :till_at)
  and (cast(:at as timestamptz) is null or (l.at, l.id) < (cast(:at as timestamptz), :before))
order by l.at desc, l.id desc limit :limit;

-- name: names(users)
-- What people are called, by user name, where they are called anything.
select username, name from account where username = any(:users) and name <> '';
