-- Raw waveforms of the last hour, and those that an alert was decided on.

create table wave (
    device       integer not null,
    subject      integer not null,
    start        timestamptz not null,
    received_at  timestamptz not null,
    rate         real not null,
    signal       text not null check (signal in ('acceleration', 'bed')),
    placement    text,
    width        smallint not null,
    content      bytea not null,  -- float32, little endian, row by row, `width` values a row
    primary key (device, signal, start)
);
create index on wave (received_at);

-- The signal around an alert, kept with it.
create table alert_signal (
    alert_id   text not null references alert,
    device     integer not null,
    start      timestamptz not null,
    rate       real not null,
    signal     text not null,
    placement  text,
    width      smallint not null,
    content    bytea not null,
    primary key (alert_id, device, signal, start)
);
