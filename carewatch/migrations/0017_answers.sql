-- Figures say no more than is known, and a year of a county is read without its history.

-- When a device was first heard. Of one that was heard before this column was there nothing says
-- when: as before, it counts since it was registered. One that was never heard has none.
alter table device_status add column first_heard_at timestamptz;
update device_status s set first_heard_at = d.created_at
from device d where d.slot = s.device and s.heard_at is not null;

-- What people did with each alert, one narrow row each. A year of figures reads this in place of the
-- alerts' histories, whose rows carry the whole alert and are forty times as wide.
create table alert_answer (
    alert_id     text primary key references alert on delete cascade,
    asked_at     timestamptz,
    held_at      timestamptz,
    accepted_at  timestamptz,
    set_out_at   timestamptz,
    arrived_at   timestamptz,
    mistake      text,
    late_ms      bigint[] not null default '{}'
);

insert into alert_answer
select alert_id,
       min(at) filter (where change = 'asked'),
       min(at) filter (where change = 'held_back'),
       min(at) filter (where change = 'accepted'),
       min(at) filter (where change in ('on_the_way', 'arrived')),
       min(at) filter (where change = 'arrived'),
       max(evidence ->> 'mistake') filter (where change = 'resolved'),
       coalesce(array_agg(cast(evidence ->> 'late_ms' as bigint) order by sequence)
                filter (where change = 'no_answer' and evidence ->> 'late_ms' is not null), '{}')
from alert_event
where change in ('asked', 'held_back', 'accepted', 'on_the_way', 'arrived', 'no_answer')
      or (change = 'resolved' and evidence ? 'mistake')
group by alert_id;
drop index alert_event_answers;

-- It is kept with the history, so that nobody who writes that can forget it: of each change the
-- first, and by how much every deadline was missed.
create function keep_alert_answer() returns trigger language plpgsql as $$
begin
    insert into alert_answer as a
    values (new.alert_id,
            case when new.change = 'asked' then new.at end,
            case when new.change = 'held_back' then new.at end,
            case when new.change = 'accepted' then new.at end,
            case when new.change in ('on_the_way', 'arrived') then new.at end,
            case when new.change = 'arrived' then new.at end,
            case when new.change = 'resolved' then new.evidence ->> 'mistake' end,
            case when new.change = 'no_answer' and new.evidence ->> 'late_ms' is not null
                 then array[cast(new.evidence ->> 'late_ms' as bigint)] else '{}' end)
    on conflict (alert_id) do update set
        asked_at = least(a.asked_at, excluded.asked_at),
        held_at = least(a.held_at, excluded.held_at),
        accepted_at = least(a.accepted_at, excluded.accepted_at),
        set_out_at = least(a.set_out_at, excluded.set_out_at),
        arrived_at = least(a.arrived_at, excluded.arrived_at),
        mistake = coalesce(excluded.mistake, a.mistake),
        late_ms = a.late_ms || excluded.late_ms;
    return null;
end $$;
create trigger keep_alert_answer after insert on alert_event for each row
    when (new.change in ('asked', 'held_back', 'accepted', 'on_the_way', 'arrived', 'no_answer')
          or (new.change = 'resolved' and new.evidence ? 'mistake'))
    execute function keep_alert_answer();

-- Which webhook a message goes to, where the operator's and the hand-over's are both set up. Of what
-- went out before this column was there, nothing says which.
alter table outbox add column route text check (route in ('operator', 'handover'));
alter table delivery add column route text check (route in ('operator', 'handover'));

-- How often each button and fall detector is to be tested: its own interval, the resident's, that
-- of the nearest team upwards, the model's, or a week.
create view test_interval as
with recursive own as (
    select scope, scope_id, value from threshold where name = 'test_interval_days'
), chain as (
    select id as team, id, parent_id, 0 as distance from team
    union all
    select c.team, t.id, t.parent_id, c.distance + 1 from chain c join team t on t.id = c.parent_id
    where c.distance < 16
), of_team as (
    select distinct on (c.team) c.team, own.value
    from chain c join own on own.scope = 'team' and own.scope_id = c.id
    order by c.team, c.distance
)
select d.slot as device,
       coalesce(d.test_interval_days, of_resident.value, of_team.value, of_model.value, 7) as days
from device d
left join resident r on r.id = d.resident_id
left join own of_resident on of_resident.scope = 'resident' and of_resident.scope_id = r.id
left join of_team on of_team.team = r.team_id
left join own of_model on of_model.scope = 'model' and of_model.scope_id = d.model
where d.kind in ('button', 'fall');
