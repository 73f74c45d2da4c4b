-- Samples of finished days become packs; how packs are read stands in migration 0014.

-- name: make_day(day)$
-- Room for the packs of a day; nothing to do where TimescaleDB makes its own chunks.
select make_days('sample_pack', :day, :day);

-- name: has_samples(since, till)$
select exists (select from sample where measured_at >= :since and measured_at < :till);

-- name: to_pack(since, till)
-- Devices that told in an hour whose mark has not moved yet, without those packed already.
select device from sample s where measured_at >= :since and measured_at < :till
group by device
having not exists (select from sample_pack p where p.device = s.device and p.at = :since)
order by device;

-- name: pack(devices, anew, since, till, arrived_before)!
-- Packs of these devices and the hours of a span, out of `sample`, before its mark moves; how many.
-- `anew`: out of their packs and what came late; of that, what arrived before an instant is thereby
-- put away.
with put_away as (
    delete from late_sample
    where :anew and device = any(:devices) and measured_at >= :since
      and measured_at < :till and received_at < cast(:arrived_before as timestamptz)
), told as (
    select * from sample
    where not :anew and device = any(:devices) and measured_at >= :since and measured_at < :till
    union all
    select * from closed_samples(case when :anew then cast(:devices as integer[]) end,
                                 :since, :till)
), timed as (
    select *, date_bin('1 hour', measured_at, timestamptz '2000-01-01 00:00+00') as at from told
), placed as (
    select *, measured_at - lag(measured_at, 1, at) over (
        partition by device, at order by measured_at) as gap
    from timed
)
insert into sample_pack as p (
    device, at, samples, subject, gap, delay, heart_rate, respiration_rate, spo2, movement,
    signal_quality, battery, rssi, in_bed, presence
)
select device, at, count(*), array_agg(subject order by measured_at),
       array_agg(cast(extract(epoch from gap) * 1000000 as bigint) order by measured_at),
       array_agg(cast(extract(epoch from received_at - measured_at) * 1000000 as bigint)
                 order by measured_at),
       case when count(heart_rate) > 0 then array_agg(heart_rate order by measured_at) end,
       case when count(respiration_rate) > 0
            then array_agg(respiration_rate order by measured_at) end,
       case when count(spo2) > 0 then array_agg(spo2 order by measured_at) end,
       case when count(movement) > 0 then array_agg(movement order by measured_at) end,
       case when count(signal_quality) > 0 then array_agg(signal_quality order by measured_at) end,
       case when count(battery) > 0 then array_agg(battery order by measured_at) end,
       case when count(rssi) > 0 then array_agg(rssi order by measured_at) end,
       case when count(in_bed) > 0 then array_agg(in_bed order by measured_at) end,
       case when count(presence) > 0 then array_agg(presence order by measured_at) end
from placed group by device, at
on conflict (device, at) do update set
    samples = excluded.samples, subject = excluded.subject, gap = excluded.gap,
    delay = excluded.delay, heart_rate = excluded.heart_rate,
    respiration_rate = excluded.respiration_rate, spo2 = excluded.spo2,
    movement = excluded.movement, signal_quality = excluded.signal_quality,
    battery = excluded.battery, rssi = excluded.rssi, in_bed = excluded.in_bed,
    presence = excluded.presence;

-- name: late_hour(since, till, arrived_before)^
-- An hour of a span that something came late into, and the devices that it came from.
select hour, array_agg(distinct device) as devices
from late_sample
cross join lateral date_bin('1 hour', measured_at, timestamptz '2000-01-01 00:00+00') as hour
where measured_at >= :since and measured_at < :till and received_at < :arrived_before
group by hour order by hour limit 1;

-- name: drop_packed(arrived_before)$
select drop_packed(:arrived_before);
