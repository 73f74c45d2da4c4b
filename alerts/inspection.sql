-- The standing audit: what could keep an alert from reaching anybody, and whether it is mended.

-- name: one_inspector()$
select pg_try_advisory_xact_lock(7264012);

-- name: hurry(milliseconds)$
-- No statement of this transaction may take longer.
select set_config('statement_timeout', :milliseconds, true);

-- name: unattended(overdue_since)
-- Open alerts without an owner or a deadline (the database should forbid them), or overdue.
(select id, 'nobody answers for it' as lacks from alert
 where state <> 'resolved' and (deadline is null or responsible = '') limit 20)
union all
(select id, 'its deadline has passed' from alert
 where state <> 'resolved' and deadline < :overdue_since order by deadline limit 20);

-- name: stuck(since)
-- Channels of the outbox with messages that were due and that nobody has taken.
select channel, count(*) as messages, min(next_at) as waiting_since from outbox
where sent_at is null and given_up_at is null and next_at < :since
group by channel order by channel;

-- name: stopped(since)
-- Escalators that were last seen before that, and that no later one has replaced.
select id, seen_at from escalator gone
where seen_at < :since
  and not exists (select from escalator newer where newer.started_at > gone.seen_at)
order by id;

-- name: open_defects()
select id, kind, thing, sentence, since from defect where ended_at is null order by kind, thing;

-- name: insert_defect(kind, thing, sentence, since)$
insert into defect (kind, thing, sentence, since) values (:kind, :thing, :sentence, :since)
on conflict (kind, thing) where ended_at is null do nothing
returning id;

-- name: end_defects(ids, at)!
update defect set ended_at = :at where id = any(:ids);

-- name: tell_admins(occasion, reason, now)!
-- A message to each admin, about no alert.
insert into outbox (alert_id, occasion, party, recipient, channel, payload, created_at, next_at)
select null, :occasion, 'admin', a.id, 'any',
       jsonb_build_object(
           'occasion', 'defect', 'reason', :reason::text,
           'alert', jsonb_build_object('id', null, 'kind', 'defect', 'priority', 'high'),
           'recipient', jsonb_build_object('party', 'admin', 'name', a.name,
                                           'username', a.username)),
       :now, :now
from account a where a.role = 'admin' and a.disabled_at is null;

-- name: seen(id, now)!
insert into escalator (id, started_at, seen_at) values (:id, :now, :now)
on conflict (id) do update set seen_at = excluded.seen_at;

-- name: ended(id)!
delete from escalator where id = :id;

-- name: forget_escalators(before)!
-- Whoever has been away for a day was told of, or replaced.
delete from escalator where seen_at < :before;

-- name: last_seen()$
select max(seen_at) from escalator;

-- name: pump_at_work(lock)$
select exists (
    select from pg_locks where locktype = 'advisory' and objid = :lock and granted
      and database = (select oid from pg_database where datname = current_database()));
