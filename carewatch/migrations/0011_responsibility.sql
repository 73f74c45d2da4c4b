-- Responsibility: to whom each alert was offered, and what they answered; and the standing audit.

alter table alert
    add column helpers      text[] not null default '{}',
    add column expected_at  timestamptz;
create index alert_helpers on alert using gin (helpers) where state <> 'resolved';

-- One row an offer. `person` is an account's id, or names a contact of the resident or the centre
-- as such; `sequence` is the change that offered it; `handed_by` who wants to hand it over.
create table offer (
    alert_id     text not null references alert on delete cascade,
    sequence     bigint not null,
    person       text not null,
    name         text not null,
    username     text,
    party        text not null,
    step         integer not null,
    round        integer not null,
    offered_at   timestamptz not null,
    deadline     timestamptz not null,
    handed_by    text,
    answer       text check (answer in ('accepted', 'rejected', 'no_answer', 'taken', 'redirected',
                 'over')),
    answered_at  timestamptz,
    why          text,
    live         boolean not null default true,
    primary key (alert_id, sequence, person),
    check ((answer is null) = (answered_at is null))
);
-- Nobody is asked about an alert a second time while they may still answer the first.
create unique index offer_pending on offer (alert_id, person) where answer is null;
create index offer_hand_over on offer (deadline) where answer is null and handed_by is not null;
create index offer_live on offer (person) where live;

-- Escalators at work; a row that is not renewed is one that has stopped without saying so.
create table escalator (
    id          text primary key,
    started_at  timestamptz not null,
    seen_at     timestamptz not null
);

-- What the standing audit has found; ended once it is mended.
create table defect (
    id        bigint generated always as identity primary key,
    kind      text not null,
    thing     text not null,
    sentence  text not null,
    since     timestamptz not null,
    ended_at  timestamptz
);
create unique index open_defect on defect (kind, thing) where ended_at is null;

-- What the audit has to tell is about no alert.
alter table outbox alter column alert_id drop not null;
