-- What is there already, and many rows at a time. `rows` is a JSON array of objects.

-- name: hold_still()!
-- Nobody else changes people or homes until commit; reading goes on.
lock table team, home, resident, device, account in share row exclusive mode;

-- name: teams()
select id, name, level, parent_id as parent from team;

-- name: homes()
select id, team_id as team, address, floor, way_in, key_box_place, key_box_code, latitude,
       longitude, notes
from home;

-- name: residents()
select id, name, team_id as team, home_id as home, timezone, phone, birth_year, living, abilities,
       risks, medication, languages, doctor, consents, contacts
from resident;

-- name: devices()
select id, kind, resident_id as resident, team_id as team, vendor, model, place, interval_s
from device where removed_at is null;

-- name: accounts()
select a.id, a.username, a.name, a.role, a.team_id as team from account a;

-- name: memberships()
-- Everybody's circles and teams.
select a.username as user, 'family' as role, null as team, c.resident_id as resident, c.relation
from care_circle c join account a on a.id = c.account_id
union all
select a.username, m.role, m.team_id, null, null
from membership m join account a on a.id = m.account_id;

-- name: residents_of_homes(homes)
select id from resident where home_id = any(cast(:homes as text[]));

-- name: add_teams(rows)!
insert into team (id, name, level, parent_id)
select id, name, level, parent
from jsonb_to_recordset(:rows) as told (id text, name text, level text, parent text);

-- name: change_teams(rows)!
update team set name = told.name, level = told.level, parent_id = told.parent
from jsonb_to_recordset(:rows) as told (id text, name text, level text, parent text)
where team.id = told.id;

-- name: add_homes(rows)!
insert into home (id, team_id, address, floor, way_in, key_box_place, key_box_code, latitude,
                  longitude, notes)
select id, team, address, floor, way_in, key_box_place, key_box_code, latitude, longitude, notes
from jsonb_to_recordset(:rows) as told (
    id text, team text, address text, floor text, way_in text, key_box_place text,
    key_box_code text, latitude double precision, longitude double precision, notes text);

-- name: change_homes(rows)!
update home
set team_id = told.team, address = told.address, floor = told.floor, way_in = told.way_in,
    key_box_place = told.key_box_place, key_box_code = told.key_box_code,
    latitude = told.latitude, longitude = told.longitude, notes = told.notes,
    version = version + 1
from jsonb_to_recordset(:rows) as told (
    id text, team text, address text, floor text, way_in text, key_box_place text,
    key_box_code text, latitude double precision, longitude double precision, notes text)
where home.id = told.id;

-- name: add_residents(rows)!
insert into resident (id, name, team_id, home_id, timezone, phone, birth_year, living, abilities,
                      risks, medication, languages, doctor, consents, contacts)
select id, name, team, home, timezone, phone, birth_year, living, abilities, risks, medication,
       array(select jsonb_array_elements_text(languages)), doctor, consents, contacts
from jsonb_to_recordset(:rows) as told (
    id text, name text, team text, home text, timezone text, phone text, birth_year integer,
    living text, abilities jsonb, risks text, medication text, languages jsonb, doctor jsonb,
    consents jsonb, contacts jsonb);

-- name: change_residents(rows)!
update resident
set name = told.name, team_id = told.team, home_id = told.home, timezone = told.timezone,
    phone = told.phone, birth_year = told.birth_year, living = told.living,
    abilities = told.abilities, risks = told.risks, medication = told.medication,
    languages = array(select jsonb_array_elements_text(told.languages)), doctor = told.doctor,
    consents = told.consents, contacts = told.contacts, version = version + 1
from jsonb_to_recordset(:rows) as told (
    id text, name text, team text, home text, timezone text, phone text, birth_year integer,
    living text, abilities jsonb, risks text, medication text, languages jsonb, doctor jsonb,
    consents jsonb, contacts jsonb)
where resident.id = told.id;

-- name: change_devices(rows)!
update device
set resident_id = told.resident, team_id = told.team, vendor = told.vendor, model = told.model,
    place = told.place, interval_s = told.interval_s
from jsonb_to_recordset(:rows) as told (
    id text, resident text, team text, vendor text, model text, place text, interval_s real)
where device.id = told.id;

-- name: join_circles(rows)!
-- Behind those who are in the circle already; whoever is there keeps the place.
insert into care_circle (account_id, resident_id, place, relation)
select a.id, told.resident,
       coalesce((select max(c.place) from care_circle c where c.resident_id = told.resident), 0)
       + row_number() over (partition by told.resident order by told.line),
       told.relation
from jsonb_to_recordset(:rows) as told (line integer, "user" text, resident text, relation text)
join account a on a.username = told."user"
on conflict (account_id, resident_id) do update set relation = excluded.relation;

-- name: join_teams(rows)!
insert into further_membership (account_id, team_id, role)
select a.id, told.team, told.role
from jsonb_to_recordset(:rows) as told ("user" text, team text, role text)
join account a on a.username = told."user"
on conflict do nothing;
