-- Who is asked is `:everything` or by `:residents` (the family's own), `:teams` (the area),
-- `:unowned` (what belongs to no team) and `:vendor`; see api/access.py.

-- name: account_of(username)^
-- What a login is checked against.
select id, password_hash, role, disabled_at is not null as disabled from account
where username = :username;

-- name: open_session(token_hash, account, at, expires_at)!
-- A login, by the digest of its token.
insert into session (token_hash, account_id, created_at, expires_at)
values (:token_hash, :account, :at, :expires_at);

-- name: prolong_session(token_hash, expires_at)!
update session set expires_at = :expires_at where token_hash = :token_hash;

-- name: forget_sessions(at)!
-- Logins that are over.
delete from session where expires_at <= :at;

-- name: close_session(token_hash)!
-- Log out; whoever serves a feed on this token is told.
with gone as (delete from session where token_hash = :token_hash returning 1)
select pg_notify('session', '') from gone;

-- name: close_sessions_of(account)!
-- Log an account out everywhere.
with gone as (delete from session where account_id = :account returning 1)
select pg_notify('session', '') from gone;

-- name: directory_version()$
-- Moves on with every change of people or devices.
select version from directory_version;

-- name: insert_account(id, username, password_hash, role, name, team, vendor, at)!
-- A new account, unless the name is taken.
insert into account (id, username, password_hash, role, name, team_id, vendor, created_at)
values (:id, :username, :password_hash, :role, :name, :team, :vendor, :at)
on conflict do nothing;

-- name: update_account(id, name, team, vendor, disabled, at)!
-- Changes what may change of an account.
update account set name = :name, team_id = :team, vendor = :vendor,
       disabled_at = case when :disabled then coalesce(disabled_at, :at) end
where id = :id;

-- name: set_password(id, password_hash)!
-- Another password.
update account set password_hash = :password_hash where id = :id;

-- name: leave_circles(account, residents)!
-- Takes an account out of every care circle but those of these residents.
delete from care_circle
where account_id = :account and resident_id <> all(cast(:residents as text[]));

-- name: join_circles(account, residents)!
-- Puts an account into the care circles of these residents, behind those who are in them.
insert into care_circle (account_id, resident_id, place)
select :account, joined.id, coalesce((select max(c.place) from care_circle c
                                      where c.resident_id = joined.id), 0) + 1
from unnest(cast(:residents as text[])) as joined (id)
on conflict do nothing;

-- name: missing_residents(residents)
-- Which of the names no resident has.
select asked.id from unnest(cast(:residents as text[])) as asked (id)
where not exists (select from resident r where r.id = asked.id) order by asked.id;

-- name: teams(id, after, limit, everything, teams)
-- Teams of the area by id, or the one of that id; with the clock of most who live there.
with clocks as (
    select array[village.id, village.parent_id, town.parent_id] as teams, r.timezone,
           count(*) as people
    from resident r join team village on village.id = r.team_id
         left join team town on town.id = village.parent_id
    group by 1, 2)
select id, name, level, parent_id,
       (select c.timezone from clocks c where team.id = any(c.teams)
        group by c.timezone order by sum(c.people) desc, c.timezone limit 1) as timezone,
       coalesce((select jsonb_object_agg(t.name, t.value) from threshold t
                 where t.scope = 'team' and t.scope_id = team.id), '{}') as thresholds
from team
where (cast(:id as text) is null or id = :id)
  and (cast(:after as text) is null or id > :after)
  and (:everything or id = any(cast(:teams as text[])))
order by id limit :limit;

-- name: team_level(id)$
-- The level of a team.
select level from team where id = :id;

-- name: insert_team(id, name, level, parent)!
-- A new team, unless the id is taken.
insert into team (id, name, level, parent_id) values (:id, :name, :level, :parent)
on conflict do nothing;

-- name: update_team(id, name, parent)!
-- Changes a team's name or place in the tree.
update team set name = :name, parent_id = :parent where id = :id;

-- name: thresholds_of(scope, scope_id)
-- The own values of a resident, a team or a model.
select name, value from threshold where scope = :scope and scope_id = :scope_id order by name;

-- name: set_thresholds(scope, scope_id, names, values)!
-- Sets these own values, one for each name.
insert into threshold (scope, scope_id, name, value)
select :scope, :scope_id, own.name, own.value
from unnest(cast(:names as text[]), cast(:values as double precision[])) as own (name, value)
on conflict (scope, scope_id, name) do update set value = excluded.value;

-- name: drop_thresholds(scope, scope_id, names)!
-- Takes these own values away.
delete from threshold
where scope = :scope and scope_id = :scope_id and name = any(cast(:names as text[]));

-- name: model_known(model)$
-- Whether a device is, or was, of this model, or it has own values.
select exists (select from device where device.model = :model)
    or exists (select from threshold where scope = 'model' and scope_id = :model);

-- name: events(slot, from_at, till_at, event, at, device, key, limit)
-- Events of a subject, of one kind or all, the latest first, from after the given place.
select e.happened_at, e.received_at, e.device as device_slot, d.id as device, e.event, e.key, e.id,
       e.certainty, e.place, e.active, e.detail, e.clock_wrong
from event e left join device d on d.slot = e.device
where e.subject = :slot
  and e.happened_at >= cast(:from_at as timestamptz)
  and e.happened_at < cast(:till_at as timestamptz)
  and (cast(:event as text) is null or e.event = :event)
  and (cast(:at as timestamptz) is null
       or (e.happened_at, e.device, e.key) < (cast(:at as timestamptz), :device, :key))
order by e.happened_at desc, e.device desc, e.key desc limit :limit;

-- name: devices(id, resident, kind, after, limit, everything, residents, teams, unowned, vendor)
-- Devices in use that the viewer may see, or the one of that id. A device is its resident's, and
-- so of the resident's team; while it is placed with nobody, of the team that owns it.
select d.id, d.kind, d.vendor, d.model, d.resident_id, d.team_id, d.place, d.interval_s,
       d.test_interval_days, d.placed_at, d.created_at, s.heard_at, s.online, s.firmware, s.battery,
       coalesce(s.unknown_fields, 0) as unknown_fields
from device d
left join resident r on r.id = d.resident_id
left join device_status s on s.device = d.slot
where d.removed_at is null
  and (cast(:id as text) is null or d.id = :id)
  and (cast(:resident as text) is null or d.resident_id = :resident)
  and (cast(:kind as text) is null or d.kind = :kind)
  and (cast(:after as text) is null or d.id > :after)
  and (:everything or d.resident_id = any(cast(:residents as text[])) or d.vendor = :vendor
       or case when r.id is null then d.team_id else r.team_id end = any(cast(:teams as text[]))
       or (:unowned and case when r.id is null then d.team_id else r.team_id end is null))
order by d.id limit :limit;

-- name: refused_of(devices, since)
-- How many messages of these devices the quarantine has since then; of those with none, nothing.
select device_id, count(*) as refused from quarantine
where device_id = any(cast(:devices as text[])) and at > :since
group by device_id;

-- name: removed_device(id)^
-- Whose a device was that is out of use.
select vendor, team_id from device where id = :id and removed_at is not null;

-- name: place_device(id, model, resident, team, place, interval_s, test_interval_days)!
-- Changes where a device is, and with whom.
update device set model = :model, resident_id = :resident, team_id = :team, place = :place,
       interval_s = :interval_s, test_interval_days = :test_interval_days
where id = :id;

-- name: commands(device, id, at, after, limit)
-- Commands to a device, the latest first, from after the given place.
select id, command, arguments, created_by, created_at, ok, detail, finished_at from command
where device_id = :device and (cast(:id as text) is null or id = :id)
  and (cast(:at as timestamptz) is null
       or (created_at, id) < (cast(:at as timestamptz), :after))
order by created_at desc, id desc limit :limit;

-- name: insert_command(id, device, command, arguments, by, at)!
-- A command, to be sent once.
insert into command (id, device_id, command, arguments, created_by, created_at)
values (:id, :device, :command, :arguments, :by, :at) on conflict do nothing;

-- name: send_down(device, topic, payload, at)!
-- Has a message published to a device.
insert into downlink (device_id, topic, payload, created_at)
values (:device, :topic, :payload, :at);

-- name: quarantine(device, before, limit, everything, teams, unowned, vendor)
-- What was refused, the latest first. What no device of ours sent is for those who see all.
select q.id, q.at, q.device_id, q.topic, q.code, q.reason, q.size, q.payload
from quarantine q
left join device d on d.id = q.device_id
left join resident r on r.id = d.resident_id
where (cast(:device as text) is null or q.device_id = :device)
  and (cast(:before as bigint) is null or q.id < :before)
  and (:everything or d.vendor = :vendor
       or case when r.id is null then d.team_id else r.team_id end = any(cast(:teams as text[]))
       or (:unowned and d.id is not null
           and case when r.id is null then d.team_id else r.team_id end is null))
order by q.id desc limit :limit;
