-- name: insert_device(id, kind, vendor, model, resident, team, place, interval_s, test_interval_days, secret_hash)<!
-- A new device, or one that was removed and comes back; nothing where the name is in use.
insert into device (id, kind, vendor, model, resident_id, team_id, place, interval_s,
                    test_interval_days, secret_hash)
values (:id, :kind, :vendor, :model, :resident, :team, :place, :interval_s,
        :test_interval_days, :secret_hash)
on conflict (id) do update
    set (kind, vendor, model, resident_id, team_id, place, interval_s, test_interval_days,
         secret_hash, secret_since, removed_at)
      = (excluded.kind, excluded.vendor, excluded.model, excluded.resident_id, excluded.team_id,
         excluded.place, excluded.interval_s, excluded.test_interval_days,
         excluded.secret_hash, now(), null)
    where device.removed_at is not null
returning slot;

-- name: new_secret(secret_hash, id)!
-- Another secret for a device in use.
update device set secret_hash = :secret_hash, secret_since = clock_timestamp()
where id = :id and removed_at is null;

-- name: remove_device(id)!
-- Takes a device out of use; what it told stays.
update device set removed_at = clock_timestamp() where id = :id and removed_at is null;

-- name: detach_device(id)
-- Takes a device away from its bridges, and tells which these were.
delete from bridge_device where device_id = :id returning bridge_id;

-- name: attach_devices(bridge, devices)!
-- Lets a bridge publish for the given devices.
insert into bridge_device (bridge_id, device_id)
select :bridge, device_id from unnest(cast(:devices as text[])) as device_id
on conflict do nothing;

-- name: unknown_devices(devices)
-- Which of the given names no device in use has.
select name from unnest(cast(:devices as text[])) as name
where not exists (select from device d where d.id = name and d.removed_at is null)
order by name;

-- name: tell_revoked(id)
-- Whoever is logged in under this name is to be put out when the transaction commits.
select pg_notify('revoked', :id);

-- name: login_of(id)^
-- What a login is decided on.
select d.kind, d.secret_hash, d.secret_since,
       coalesce((select array_agg(b.device_id order by b.device_id)
                 from bridge_device b join device o on o.id = b.device_id
                 where b.bridge_id = d.id and o.removed_at is null), '{}') as devices,
       d.team_id
from device d where d.id = :id and d.removed_at is null;

-- name: logins()
-- The same of everybody in use.
select d.id, d.kind, d.secret_hash, d.secret_since,
       coalesce((select array_agg(b.device_id order by b.device_id)
                 from bridge_device b join device o on o.id = b.device_id
                 where b.bridge_id = d.id and o.removed_at is null), '{}') as devices,
       d.team_id
from device d where d.removed_at is null;

-- name: secrets_since(ids)
-- Of the given names those in use, with the moment from which their present secret counts.
select id, secret_since from device
where id = any(cast(:ids as text[])) and removed_at is null;

-- name: list_devices(kind)
-- Devices in use with what was last heard of them.
select d.id, d.kind, d.vendor, d.model, d.resident_id, d.team_id, d.place, d.interval_s,
       d.created_at, s.heard_at, s.online
from device d left join device_status s on s.device = d.slot
where d.removed_at is null and (cast(:kind as text) is null or d.kind = :kind)
order by d.id;

-- name: fleet_residents(beds)!
-- Residents resident-00001, resident-00002 and so on, where they are missing.
insert into resident (id, name)
select 'resident-' || lpad(n::text, greatest(5, length(n::text)), '0'), 'Resident ' || n
from generate_series(1, :beds) as n
on conflict (id) do nothing;

-- name: fleet_beds(beds)!
-- A bed for each, reached through the bridge only: no secret has an empty hash.
insert into device (id, kind, resident_id, secret_hash)
select 'bed-' || lpad(n::text, greatest(5, length(n::text)), '0'), 'bed', 'resident-' || lpad(n::text, greatest(5, length(n::text)), '0'), ''
from generate_series(1, :beds) as n
on conflict (id) do update set removed_at = null where device.removed_at is not null;

-- name: insert_refusal(at, device, topic, code, reason)!
-- One login or publish that was refused at the broker's door.
insert into quarantine (at, device_id, topic, code, reason, size, payload)
values (:at, :device, :topic, :code, :reason, 0, '');
