-- What devices told us. Hypertables where TimescaleDB is present, day partitions where it is not.

do $$
begin
    if exists (select from pg_available_extensions where name = 'timescaledb')
       and current_setting('shared_preload_libraries') like '%timescaledb%' then
        create extension if not exists timescaledb;
    end if;
end $$;

create function has_timescale() returns boolean language sql stable as
$$ select exists (select from pg_extension where extname = 'timescaledb') $$;

-- Splits an empty table by day of the column: the one place that knows the two ways.
create function split_by_day(target text, by_column text) returns void language plpgsql as $$
begin
    if has_timescale() then
        perform create_hypertable(target::regclass, by_column::name,
                                  chunk_time_interval => interval '1 day',
                                  create_default_indexes => false);
        return;
    end if;
    execute format('alter table %I rename to %I', target, target || '_whole');
    execute format('create table %I (like %I including defaults including generated)'
                   ' partition by range (%I)', target, target || '_whole', by_column);
    execute format('drop table %I', target || '_whole');
    execute format('create table %I partition of %I default', target || '_other', target);
end $$;

-- Makes the partitions of the days from..till; nothing to do on a hypertable.
create function make_days(target text, from_day date, till_day date) returns integer
language plpgsql as $$
declare
    each_day date;
    made integer := 0;
begin
    if has_timescale() then
        return 0;
    end if;
    for each_day in select generate_series(from_day, till_day, interval '1 day')::date loop
        continue when to_regclass(format('%I', target || '_' || to_char(each_day, 'YYYYMMDD')))
            is not null;
        execute format('create table %I partition of %I for values from (%L) to (%L)',
                       target || '_' || to_char(each_day, 'YYYYMMDD'), target,
                       each_day::text || ' 00:00:00+00', (each_day + 1)::text || ' 00:00:00+00');
        made := made + 1;
    end loop;
    return made;
end $$;

-- One row a device and instant; `subject` is the slot of the resident (or of the device itself).
create table sample (
    device            integer not null,
    subject           integer not null,
    measured_at       timestamptz not null,
    received_at       timestamptz not null,
    heart_rate        real,
    respiration_rate  real,
    spo2              real,
    movement          real,
    signal_quality    real,
    battery           real,
    rssi              real,
    in_bed            boolean,
    presence          boolean
);
select split_by_day('sample', 'measured_at');
create unique index sample_once on sample (device, measured_at);
create index sample_of_subject on sample (subject, measured_at);
create index sample_arrival on sample using brin (received_at);

-- The rare quantities, one row each.
create table measurement (
    device       integer not null,
    subject      integer not null,
    measured_at  timestamptz not null,
    received_at  timestamptz not null,
    quantity     text not null,
    value        real not null
);
select split_by_day('measurement', 'measured_at');
create unique index measurement_once on measurement (device, measured_at, quantity);
create index measurement_of_subject on measurement (subject, quantity, measured_at);
create index measurement_arrival on measurement using brin (received_at);

create table event (
    device       integer not null,
    subject      integer not null,
    happened_at  timestamptz not null,
    received_at  timestamptz not null,
    event        text not null,
    key          text not null,
    id           text,
    certainty    text,
    place        text,
    active       boolean,
    detail       text,
    clock_wrong  boolean not null default false
);
select split_by_day('event', 'happened_at');
create unique index event_once on event (device, key, happened_at);
create index event_of_subject on event (subject, happened_at);
create index event_arrival on event using brin (received_at);

-- Recognises a repeated event whatever time the repetition claims, and what was answered to it.
create table event_key (
    device       integer not null,
    key          text not null,
    happened_at  timestamptz not null,
    received_at  timestamptz not null,
    alert_id     text,
    primary key (device, key)
);
create index on event_key (alert_id) where alert_id is not null;

-- Recognises the redelivery of a message whose time had to be taken from its arrival.
create table arrival (
    device       integer not null,
    digest       bytea not null,
    received_at  timestamptz not null,
    primary key (device, digest)
);
create index on arrival using brin (received_at);

-- Everything that was refused, with the first 4 KiB of it.
create table quarantine (
    id         bigint generated always as identity primary key,
    at         timestamptz not null,
    device_id  text,
    topic      text not null,
    reason     text not null,
    size       integer not null,
    payload    bytea not null
);
create index on quarantine (device_id, id);

-- The engine's memory at an instant; what arrived later is read again from the tables above.
create table checkpoint (
    name   text primary key,
    at     timestamptz not null,
    state  bytea not null
);

-- What is to be published to a device.
create table downlink (
    id          bigint generated always as identity primary key,
    device_id   text not null,
    topic       text not null,
    payload     jsonb not null,
    created_at  timestamptz not null default now(),
    sent_at     timestamptz
);
create index downlink_waiting on downlink (id) where sent_at is null;

create function downlink_waits() returns trigger language plpgsql as $$
begin
    perform pg_notify('downlink', '');
    return null;
end $$;
create trigger downlink_waits after insert on downlink
    for each statement execute function downlink_waits();

create table command (
    id           text primary key,
    device_id    text not null references device,
    command      text not null check (command in ('identify', 'test', 'configure')),
    arguments    jsonb not null default '{}',
    created_by   text,
    created_at   timestamptz not null default now(),
    ok           boolean,
    detail       text,
    finished_at  timestamptz
);
create index on command (device_id, created_at);
