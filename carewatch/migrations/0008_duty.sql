-- Who is on duty: rotas, swaps and holidays. Account names stand for people, as everywhere outside.

-- One layer of a team's duty; `shifts` is a list of {"day", "starts", "ends", "people"}.
create table rota (
    id          text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    team_id     text not null references team,
    party       text not null default 'station'
                check (party in ('station', 'centre', 'responders', 'volunteers')),
    layer       smallint not null default 1 check (layer between 1 and 9),
    name        text not null,
    timezone    text not null,
    shifts      jsonb not null default '[]' check (jsonb_typeof(shifts) = 'array'),
    version     integer not null default 1,
    changed_by  text not null,
    changed_at  timestamptz not null,
    unique (team_id, party, layer)
);

-- Somebody takes a span from somebody else, or one that nobody has. What is taken back stays
-- written down.
create table swap (
    id            bigint generated always as identity primary key,
    rota_id       text not null references rota on delete cascade,
    giver         text references account (username),
    taker         text not null references account (username),
    starts_at     timestamptz not null,
    ends_at       timestamptz not null check (ends_at > starts_at),
    note          text,
    noted_by      text not null,
    noted_at      timestamptz not null,
    withdrawn_by  text,
    withdrawn_at  timestamptz,
    check (giver is distinct from taker)
);
create index on swap (rota_id, ends_at) where withdrawn_at is null;

-- Dates on which another day's shifts hold, for a team and all below it.
create table holiday (
    team_id   text not null references team,
    date      date not null,
    name      text not null,
    pattern   text not null default 'holiday' check (pattern in ('monday', 'tuesday', 'wednesday',
              'thursday', 'friday', 'saturday', 'sunday', 'holiday')),
    noted_by  text not null,
    primary key (team_id, date)
);
