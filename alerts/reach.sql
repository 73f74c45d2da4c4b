-- How people are reached: their channels, what is on its way to them, and answers by link.

-- name: channels_of(account)
-- A person's channels in their order.
select id, kind, address, priorities, confirmed_at, code_wanted_at, code_until, problem,
       reasons
from person_channel where account_id = :account order by place, id;

-- name: lock_account(account)$
-- Keeps others from changing somebody's channels until commit.
select id from account where id = :account for no key update;

-- name: language(account)$
select language from account where id = :account;

-- name: set_language(account, language)!
update account set language = :language where id = :account and language <> :language;

-- name: arrange_channel(account, id, place, priorities)!
-- Another place in the order, and other priorities.
update person_channel set place = :place, priorities = :priorities
where id = :id and account_id = :account;

-- name: add_channel(account, place, kind, address, priorities, at)^
-- A channel that is to be confirmed, or the one of that address that is there already.
insert into person_channel (account_id, place, kind, address, priorities, created_at, code_wanted_at)
values (:account, :place, :kind, :address, :priorities, :at, :at)
on conflict (account_id, kind, address)
do update set place = excluded.place, priorities = excluded.priorities
returning id;

-- name: add_push(account, address, keys, at)^
-- A browser that was asked to show notifications; the login itself confirms it.
insert into person_channel (account_id, place, kind, address, keys, priorities, created_at,
                            confirmed_at)
select :account, coalesce(max(place) + 1, 0), 'push', :address, :keys, '{high,medium,low}', :at, :at
from person_channel where account_id = :account
on conflict (account_id, kind, address)
do update set keys = excluded.keys, confirmed_at = excluded.confirmed_at, problem = null,
              reasons = null
returning id;

-- name: drop_channels(account, kept)!
-- All of a person's channels but these.
delete from person_channel where account_id = :account and not id = any(cast(:kept as bigint[]));

-- Confirmation

-- name: want_code(account, id, at, not_since)!
-- Another code is to be sent, unless one was asked for or sent since.
update person_channel set code_wanted_at = :at
where account_id = :account and id = :id and confirmed_at is null and code_wanted_at is null
  and coalesce(code_until, '-infinity') <= :not_since;

-- name: codes_wanted()
-- Channels to which a code is to be sent, kept from other senders until commit.
select p.id, p.account_id, p.kind, p.address, p.keys, a.language
from person_channel p join account a on a.id = p.account_id
where p.code_wanted_at is not null
order by p.code_wanted_at limit 1
for update of p skip locked;

-- name: count_code(account, at)!
insert into code_sent (account_id, at) values (:account, :at);

-- name: codes_since(account, since)$
select count(*) from code_sent where account_id = :account and at > :since;

-- name: forget_codes(before)!
delete from code_sent where at <= :before;

-- name: code_refused(id, problem, reasons)!
update person_channel set code_wanted_at = null, problem = :problem, reasons = :reasons
where id = :id;

-- name: code_sent(id, code_hash, until)!
update person_channel
set code_wanted_at = null, code_hash = :code_hash, code_until = :until, code_tries = 0,
    problem = null, reasons = null
where id = :id;

-- name: channel_problem(id, problem, reasons)!
-- What went wrong with a channel; it is not used again until it is confirmed anew.
update person_channel set problem = :problem, reasons = :reasons, confirmed_at = null
where id = :id;

-- name: try_code(account, id, at)^
-- Counts a try; whether the code may still be tried, and what it is.
update person_channel set code_tries = code_tries + 1
where account_id = :account and id = :id and confirmed_at is null
returning code_hash, code_tries, coalesce(code_until > :at, false) as in_time;

-- name: confirmed(id, at)!
update person_channel
set confirmed_at = :at, code_hash = null, code_until = null, problem = null, reasons = null
where id = :id;

-- Messages to persons

-- name: first_channels(accounts)
-- The confirmed channels of these people, in their order.
select id, account_id, priorities from person_channel
where account_id = any(:accounts) and confirmed_at is not null
order by account_id, place, id;

-- name: reachable(usernames, priority)
-- Those of these people who have a confirmed channel for alerts of a priority.
select a.username from account a
where a.username = any(:usernames)
  and exists (select from person_channel p where p.account_id = a.id
              and p.confirmed_at is not null and :priority = any(p.priorities));

-- name: claim_for_persons(now, until, limit)
-- Messages to persons that are due, the high ones first; nobody else takes them before `until`.
update outbox o set attempts = o.attempts + 1, next_at = :until
from (
    select id from outbox
    where channel = 'person' and next_at <= :now and sent_at is null and given_up_at is null
    order by payload #>> '{alert,priority}' <> 'high', next_at limit :limit
    for update skip locked
) due
where o.id = due.id
returning o.id, o.alert_id, o.occasion, o.party, o.recipient, o.channel, o.address, o.payload,
          o.created_at, o.attempts, o.admitted_at, o.held;

-- name: one_at_a_time(recipient)$
select pg_advisory_xact_lock(7264011, hashtext(:recipient));

-- name: addressee(channel, alert_id)^
-- A confirmed channel with its owner, and the resident of an alert, where it is about one.
select p.kind, p.address, p.keys, a.id as account_id, a.username, a.language,
       r.name as resident, coalesce(r.timezone, 'UTC') as timezone,
       coalesce(r.consents, '[]') as consents
from person_channel p
join account a on a.id = p.account_id and a.disabled_at is null
left join alert on alert.id = :alert_id
left join resident r on r.id = alert.resident_id
where p.id = cast(:channel as bigint) and p.confirmed_at is not null;

-- name: admitted(recipient, address, since)^
-- How much was let through to an address lately, and when the first of it was.
select count(*) as many,
       count(*) filter (where payload #>> '{alert,priority}' = 'high') as high,
       min(admitted_at) as first
from outbox
where channel = 'person' and recipient = :recipient and address = :address
  and admitted_at > :since;

-- name: admit(ids, now)!
update outbox set admitted_at = :now where id = any(:ids);

-- name: hold(id, until)!
-- Too many at once: later, and together with what waits by then. No attempt was made.
update outbox set next_at = :until, held = true, attempts = attempts - 1 where id = :id;

-- name: held_with(id, recipient, address, now)
-- What else has waited for the same address.
select o.id, o.payload, o.alert_id, o.occasion, o.party, r.name as resident,
       coalesce(r.timezone, 'UTC') as timezone, coalesce(r.consents, '[]') as consents
from outbox o join alert a on a.id = o.alert_id left join resident r on r.id = a.resident_id
where o.channel = 'person' and o.recipient = :recipient and o.address = :address
  and o.held and o.next_at <= :now and o.sent_at is null and o.given_up_at is null and o.id <> :id
order by o.id
for update of o skip locked;

-- name: reached(ids, now)!
update outbox set sent_at = :now, last_error = null where id = any(:ids);

-- name: reached_otherwise(id, alert_id, occasion, recipient, now)!
-- Nobody needs the same message by a second channel. (What is about no alert is found by no
-- `=`, and `is not distinct from` would find nothing by the index.)
update outbox set given_up_at = :now, last_error = 'delivered by another channel'
where (alert_id = :alert_id or (cast(:alert_id as text) is null and alert_id is null))
  and occasion = :occasion and recipient = :recipient
  and channel = 'person' and id <> :id and sent_at is null and given_up_at is null;

-- name: fall_to_next(id, now)^
-- The same message by the next channel of the person that has not been tried.
insert into outbox (alert_id, occasion, party, recipient, channel, address, payload, created_at,
                    next_at)
select o.alert_id, o.occasion, o.party, o.recipient, 'person', p.id::text, o.payload,
       o.created_at, :now
from outbox o
join person_channel p on p.account_id = o.recipient and p.confirmed_at is not null
where o.id = :id and o.given_up_at is null and o.sent_at is null
  and o.payload #>> '{alert,priority}' = any(p.priorities)
  and p.id::text <> all (array(
      select tried.address from outbox tried
      where (tried.alert_id = o.alert_id or (o.alert_id is null and tried.alert_id is null))
        and tried.occasion = o.occasion and tried.recipient = o.recipient
        and tried.channel = 'person'))
order by p.place, p.id limit 1
on conflict do nothing
returning id;

-- name: somebody_is_reached(alert_id, occasion, now)$
-- Whether anybody has got this message by more than the log, or may yet at the first attempt.
select exists (
    select from outbox
    where alert_id = :alert_id and occasion = :occasion and channel <> 'log'
      and (sent_at is not null
           or (given_up_at is null and last_error is null
               and (channel <> 'any' or next_at <= :now)))
);

-- name: note_delivery(at, alert_id, occasion, party, recipient, channel, route, attempt, result, reason, reasons)!
insert into delivery (at, alert_id, occasion, party, recipient, channel, route, attempt, result,
                      reason, reasons)
values (:at, :alert_id, :occasion, :party, :recipient, :channel, :route, :attempt, :result, :reason,
        :reasons);

-- name: deliveries(alert_id)
-- What became of each message that went out, attempt by attempt, in order. What the outbox alone
-- knows of: lines of the log, and what was told before the alert could be recorded.
with went_out as (
    select id, at, occasion, party, recipient, channel, route, attempt, result, reason, reasons
    from delivery where alert_id = :alert_id
    union all
    select o.id, o.sent_at, o.occasion, o.party, o.recipient, coalesce(p.kind, o.channel),
           o.route, o.attempts, 'delivered', null, null
    from outbox o
    left join person_channel p on o.channel = 'person' and p.id::text = o.address
    where o.alert_id = :alert_id and o.sent_at is not null
      and not exists (
          select from delivery d
          where d.alert_id = o.alert_id and d.occasion = o.occasion
            and d.recipient = o.recipient and d.result = 'delivered'
            and (d.channel = o.channel and (d.route is null or d.route = o.route)
                 or (o.channel = 'person' and d.channel <> 'webhook')))
)
select w.at, split_part(w.occasion, ':', 1) as occasion, w.party,
       coalesce(a.username, w.recipient) as recipient, w.channel, w.route,
       w.attempt, w.result, w.reason, w.reasons
from went_out w left join account a on a.id = w.recipient
order by w.at, w.id;

-- Answers by link

-- name: make_link(token_hash, alert_id, account, code_hash, at)!
insert into answer_link (token_hash, alert_id, account_id, code_hash, made_at)
values (:token_hash, :alert_id, :account, :code_hash, :at);

-- name: link(token_hash)^
-- Whose link it is, and for which alert.
select l.token_hash, l.alert_id, l.account_id, l.used_at, l.answer, a.username, a.name, a.role,
       a.language, a.disabled_at is not null as disabled, al.resolved_at
from answer_link l left join account a on a.id = l.account_id join alert al on al.id = l.alert_id
where l.token_hash = :token_hash;

-- name: link_by_code(address, code_hash)^
-- The same by the short code, where the address is a confirmed one of its owner.
select l.token_hash, l.alert_id, l.account_id, l.used_at, l.answer, a.username, a.name, a.role,
       a.language, a.disabled_at is not null as disabled, al.resolved_at
from answer_link l join account a on a.id = l.account_id join alert al on al.id = l.alert_id
join person_channel p on p.account_id = a.id and p.confirmed_at is not null
where l.code_hash = :code_hash and p.kind in ('sms', 'email') and lower(p.address) = lower(:address)
order by l.made_at desc limit 1;

-- name: use_link(token_hash, at, answer)!
update answer_link set used_at = :at, answer = :answer where token_hash = :token_hash;

-- name: place_of(alert_id)^
-- Who an alert is about, and where.
select r.name, coalesce(r.timezone, 'UTC') as timezone,
       coalesce(r.consents, '[]') as consents, h.address, h.floor, h.way_in
from alert a left join resident r on r.id = a.resident_id left join home h on h.id = r.home_id
where a.id = :alert_id;

-- Keys, and other things of a person

-- name: key(name)$
select value from server_key where name = :name;

-- name: keep_key(name, value)!
insert into server_key (name, value) values (:name, :value) on conflict do nothing;

-- name: channels_by_name(username)
-- Somebody's confirmed channels.
select p.id, p.kind, p.address, p.keys, p.problem, a.language
from person_channel p join account a on a.id = p.account_id
where a.username = :username and p.confirmed_at is not null order by p.place, p.id;

-- As last read

-- name: all_channels()
-- The confirmed channels of everybody, in their order.
select p.id, p.account_id, p.kind, p.address, p.keys, p.priorities, a.language
from person_channel p join account a on a.id = p.account_id and a.disabled_at is null
where p.confirmed_at is not null order by p.account_id, p.place, p.id;

-- name: all_residents()
select id, name, timezone, consents from resident;
