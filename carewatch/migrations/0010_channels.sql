-- How people are reached: their channels, what became of each attempt, and answers without a login.
-- What is written while a message is sent names its alert without a reference: checking it would
-- lock the alert after the message, and who answers locks them the other way round.

alter table account
    add column language text not null default 'en' check (language in ('en', 'zh'));

-- A person's ways to be reached, in the order of `place`. Only a confirmed one is used: a code is
-- sent to it and entered back. The code itself is kept nowhere: whoever sends it makes it.
create table person_channel (
    id              bigint generated always as identity primary key,
    account_id      text not null references account,
    place           integer not null,
    kind            text not null check (kind in ('sms', 'email', 'wecom', 'dingtalk', 'feishu',
                    'telegram', 'ntfy', 'push')),
    address         text not null,
    keys            jsonb,  -- of a web push subscription
    priorities      text[] not null
                    check (priorities <@ '{high,medium,low}' and cardinality(priorities) > 0),
    created_at      timestamptz not null,
    confirmed_at    timestamptz,
    code_wanted_at  timestamptz,
    code_hash       bytea,
    code_until      timestamptz,
    code_tries      smallint not null default 0,
    problem         text,
    unique (account_id, kind, address),
    check ((kind = 'push') = (keys is not null))
);
create index person_channel_wants_code on person_channel (code_wanted_at)
    where code_wanted_at is not null;

-- When codes went out for somebody: nobody floods strangers' telephones with them.
create table code_sent (
    account_id  text not null references account on delete cascade,
    at          timestamptz not null
);
create index on code_sent (account_id, at);

create function code_wanted() returns trigger language plpgsql as $$
begin
    perform pg_notify('code', '');
    return null;
end $$;
create trigger code_wanted after insert or update of code_wanted_at on person_channel
    for each row when (new.code_wanted_at is not null) execute function code_wanted();

-- Keys that the server makes for itself once, such as that of web push.
create table server_key (
    name     text primary key,
    value    text not null,
    made_at  timestamptz not null default now()
);

-- A link in a message, by which its reader answers; without an account, one that shows the
-- hand-over page. Neither the token nor the code is kept, only their SHA-256.
create table answer_link (
    token_hash  bytea primary key,
    alert_id    text not null,
    account_id  text references account,
    code_hash   bytea,
    made_at     timestamptz not null,
    used_at     timestamptz,
    answer      text
);
create index on answer_link (alert_id);
create index on answer_link (account_id, code_hash);

-- Each attempt to reach somebody about an alert.
create table delivery (
    id         bigint generated always as identity primary key,
    at         timestamptz not null,
    alert_id   text not null,
    occasion   text not null,
    party      text not null,
    recipient  text not null,
    channel    text not null,
    attempt    integer not null,
    result     text not null check (result in ('delivered', 'failed', 'given_up')),
    reason     text
);
create index on delivery (alert_id, id);

-- `admitted_at`: when a message was let through to a person's address; `held`: it had to wait,
-- because too many had gone there within a minute.
alter table outbox
    add column admitted_at  timestamptz,
    add column held         boolean not null default false;
create index outbox_admitted on outbox (recipient, address, admitted_at)
    where admitted_at is not null;

-- A display on a wall or at a bedside shows its team's alerts.
alter table device drop constraint device_kind_check;
alter table device add constraint device_kind_check
    check (kind in ('bed', 'fall', 'button', 'ambient', 'bridge', 'display'));
create function display_moved() returns trigger language plpgsql as $$
begin
    perform pg_notify('revoked', new.id);
    return null;
end $$;
create trigger display_moved after update of team_id on device
    for each row when (new.kind = 'display' and new.team_id is distinct from old.team_id)
    execute function display_moved();
