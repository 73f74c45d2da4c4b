-- What figures are made of, as numbers: parts, kinds and models by their places in lists (0: none of
-- them). Each statement has the columns, in order, of its array in alerts/records.py, and no null.

-- name: hurry()!
-- Until the end of the transaction: a county's year is joined in memory, and not in files.
set local work_mem = '64MB';

-- name: chosen(teams, parts, unowned, kinds, models, kind, model, since, until)
-- The alerts raised in a span, of these teams; what the statements below call `chosen`.
select a.id, a.outcome, a.raised_at, a.resolved_at, a.asked > 0 as told,
       a.resident_id is not null as of_resident, coalesce(t.part, 0) as team,
       coalesce(k.number, 0)::integer as kind, coalesce(m.number, 0)::integer as model,
       array_position('{low,medium,high}', a.priority) as priority
from alert a
left join device d on d.id = a.device_id
left join unnest(cast(:teams as text[]), cast(:parts as integer[])) as t (id, part)
       on t.id = a.team_id
left join unnest(cast(:kinds as text[])) with ordinality as k (name, number) on k.name = a.kind
left join unnest(cast(:models as text[])) with ordinality as m (name, number) on m.name = d.model
where a.raised_at >= :since and a.raised_at < :until
  and (a.team_id = any(cast(:teams as text[])) or (:unowned and a.team_id is null))
  and (cast(:kind as text) is null or a.kind = :kind)
  and (cast(:model as text) is null or d.model = :model)

-- name: alerts()
-- Whoever resolves an alert that nobody has accepted has answered it; what ends by itself has no
-- outcome. What was held back only later was told when it was raised.
select c.team, c.kind, c.model, c.priority,
       coalesce(array_position('{real,false_alarm,test,not_needed,handed_over}', c.outcome), 0),
       coalesce(array_position('{device,person,rule}', e.mistake), 0),
       c.of_resident, c.told or e.held_at is not null, c.raised_at,
       case when e.asked_at < coalesce(e.held_at, 'infinity') then e.asked_at else c.raised_at end,
       coalesce(e.accepted_at, case when c.outcome is not null then c.resolved_at end, 'infinity'),
       coalesce(e.set_out_at, 'infinity'), coalesce(e.arrived_at, 'infinity'),
       coalesce(c.resolved_at, 'infinity')
from chosen c left join alert_answer e on e.alert_id = c.id

-- name: escalations()
-- How late somebody who did not answer was passed over.
select c.team, c.kind, c.model, c.priority, late.ms
from chosen c join alert_answer e on e.alert_id = c.id cross join lateral unnest(e.late_ms) late (ms)

-- name: offers()
-- Who was asked on duty: neither the family nor contacts, and not who was asked to take over or
-- answered without being asked. A person is a number that is the same everywhere.
select c.team, c.kind, c.model, c.priority, hashtextextended(o.person, 0), o.offered_at
from chosen c
join offer o on o.alert_id = c.id
where o.username is not null and o.party not in ('', 'family', 'contacts', 'person')

-- name: residents(teams, parts, unowned)
select coalesce(t.part, 0), r.created_at
from resident r
left join unnest(cast(:teams as text[]), cast(:parts as integer[])) as t (id, part)
       on t.id = r.team_id
where t.id is not null or (:unowned and r.team_id is null)

-- name: devices(teams, parts, unowned, models, model)
-- Each from when it was placed with a resident, or heard before that; and since when it was heard.
-- One in a drawer that was never heard is nothing yet. Where a device stands today counts for all of
-- its time.
select coalesce(t.part, 0), coalesce(array_position(cast(:models as text[]), d.model), 0),
       least(d.placed_at, s.first_heard_at), coalesce(s.first_heard_at, 'infinity'),
       coalesce(d.removed_at, 'infinity')
from device d
left join device_status s on s.device = d.slot
left join resident r on r.id = d.resident_id
left join unnest(cast(:teams as text[]), cast(:parts as integer[])) as t (id, part)
       on t.id = coalesce(r.team_id, d.team_id)
where d.kind not in ('bridge', 'display') and num_nulls(d.placed_at, s.first_heard_at) < 2
  and (t.id is not null or (:unowned and coalesce(r.team_id, d.team_id) is null))
  and (cast(:model as text) is null or d.model = :model)

-- name: lapses(teams, parts, unowned, models, model, since, until)
-- How long each device was named by an open alert of silence, since it was first heard.
select coalesce(t.part, 0), coalesce(array_position(cast(:models as text[]), d.model), 0),
       greatest(held.at, s.first_heard_at), least(held.until, coalesce(d.removed_at, 'infinity'))
from alert a
cross join lateral (
    select at, lead(at, 1, 'infinity') over (order by sequence) as until,
           case when after ->> 'state' <> 'resolved' then after -> 'sources' end as sources
    from alert_event where alert_id = a.id
) held
cross join lateral jsonb_array_elements_text(held.sources) as source (id)
join device d on d.id = source.id and d.kind not in ('bridge', 'display')
join device_status s on s.device = d.slot and s.first_heard_at is not null
left join resident r on r.id = d.resident_id
left join unnest(cast(:teams as text[]), cast(:parts as integer[])) as t (id, part)
       on t.id = coalesce(r.team_id, d.team_id)
where a.kind = 'device_silent' and a.raised_at < :until
  and coalesce(a.resolved_at, 'infinity') > :since
  and (t.id is not null or (:unowned and coalesce(r.team_id, d.team_id) is null))
  and (cast(:model as text) is null or d.model = :model)

-- name: tests(teams, parts, unowned, models, model, grace)
-- Of each button and fall detector that is to be tested: from when it was placed, or tested, to its
-- next test; and when that became overdue.
select coalesce(t.part, 0), coalesce(array_position(cast(:models as text[]), d.model), 0),
       told.at, told.at + i.days * interval '1 day' + :grace, told.until
from device d
join resident r on r.id = d.resident_id
join test_interval i on i.device = d.slot and i.days > 0
left join unnest(cast(:teams as text[]), cast(:parts as integer[])) as t (id, part)
       on t.id = r.team_id
cross join lateral (
    select at, lead(at, 1, coalesce(d.removed_at, 'infinity')) over (order by at) as until
    from (select d.placed_at as at union select at from device_test where device = d.slot) known
) told
where d.kind in ('button', 'fall') and (t.id is not null or (:unowned and r.team_id is null))
  and (cast(:model as text) is null or d.model = :model)

-- name: models()
select distinct model from device where model is not null order by model;

-- name: zone(teams, unowned)$
-- The time zone in which most of the residents live.
select timezone from resident
where team_id = any(cast(:teams as text[])) or (:unowned and team_id is null)
group by timezone order by count(*) desc, timezone limit 1;

-- name: teams(everything, teams)
select id, name, parent_id from team where :everything or id = any(cast(:teams as text[]))
order by id;
