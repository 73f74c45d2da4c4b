-- Alerts, what became of them, and who is to be told.

create table alert (
    id           text primary key,
    subject      text not null,
    resident_id  text references resident,
    device_id    text references device,
    team_id      text references team,
    kind         text not null,
    priority     text not null check (priority in ('high', 'medium', 'low')),
    latching     boolean not null,
    state        text not null
                 check (state in ('open', 'accepted', 'responding', 'on_site', 'resolved')),
    since        timestamptz not null,
    raised_at    timestamptz not null,
    evidence     jsonb not null default '{}',
    sources      text[] not null default '{}',
    incident_id  text not null,
    step         integer not null default 0,
    round        integer not null default 0,
    responsible  text not null check (responsible <> ''),
    deadline     timestamptz,
    occurrences  text[] not null default '{}',
    heard_at     timestamptz not null default now(),
    accepted_by  text references account,
    accepted_at  timestamptz,
    resolved_at  timestamptz,
    outcome      text
                 check (outcome in ('real', 'false_alarm', 'test', 'not_needed', 'handed_over')),
    note         text,
    sequence     bigint not null default 0,
    check ((state = 'resolved') = (deadline is null))
);
create unique index one_open_alert on alert (subject, kind) where state <> 'resolved';
create index alert_due on alert (deadline) where state <> 'resolved';
create index alert_of_resident on alert (resident_id, raised_at);
create index alert_of_subject on alert (subject, raised_at);
create index alert_of_occurrence on alert using gin (occurrences);
create index alert_of_team on alert (team_id, raised_at);
create index alert_by_age on alert (raised_at, id);

-- Every change of an alert; the alert is their fold. Sequence order is commit order, because
-- writers append under one lock.
create sequence alert_sequence as bigint;
create table alert_event (
    sequence  bigint primary key,
    alert_id  text not null references alert,
    at        timestamptz not null,
    change    text not null,
    by        text,
    by_role   text,
    reason    text,
    evidence  jsonb,
    after     jsonb not null
);
create index on alert_event (alert_id, sequence);

create function alert_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('alert', '');
    return null;
end $$;
create trigger alert_changed after insert on alert_event
    for each statement execute function alert_changed();

-- Who is asked, and when, if nobody answers: `hold_s` seconds after the step began, the next in line is asked;
-- without it, on the next working morning.
create table policy_step (
    priority  text not null check (priority in ('high', 'medium', 'low')),
    step      integer not null,
    hold_s    integer check (hold_s > 0),
    parties   text[] not null,
    quiet     boolean not null default false,
    primary key (priority, step)
);
insert into policy_step (priority, step, hold_s, parties, quiet) values
    ('high',   0, 60,    '{family,station}', false),
    ('high',   1, 120,   '{centre}',     false),
    ('high',   2, 120,   '{family,station,centre,contacts,handover}', false),
    ('medium', 0, 180,   '{family}',     false),
    ('medium', 1, 420,   '{station}',    false),
    ('medium', 2, 600,   '{centre}',     false),
    ('low',    0, null, '{station}', true);

-- A message to be delivered to somebody, until it is delivered or no longer of use.
create table outbox (
    id           bigint generated always as identity primary key,
    alert_id     text not null references alert,
    occasion     text not null,
    party        text not null,
    recipient    text not null,
    channel      text not null,
    address      text not null default '',
    payload      jsonb not null,
    created_at   timestamptz not null,
    next_at      timestamptz not null,
    attempts     integer not null default 0,
    sent_at      timestamptz,
    given_up_at  timestamptz,
    last_error   text,
    unique (alert_id, occasion, recipient, channel, address)
);
create index outbox_waiting on outbox (channel, next_at)
    where sent_at is null and given_up_at is null;
create index outbox_of_alert on outbox (alert_id) where sent_at is null and given_up_at is null;

create function outbox_waits() returns trigger language plpgsql as $$
begin
    perform pg_notify('outbox', '');
    return null;
end $$;
create trigger outbox_waits after insert on outbox
    for each statement execute function outbox_waits();
