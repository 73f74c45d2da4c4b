-- name: messages(device, since, unset, limit)
-- What was kept of a device's messages, or refused, since an instant of its own clock, the latest
-- to arrive first; of a clock before `unset`, which nobody believes, what arrived since then. What it told while it was with somebody else stays theirs.
with asked as (
    select d.id, d.slot, coalesce(r.slot, d.slot) as subject
    from device d left join resident r on r.id = d.resident_id
    where d.id = :device
)
select m.* from asked cross join lateral (
    (select 'sample' as type, s.measured_at as at, s.received_at, '' as key,
            jsonb_strip_nulls(to_jsonb(s) - array['device', 'subject', 'measured_at', 'received_at'])
            || coalesce((select jsonb_object_agg(r.quantity, r.value) from measurement r
                         where r.device = s.device and r.measured_at = s.measured_at), '{}') as told
     from sample s
     where s.device = asked.slot and s.subject = asked.subject and s.measured_at > :since
     order by s.measured_at desc limit :limit)
    union all
    (select 'sample', s.measured_at, s.received_at, '',
            jsonb_strip_nulls(to_jsonb(s) - array['device', 'subject', 'measured_at', 'received_at'])
            || '{"clock_wrong": true}'
            || coalesce((select jsonb_object_agg(r.quantity, r.value) from measurement r
                         where r.device = s.device and r.measured_at = s.measured_at), '{}')
     from (select * from sample union all select * from late_sample) s
     where s.device = asked.slot and s.subject = asked.subject
       and s.measured_at < :unset and s.received_at > :since
     order by s.received_at desc limit :limit)
    union all
    (select 'event', e.happened_at, e.received_at, e.key,
            jsonb_strip_nulls(to_jsonb(e) - array['device', 'subject', 'happened_at', 'received_at',
                                                  'key'])
     from event e
     where e.device = asked.slot and e.subject = asked.subject
       and e.happened_at > :since
     order by e.happened_at desc limit :limit)
    union all
    (select 'event', e.happened_at, e.received_at, e.key,
            jsonb_strip_nulls(to_jsonb(e) - array['device', 'subject', 'happened_at', 'received_at',
                                                  'key'])
     from event e
     where e.device = asked.slot and e.subject = asked.subject
       and e.happened_at < :unset and e.received_at > :since
     order by e.received_at desc limit :limit)
    union all
    (select 'refusal', q.at, q.at, cast(q.id as text),
            jsonb_build_object('topic', q.topic, 'code', q.code, 'reason', q.reason,
                               'payload', encode(q.payload, 'base64'))
     from quarantine q
     where q.device_id = asked.id and q.at > :since
     order by q.id desc limit :limit)
) m
order by m.received_at desc, m.at desc limit :limit;
