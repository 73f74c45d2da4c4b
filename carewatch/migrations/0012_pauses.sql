-- What holds alerts back for a while: silences and absences; and tests of buttons and fall detectors.

-- Alerts of these kinds and priorities (an empty list stands for all) of a resident, a device, or a
-- team with all below it. It ends by itself, a week after it began at the latest.
create table silence (
    id           bigint generated always as identity primary key,
    resident_id  text references resident,
    device_id    text references device,
    team_id      text references team,
    kinds        text[] not null default '{}',
    priorities   text[] not null default '{}',
    starts_at    timestamptz not null,
    ends_at      timestamptz not null,
    reason       text not null check (reason <> ''),
    made_by      text not null,
    made_at      timestamptz not null,
    ended_by     text,
    ended_at     timestamptz,
    check (num_nonnulls(resident_id, device_id, team_id) = 1),
    check (ends_at > starts_at and ends_at <= starts_at + interval '7 days'),
    check ((ended_by is null) = (ended_at is null))
);
create index on silence (resident_id) where ended_at is null and resident_id is not null;
create index on silence (device_id) where ended_at is null and device_id is not null;
create index on silence (team_id) where ended_at is null and team_id is not null;

-- A resident is not at home. One that is open holds until `ends_at` too, unless it is confirmed.
create table absence (
    id           bigint generated always as identity primary key,
    resident_id  text not null references resident,
    cause        text not null check (cause in ('hospital', 'holiday', 'other')),
    starts_at    timestamptz not null,
    ends_at      timestamptz not null,
    open         boolean not null,
    note         text,
    made_by      text not null,
    made_at      timestamptz not null,
    ended_by     text,
    ended_at     timestamptz,
    check (ends_at > starts_at),
    check ((ended_by is null) = (ended_at is null))
);
create index on absence (resident_id) where ended_at is null;

-- What holds an alert back (`quiet_hours`, `silence:7`, `absence:7`, `alert:ID`), and what it holds
-- back itself: conditions that are not raised while it is open.
alter table alert
    add column held_by    text,
    add column inhibited  jsonb not null default '[]';
create index alert_incident on alert (incident_id);
create index alert_held_by on alert (held_by) where held_by is not null and state <> 'resolved';

-- A device is placed since it came to its resident; a device that is nobody's is in a drawer.
alter table device
    add column placed_at           timestamptz,
    add column test_interval_days  real check (test_interval_days >= 0);
update device set placed_at = now() where resident_id is not null;

create function device_is_placed() returns trigger language plpgsql as $$
begin
    if new.resident_id is null then
        new.placed_at := null;
    elsif tg_op = 'INSERT' or new.resident_id is distinct from old.resident_id
          or (old.removed_at is not null and new.removed_at is null) then
        new.placed_at := coalesce(case when tg_op = 'INSERT' then new.placed_at end, now());
    end if;
    return new;
end $$;
create trigger device_is_placed before insert or update of resident_id, removed_at on device
    for each row execute function device_is_placed();

-- Somebody is about to test a device: what it tells until then rings nobody.
create table announced_test (
    id            bigint generated always as identity primary key,
    device_id     text not null references device,
    announced_by  text not null,
    announced_at  timestamptz not null,
    ends_at       timestamptz not null check (ends_at > announced_at)
);
create index on announced_test (device_id, ends_at);

-- The ledger: what was told as a test, or within one. `announced_by` is who had announced it; null
-- where the device called it a test itself.
create table device_test (
    device        integer not null references device (slot),
    key           text not null,
    at            timestamptz not null,
    event         text not null,
    announced_by  text,
    primary key (device, key)
);
create index on device_test (device, at desc);

-- The latest of each device, for the directory.
alter table device_status add column tested_at timestamptz;
