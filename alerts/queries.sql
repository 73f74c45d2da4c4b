-- Alerts, their history, who is told, and what is on its way to them.

-- name: lock_alerts(ids, subjects)
-- The alerts of these names, and the open ones of these subjects, kept from others till commit.
-- (`no key`: whoever adds something to an alert meanwhile, as the outbox does, need not wait. A
-- stronger lock is a deadlock with one who has locked messages of it. And a join would show the
-- account of before a wait for the lock; a subquery shows today's.)
select a.*, (select username from account where id = a.accepted_by) as holder
from alert a
where a.id = any(:ids) or (a.subject = any(:subjects) and a.state <> 'resolved')
order by a.id
for no key update of a;

-- name: open_beside(subjects, kinds)
-- Open alerts of these kinds, only to look at.
select a.*, null as holder from alert a
where a.subject = any(:subjects) and a.kind = any(:kinds) and a.state <> 'resolved';

-- name: due_alerts(now, limit)
-- Open alerts whose deadline has passed and that no other escalator is at, the most overdue first.
select a.*, (select username from account where id = a.accepted_by) as holder
from alert a
where a.state <> 'resolved' and a.deadline <= :now
order by a.deadline
limit :limit
for no key update of a skip locked;

-- name: next_deadline()$
-- Of an open alert, or of somebody who is asked to take one over.
select least((select min(deadline) from alert where state <> 'resolved'),
             (select min(deadline) from offer where answer is null and handed_by is not null));

-- name: unattended(overdue_since)^
-- Open alerts that nobody answers for (there must be none), and overdue ones.
select count(*) filter (where deadline is null or responsible = '') as nobodys,
       count(*) filter (where deadline < :overdue_since) as overdue
from alert where state <> 'resolved';

-- name: known_occurrences(names)
-- Which of these occurrences a resolved alert has dealt with.
select unnest(occurrences) as name, priority from alert
where occurrences && :names::text[] and state = 'resolved'
order by raised_at;

-- name: recent_incidents(subjects, since)
-- The latest alert of each subject, for its incident.
select distinct on (subject) subject, incident_id, raised_at from alert
where subject = any(:subjects) and raised_at >= :since
order by subject, raised_at desc;

-- name: one_writer()$
-- Writers append one after the other, so that the order of sequences is the order of commits.
select pg_advisory_xact_lock(7264010);

-- name: next_sequences(count)
select nextval('alert_sequence') as sequence from generate_series(1, :count);

-- name: save_alerts*!
insert into alert (
    id, subject, resident_id, device_id, team_id, kind, priority, latching, state, since,
    raised_at, evidence, sources, incident_id, step, round, responsible, deadline, occurrences,
    heard_at, accepted_by, accepted_at, resolved_at, outcome, note, sequence, asked, policy_id,
    helpers, expected_at, held_by, inhibited
) values (
    :id, :subject, :resident_id, :device_id, :team_id, :kind, :priority, :latching, :state, :since,
    :raised_at, :evidence, :sources, :incident_id, :step, :round, :responsible, :deadline,
    :occurrences, :heard_at, :accepted_by, :accepted_at, :resolved_at, :outcome, :note, :sequence,
    :asked, :policy_id, :helpers, :expected_at, :held_by, :inhibited
) on conflict (id) do update set
    priority = excluded.priority,
    state = excluded.state,
    evidence = excluded.evidence,
    sources = excluded.sources,
    step = excluded.step,
    round = excluded.round,
    responsible = excluded.responsible,
    deadline = excluded.deadline,
    occurrences = excluded.occurrences,
    heard_at = excluded.heard_at,
    accepted_by = excluded.accepted_by,
    accepted_at = excluded.accepted_at,
    resolved_at = excluded.resolved_at,
    outcome = excluded.outcome,
    note = excluded.note,
    sequence = excluded.sequence,
    asked = excluded.asked,
    policy_id = excluded.policy_id,
    helpers = excluded.helpers,
    expected_at = excluded.expected_at,
    held_by = excluded.held_by,
    inhibited = excluded.inhibited;

-- name: append_events*!
insert into alert_event (sequence, alert_id, at, change, by, by_role, reason, reasons, evidence, after)
values (:sequence, :alert_id, :at, :change, :by, :by_role, :reason, :reasons, :evidence, :after);

-- name: link_events*!
-- The alert that an event of a device led to.
update event_key set alert_id = :alert_id where device = :device and key = :key;

-- name: receipts*!
-- Tells every device whose event led to the alert what became of it; an event without an id
-- of its own is answered with null, once.
insert into downlink (device_id, topic, payload)
select distinct d.id, 'cw/v1/' || d.id || '/receipt',
       jsonb_build_object(
           'event', e.id, 'state', :state::text, 'alert', :alert_id::text, 'at', :at::text
       ) || jsonb_strip_nulls(jsonb_build_object('by', :by::text))
from event_key k
join event e on e.device = k.device and e.key = k.key and e.happened_at = k.happened_at
join device d on d.slot = k.device
where k.alert_id = :alert_id;

-- Reading

-- name: alert(id)^
select a.*, p.username as holder
from alert a left join account p on p.id = a.accepted_by
where a.id = :id;

-- name: history(alert_id)
select e.sequence, e.at, e.change, coalesce(p.username, e.by) as by, e.by_role, e.reason, e.reasons,
       e.evidence
from alert_event e left join account p on p.id = e.by
where e.alert_id = :alert_id
order by e.sequence;

-- name: went_silent(alerts)
-- Of each alert that its last holder let lapse: who that is, and when they last did something.
-- Whoever has said anything since then is not silent.
select distinct on (e.alert_id) e.alert_id, p.username as person,
       coalesce((select max(d.at) from alert_event d
                 where d.alert_id = e.alert_id and d.sequence < e.sequence and d.by = p.id),
                e.at) as since
from alert_answer taken  -- of most nobody is, so that their histories need not be read
join alert_event e on e.alert_id = taken.alert_id
join account p on p.username = e.evidence ->> 'responsible'
where taken.alert_id = any(:alerts) and taken.accepted_at is not null and e.change = 'no_answer'
  and e.evidence ->> 'state' in ('accepted', 'responding')
  and not exists (
      select from alert_event d
      where d.alert_id = e.alert_id and d.sequence > e.sequence
        and (d.change = 'accepted' or d.by = p.id))
order by e.alert_id, e.sequence desc;

-- name: page(everything, residents, teams, unowned, incidents, asked, state, resident, kind, incident, untaken_since, before_at, before_id, limit)
-- The newest first; `state` 'open' means not resolved. `untaken_since` asks for what ended by itself
-- since then (and was raised no more than a week before) though nobody ever took it.
-- `asked` are `party@team`, or parties of one's own.
select a.*, p.username as holder
from alert a left join account p on p.id = a.accepted_by
where (:everything or a.resident_id = any(:residents) or a.team_id = any(:teams)
       or (:unowned and a.team_id is null) or a.incident_id = any(:incidents)
       or (a.state = 'open' and exists (
           select from unnest(string_to_array(a.responsible, ', ')) as party
           where party = any(:asked) or party || '@' || a.team_id = any(:asked))))
  and (:state::text is null or a.state = :state or (:state = 'open' and a.state <> 'resolved'))
  and (:resident::text is null or a.resident_id = :resident)
  and (:kind::text is null or a.kind = :kind)
  and (:incident::text is null or a.incident_id = :incident)
  and (:untaken_since::timestamptz is null
       or (a.state = 'resolved' and a.outcome is null and a.priority <> 'low'
           and a.resolved_at >= :untaken_since
           and a.raised_at >= :untaken_since::timestamptz - interval '7 days'
           and not exists (
               select from alert_answer w
               where w.alert_id = a.id and w.accepted_at is not null)))
  and (:before_at::timestamptz is null or (a.raised_at, a.id) < (:before_at, :before_id))
order by a.raised_at desc, a.id desc
limit :limit;

-- name: snapshot(everything, residents, teams, unowned, incidents, asked)
-- The open alerts and the sequence that they stand at, in one look; a row without an alert
-- where there is none.
select head.latest, a.*, p.username as holder
from (select coalesce(max(sequence), 0) as latest from alert_event) head
left join alert a on a.state <> 'resolved' and (
    :everything or a.resident_id = any(:residents) or a.team_id = any(:teams)
    or (:unowned and a.team_id is null) or a.incident_id = any(:incidents)
    or (a.state = 'open' and exists (
        select from unnest(string_to_array(a.responsible, ', ')) as party
        where party = any(:asked) or party || '@' || a.team_id = any(:asked))))
left join account p on p.id = a.accepted_by
order by a.raised_at desc, a.id desc;

-- name: events_after(sequence, limit)
select sequence, alert_id, at, change, by_role, reason, after from alert_event
where sequence > :sequence order by sequence limit :limit;

-- name: latest_sequence()$
select coalesce(max(sequence), 0) from alert_event;

-- name: earliest_sequence()$
select coalesce(min(sequence), 0) from alert_event;

-- The outbox

-- name: post*!
-- A message whose channels are still to be chosen, from `next_at` on.
insert into outbox (alert_id, occasion, party, recipient, channel, payload, created_at, next_at)
values (:alert_id, :occasion, :party, :recipient, 'any', :payload, :now, :next_at)
on conflict do nothing;

-- name: already_told*!
-- First messages of an alert that were told before it was recorded; those that are being told at
-- this moment are taken up again at `next_at`, unless they have got through by then.
insert into outbox (
    alert_id, occasion, party, recipient, channel, address, route, payload, created_at, next_at,
    attempts, sent_at
)
values (
    :alert_id, :occasion, :party, :recipient, :channel, :address, :route, :payload, :now, :next_at,
    1, :sent_at
)
on conflict (alert_id, occasion, recipient, channel, address)
do update set sent_at = coalesce(outbox.sent_at, excluded.sent_at);

-- name: no_longer_of_use(now, why, alert_ids)!
update outbox set given_up_at = :now, last_error = 'no longer of use: ' || :why::text
where alert_id = any(:alert_ids) and sent_at is null and given_up_at is null;

-- name: unrouted(now, limit)
select id, alert_id, occasion, party, recipient, payload, created_at from outbox
where channel = 'any' and next_at <= :now and sent_at is null and given_up_at is null
order by id limit :limit
for update skip locked;

-- name: route*!
-- The same message by one channel.
insert into outbox (
    alert_id, occasion, party, recipient, channel, address, route, payload, created_at, next_at
) values (
    :alert_id, :occasion, :party, :recipient, :channel, :address, :route, :payload, :created_at, :now
) on conflict do nothing;

-- name: routed(ids)!
delete from outbox where id = any(:ids);

-- name: claim(until, channel, now, limit)
-- The messages of a channel that are due; nobody else takes them before `until`.
update outbox o set attempts = o.attempts + 1, next_at = :until
from (
    select id from outbox
    where channel = :channel and next_at <= :now and sent_at is null and given_up_at is null
    order by next_at limit :limit
    for update skip locked
) due
where o.id = due.id
returning o.id, o.alert_id, o.occasion, o.party, o.recipient, o.channel, o.address, o.route,
          o.payload, o.created_at, o.attempts;

-- name: delivered(now, id)!
update outbox set sent_at = :now, last_error = null where id = :id;

-- name: try_again(next_at, error, id)!
update outbox set next_at = :next_at, last_error = :error
where id = :id and given_up_at is null;

-- name: give_up(now, error, id)!
update outbox set given_up_at = :now, last_error = :error where id = :id and given_up_at is null;

-- name: next_delivery(channel)$
select min(next_at) from outbox
where channel = :channel and sent_at is null and given_up_at is null;
