-- What the emergency service needs to know.

-- name: who(alert_id)^
-- The resident of an alert with their home.
select r.id, r.slot, r.name, r.phone, r.birth_year, r.living, r.languages, r.abilities, r.risks,
       r.medication, r.doctor, r.contacts, r.consents, r.timezone, h.address, h.floor, h.way_in,
       h.key_box_place, h.key_box_code, h.latitude, h.longitude, h.notes
from alert a join resident r on r.id = a.resident_id left join home h on h.id = r.home_id
where a.id = :alert_id;

-- name: device(alert_id)^
-- The device that told of it, and where it stands.
select d.id, d.kind, d.place from alert a join device d on d.id = a.device_id where a.id = :alert_id;

-- name: holder(alert_id)^
-- Who has taken it.
select p.username, p.name, p.role from alert a join account p on p.id = a.accepted_by
where a.id = :alert_id;

-- name: others(alert_id)
-- What else is open of the same resident.
select o.kind, o.priority, o.since from alert a join alert o on o.resident_id = a.resident_id
where a.id = :alert_id and o.id <> a.id and o.state <> 'resolved' order by o.since;

-- name: vitals(slot, since)
-- The latest value of each quantity since then.
with own as (select device from told_by where subject = :slot)
(select 'heart_rate' as quantity, measured_at, heart_rate::float8 as value from sample
 where device in (select device from own) and subject = :slot and measured_at > :since
   and heart_rate is not null order by measured_at desc limit 1)
union all
(select 'respiration_rate', measured_at, respiration_rate::float8 from sample
 where device in (select device from own) and subject = :slot and measured_at > :since
   and respiration_rate is not null order by measured_at desc limit 1)
union all
(select 'spo2', measured_at, spo2::float8 from sample
 where device in (select device from own) and subject = :slot and measured_at > :since
   and spo2 is not null order by measured_at desc limit 1)
union all
(select 'in_bed', measured_at, in_bed::integer::float8 from sample
 where device in (select device from own) and subject = :slot and measured_at > :since
   and in_bed is not null order by measured_at desc limit 1)
union all
(select distinct on (quantity) quantity, measured_at, value::float8 from measurement
 where device in (select device from own) and subject = :slot and measured_at > :since
   and quantity in ('body_temperature', 'systolic', 'diastolic')
 order by quantity, measured_at desc);
