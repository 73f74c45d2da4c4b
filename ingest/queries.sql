-- What is kept of readings. Slots are those of the directory; times are timestamptz.

-- name: prepare_incoming#
-- Rooms for a turn's rows; one layout for COPY, NaN standing for "not said".
create temporary table if not exists incoming (
    device integer, subject integer, measured_at timestamptz, received_at timestamptz,
    heart_rate real, respiration_rate real, spo2 real, in_bed real, movement real,
    signal_quality real, presence real, battery real, rssi real,
    body_temperature real, systolic real, diastolic real, weight real,
    temperature real, humidity real, co2 real, illuminance real
) on commit delete rows;
create temporary table if not exists heard (
    device integer, heard_at timestamptz
) on commit delete rows;

-- name: keep_samples(closed)!
-- A quantity that was said already stays; a repetition changes nothing.
insert into sample as s (
    device, subject, measured_at, received_at, heart_rate, respiration_rate, spo2, movement,
    signal_quality, battery, rssi, in_bed, presence
)
select device, subject, measured_at, received_at,
       nullif(heart_rate, 'NaN'), nullif(respiration_rate, 'NaN'), nullif(spo2, 'NaN'),
       nullif(movement, 'NaN'), nullif(signal_quality, 'NaN'), nullif(battery, 'NaN'),
       nullif(rssi, 'NaN'), nullif(in_bed, 'NaN') > 0.5, nullif(presence, 'NaN') > 0.5
from incoming where measured_at >= :closed
on conflict (device, measured_at) do update set
    heart_rate = coalesce(s.heart_rate, excluded.heart_rate),
    respiration_rate = coalesce(s.respiration_rate, excluded.respiration_rate),
    spo2 = coalesce(s.spo2, excluded.spo2),
    movement = coalesce(s.movement, excluded.movement),
    signal_quality = coalesce(s.signal_quality, excluded.signal_quality),
    battery = coalesce(s.battery, excluded.battery),
    rssi = coalesce(s.rssi, excluded.rssi),
    in_bed = coalesce(s.in_bed, excluded.in_bed),
    presence = coalesce(s.presence, excluded.presence)
where (s.heart_rate is null and excluded.heart_rate is not null)
   or (s.respiration_rate is null and excluded.respiration_rate is not null)
   or (s.spo2 is null and excluded.spo2 is not null)
   or (s.movement is null and excluded.movement is not null)
   or (s.signal_quality is null and excluded.signal_quality is not null)
   or (s.battery is null and excluded.battery is not null)
   or (s.rssi is null and excluded.rssi is not null)
   or (s.in_bed is null and excluded.in_bed is not null)
   or (s.presence is null and excluded.presence is not null);

-- name: keep_late_samples(closed)!
-- What belongs to days that are closed, repetitions and all: `closed_samples` of migration 0014
-- tells them apart.
insert into late_sample (
    device, subject, measured_at, received_at, heart_rate, respiration_rate, spo2, movement,
    signal_quality, battery, rssi, in_bed, presence
)
select device, subject, measured_at, received_at,
       nullif(heart_rate, 'NaN'), nullif(respiration_rate, 'NaN'), nullif(spo2, 'NaN'),
       nullif(movement, 'NaN'), nullif(signal_quality, 'NaN'), nullif(battery, 'NaN'),
       nullif(rssi, 'NaN'), nullif(in_bed, 'NaN') > 0.5, nullif(presence, 'NaN') > 0.5
from incoming where measured_at < :closed;

-- name: keep_measurements()!
-- The rare quantities, a row each.
insert into measurement (device, subject, measured_at, received_at, quantity, value)
select device, subject, measured_at, received_at, quantity, value
from incoming, lateral (values
    ('body_temperature', body_temperature), ('systolic', systolic), ('diastolic', diastolic),
    ('weight', weight), ('temperature', temperature), ('humidity', humidity), ('co2', co2),
    ('illuminance', illuminance)
) as said (quantity, value)
where value <> 'NaN'
on conflict (device, measured_at, quantity) do nothing;

-- name: known_events(devices, keys)
-- Which of these events were kept before.
select k.device, k.key
from event_key k
join unnest(:devices::integer[], :keys::text[]) as asked (device, key)
  on asked.device = k.device and asked.key = k.key;

-- name: keep_event_keys(device, key, happened_at, received_at)*!
insert into event_key (device, key, happened_at, received_at)
values (:device, :key, :happened_at, :received_at)
on conflict (device, key) do nothing;

-- name: keep_events(device, subject, happened_at, received_at, event, key, id, certainty, place, active, detail, clock_wrong)*!
insert into event (
    device, subject, happened_at, received_at, event, key, id, certainty, place, active, detail,
    clock_wrong
) values (
    :device, :subject, :happened_at, :received_at, :event, :key, :id, :certainty, :place, :active,
    :detail, :clock_wrong
) on conflict (device, key, happened_at) do nothing;

-- name: alerts_of_events(devices, keys)
-- The alert that each of these events led to, where it led to one.
select k.device, k.key, k.alert_id
from event_key k
join unnest(:devices::integer[], :keys::text[]) as asked (device, key)
  on asked.device = k.device and asked.key = k.key;

-- name: first_arrivals(devices, digests)
-- When these redelivered messages arrived the first time.
select device, digest, received_at
from arrival
join unnest(:devices::integer[], :digests::bytea[]) as asked (device, digest)
using (device, digest);

-- name: keep_arrivals(device, digest, received_at)*!
insert into arrival (device, digest, received_at) values (:device, :digest, :received_at)
on conflict (device, digest) do update set received_at = excluded.received_at;

-- name: quarantine(ats, devices, topics, codes, reasons, sizes, payloads)!
insert into quarantine (at, device_id, topic, code, reason, size, payload)
select * from unnest(
    :ats::timestamptz[], :devices::text[], :topics::text[], :codes::text[], :reasons::text[],
    :sizes::integer[], :payloads::bytea[]
);

-- name: keep_statuses(device, online, firmware, battery)*!
insert into device_status as d (device, online, firmware, battery)
values (:device, :online, :firmware, :battery)
on conflict (device) do update set
    online = excluded.online,
    firmware = coalesce(excluded.firmware, d.firmware),
    battery = coalesce(excluded.battery, d.battery);

-- name: count_unknown(device, count)*!
insert into device_status as d (device, unknown_fields) values (:device, :count)
on conflict (device) do update set unknown_fields = d.unknown_fields + excluded.unknown_fields;

-- name: keep_heard()!
-- When devices were last heard, out of the room `heard`; of those whose row is gone, nothing is
-- kept. The lock waits for whoever is deleting one just now.
insert into device_status as d (device, heard_at, first_heard_at)
select h.device, h.heard_at, h.heard_at from heard h join device o on o.slot = h.device
for key share of o
on conflict (device) do update set
    heard_at = greatest(d.heard_at, excluded.heard_at),
    first_heard_at = least(d.first_heard_at, excluded.first_heard_at);

-- name: finish_command(ok, detail, at, id, device_id)!
update command set ok = :ok, detail = :detail, finished_at = :at
where id = :id and device_id = :device_id and finished_at is null;

-- name: save_checkpoint(name, at, state)!
insert into checkpoint (name, at, state) values (:name, :at, :state)
on conflict (name) do update set at = excluded.at, state = excluded.state;

-- name: load_checkpoint(name)^
select at, state from checkpoint where name = :name;

-- name: samples_since(after)
-- Samples that arrived after an instant.
select device, subject, measured_at, received_at, heart_rate, respiration_rate, spo2, in_bed,
       movement, signal_quality, presence, battery, rssi
from (select * from sample where received_at > :after
      union all
      select * from late_sample where received_at > :after) s;

-- name: measurements_since(after)
-- The rare quantities that arrived after an instant.
select device, subject, measured_at, received_at, quantity, value
from measurement where received_at > :after;

-- name: events_since(after, only)
-- `only` null: all kinds.
select e.device, e.subject, d.id as device_id, e.happened_at, e.received_at, e.event, e.key, e.id,
       e.certainty, e.place, e.active, e.detail, e.clock_wrong
from event e join device d on d.slot = e.device
where e.received_at > :after and (:only::text[] is null or e.event = any(:only))
order by e.received_at;

-- name: make_days(first, last)
-- Partitions ahead of time; nothing to do where TimescaleDB makes its own chunks.
select make_days('sample', :first, :last) + make_days('measurement', :first, :last)
     + make_days('event', :first, :last) as made;

-- name: waiting_downlinks(limit)
select id, device_id, topic, payload from downlink where sent_at is null order by id limit :limit;

-- name: downlinks_sent(at, ids)!
update downlink set sent_at = :at where id = any(:ids);

-- name: keep_waves(device, subject, start, received_at, rate, signal, placement, width, content)*!
insert into wave (
    device, subject, start, received_at, rate, signal, placement, width, content
) values (
    :device, :subject, :start, :received_at, :rate, :signal, :placement, :width, :content
) on conflict (device, signal, start) do nothing;

-- name: waves_since(after)
select device, subject, start, received_at, rate, signal, placement, width, content
from wave where received_at > :after order by received_at, start;

-- name: keep_evidence(reach)!
-- Copies what the person's worn sensors told from 10 s before to 20 s after each time that a fall
-- was told, as far as it is there by now; to be repeated, for the rest of it follows.
with told as (
    select id, since as at, resident_id, device_id from alert
    where kind in ('fall', 'fall_suspected') and raised_at > :reach
    union
    select a.id, (e.evidence ->> 'happened_at')::timestamptz, a.resident_id, a.device_id
    from alert a join alert_event e on e.alert_id = a.id
    where (a.state <> 'resolved' or a.raised_at > :reach - interval '1 day')
      and a.heard_at > :reach and e.at > :reach and e.evidence ->> 'source' = 'wave'
)
insert into alert_signal (alert_id, device, start, rate, signal, placement, width, content)
select told.id, w.device, w.start, w.rate, w.signal, w.placement, w.width, w.content
from told
left join resident r on r.id = told.resident_id
join device d on d.id = told.device_id or d.resident_id = told.resident_id
join wave w on w.device = d.slot and w.subject = coalesce(r.slot, d.slot)
where w.signal = 'acceleration'
  and w.start < told.at + interval '20 s'
  and w.start + make_interval(secs => (octet_length(w.content) / 4 / w.width) / w.rate)
      > told.at - interval '10 s'
on conflict do nothing;

-- name: signal_of(alert_id)
select signal, rate, placement, start, width, content
from alert_signal where alert_id = :alert_id order by start;

-- name: make_wave_hours(since, till)$
select make_wave_hours(:since, :till);

-- name: drop_waves(before)$
select drop_waves(:before);
