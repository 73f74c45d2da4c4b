-- Who is cared for, by whom, and with which devices.

create table team (
    id         text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    name       text not null,
    level      text not null check (level in ('county', 'township', 'village')),
    parent_id  text references team
);

-- Residents and devices draw their place in the engine's arrays from one sequence.
create sequence slot as integer minvalue 0 start 0;

create table resident (
    id          text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    slot        integer not null unique default nextval('slot'),
    name        text not null,
    team_id     text references team,
    timezone    text not null default 'UTC',
    birth_year  integer,
    address     text,
    way_in      text,
    risks       text,
    contacts    jsonb not null default '[]',
    created_at  timestamptz not null default now()
);
create index on resident (team_id);

create table device (
    id           text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    slot         integer not null unique default nextval('slot'),
    kind         text not null check (kind in ('bed', 'fall', 'button', 'ambient', 'bridge')),
    vendor       text,
    model        text,
    resident_id  text references resident,
    team_id      text references team,
    place        text,
    interval_s   real check (interval_s > 0),
    secret_hash  bytea not null,
    secret_since timestamptz not null default now(),
    created_at   timestamptz not null default now(),
    removed_at   timestamptz
);
create index on device (resident_id);
create index on device (vendor);

-- A bridge account publishes for these devices.
create table bridge_device (
    bridge_id  text not null references device,
    device_id  text not null references device,
    primary key (bridge_id, device_id)
);

-- What was last heard of a device; apart from `device`, because it changes all the time.
create table device_status (
    device          integer primary key references device (slot),
    heard_at        timestamptz,
    online          boolean,
    firmware        text,
    battery         real,
    unknown_fields  bigint not null default 0
) with (fillfactor = 50);

-- A resident's, a team's or a device model's own value in place of a detector's default.
create table threshold (
    scope     text not null check (scope in ('resident', 'team', 'model')),
    scope_id  text not null,
    name      text not null,
    value     double precision not null,
    primary key (scope, scope_id, name)
);

create table account (
    id             text primary key,
    username       text not null unique,
    password_hash  text not null,
    role           text not null check (role in ('family', 'station', 'centre', 'vendor', 'admin')),
    name           text not null default '',
    team_id        text references team,
    vendor         text,
    created_at     timestamptz not null default now(),
    disabled_at    timestamptz
);

-- The family circle: who may see a resident, and is told first.
create table care_circle (
    account_id   text not null references account,
    resident_id  text not null references resident,
    primary key (account_id, resident_id)
);
create index on care_circle (resident_id);

-- A login; only the token's SHA-256 is kept.
create table session (
    token_hash  bytea primary key,
    account_id  text not null references account,
    created_at  timestamptz not null,
    expires_at  timestamptz not null
);

-- Moves on with every change of people or devices, so that snapshots know when they are old.
create table directory_version (version bigint not null);
insert into directory_version values (1);

create function directory_changed() returns trigger language plpgsql as $$
begin
    update directory_version set version = version + 1;
    perform pg_notify('directory', '');
    return null;
end $$;

create trigger directory_changed after insert or update or delete on team
    for each statement execute function directory_changed();
create trigger directory_changed after insert or update or delete on resident
    for each statement execute function directory_changed();
create trigger directory_changed after insert or update or delete on device
    for each statement execute function directory_changed();
create trigger directory_changed after insert or update or delete on bridge_device
    for each statement execute function directory_changed();
create trigger directory_changed after insert or update or delete on threshold
    for each statement execute function directory_changed();
create trigger directory_changed after insert or update or delete on account
    for each statement execute function directory_changed();
create trigger directory_changed after insert or update or delete on care_circle
    for each statement execute function directory_changed();
