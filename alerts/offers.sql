-- Offers: whom an alert was offered to, until when, and what they answered.

-- name: pending_offers(alerts)
select * from offer where alert_id = any(:alerts) and answer is null order by sequence, person;

-- name: offers_of(alert)
select * from offer where alert_id = :alert order by sequence, party, name, person;

-- name: was_offered(alert, person)$
-- Whether somebody was offered an alert that is not resolved, and has not declined.
select exists (
    select from offer
    where alert_id = :alert and person = :person and live and answer is distinct from 'rejected'
);

-- name: save_offers(rows)!
-- All in one statement: a deadline that many alerts miss together must not wait for them.
insert into offer (
    alert_id, sequence, person, name, username, party, step, round, offered_at, deadline,
    handed_by, answer, answered_at, why
)
select alert_id, sequence, person, name, username, party, step, round, offered_at, deadline,
       handed_by, answer, answered_at, why
from jsonb_populate_recordset(null::offer, :rows)
on conflict (alert_id, sequence, person) do update set
    deadline = excluded.deadline,
    answer = excluded.answer,
    answered_at = excluded.answered_at,
    why = excluded.why;

-- name: end_offers(alerts)!
-- Of alerts that are resolved: to have been asked opens no door any more.
update offer set live = false where alert_id = any(:alerts) and live;

-- name: due_hand_overs(now, limit)
-- Alerts that somebody was to take over and has not answered, with that person.
select a.*, (select username from account where id = a.accepted_by) as holder,
       o.person, o.username, o.name, o.deadline as until
from offer o join alert a on a.id = o.alert_id
where o.answer is null and o.handed_by is not null and o.deadline <= :now and a.deadline > :now
order by o.deadline
limit :limit
for update of a skip locked;

-- name: offered_to(person)
-- What somebody is asked now, the longest ago first.
select alert_id as alert, party, offered_at, deadline, handed_by from offer
where person = :person and live and answer is null order by offered_at, alert_id;

-- name: takers(resident, team)
-- Everybody with an open account who has to do with the resident or the team, by name.
with recursive above as (
    select id, parent_id from team where id = :team
    union
    select t.id, t.parent_id from team t join above on t.id = above.parent_id
)
select a.id, a.username, coalesce(nullif(a.name, ''), a.username) as name, a.role from account a
where a.disabled_at is null and (
    a.role = 'admin'
    or (a.role = 'centre' and cast(:team as text) is null)
    or exists (select from care_circle where account_id = a.id and resident_id = :resident)
    or exists (select from membership m join above on above.id = m.team_id
               where m.account_id = a.id)
)
order by 3, a.username;
