-- An hour is packed some devices at a time. Until its mark moves, what is packed of it lies in
-- `sample` too, and is read there. As in migration 0014, but for the last condition on packs.

create or replace function closed_samples(devices integer[], since timestamptz, till timestamptz)
returns setof sample language plpgsql stable as $$
declare
    closed timestamptz := (select at from progress where name = 'closed');
    packed timestamptz := coalesce((select at from progress where name = 'packed'), '-infinity');
    ends timestamptz := least(till, closed);
begin
    if closed is null or since >= ends then
        return;
    end if;
    return query
        with told as (
            select p.device, s.subject, s.at as measured_at,
                   s.at + s.delay * interval '1 microsecond' as received_at, s.heart_rate,
                   s.respiration_rate, s.spo2, s.movement, s.signal_quality, s.battery, s.rssi,
                   s.in_bed, s.presence
            from sample_pack p
            cross join lateral (
                select p.at + cast(sum(u.gap) over (order by u.place rows unbounded preceding)
                                   as float8) * interval '1 microsecond' as at, u.*
                from unnest(p.subject, p.gap, p.delay, p.heart_rate, p.respiration_rate, p.spo2,
                            p.movement, p.signal_quality, p.battery, p.rssi, p.in_bed, p.presence)
                     with ordinality
                     as u (subject, gap, delay, heart_rate, respiration_rate, spo2, movement,
                           signal_quality, battery, rssi, in_bed, presence, place)
            ) s
            where p.device = any(devices) and p.at > since - interval '1 hour' and p.at < least(ends, packed)
              and s.at >= since and s.at < ends
            union all
            select * from sample s
            where s.device = any(devices) and s.measured_at >= greatest(since, packed)
              and s.measured_at < ends
        ), late as (
            select l.device, first_said(l.subject order by l.received_at) as subject,
                   l.measured_at, min(l.received_at) as received_at,
                   first_said(l.heart_rate order by l.received_at) as heart_rate,
                   first_said(l.respiration_rate order by l.received_at) as respiration_rate,
                   first_said(l.spo2 order by l.received_at) as spo2,
                   first_said(l.movement order by l.received_at) as movement,
                   first_said(l.signal_quality order by l.received_at) as signal_quality,
                   first_said(l.battery order by l.received_at) as battery,
                   first_said(l.rssi order by l.received_at) as rssi,
                   first_said(l.in_bed order by l.received_at) as in_bed,
                   first_said(l.presence order by l.received_at) as presence
            from late_sample l
            where l.device = any(devices) and l.measured_at >= since and l.measured_at < ends
            group by l.device, l.measured_at
        )
        select device, coalesce(t.subject, l.subject), measured_at,
               coalesce(t.received_at, l.received_at), coalesce(t.heart_rate, l.heart_rate),
               coalesce(t.respiration_rate, l.respiration_rate), coalesce(t.spo2, l.spo2),
               coalesce(t.movement, l.movement), coalesce(t.signal_quality, l.signal_quality),
               coalesce(t.battery, l.battery), coalesce(t.rssi, l.rssi),
               coalesce(t.in_bed, l.in_bed), coalesce(t.presence, l.presence)
        from told t full join late l using (device, measured_at);
end $$;
