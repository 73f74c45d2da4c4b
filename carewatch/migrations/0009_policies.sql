-- Policies: who is asked about an alert, by team, priority and kind. A row is a version and is
-- never altered but for its end; open alerts keep the version that they were raised under.

-- `steps` is a list of {"parties", "hold_s", "quiet", "repeats"}; team and kind null: all.
create table policy (
    id           bigint generated always as identity primary key,
    team_id      text references team,
    priority     text not null check (priority in ('high', 'medium', 'low')),
    kind         text,
    steps        jsonb not null check (jsonb_array_length(steps) > 0),
    quiet_from   time,
    quiet_until  time,
    made_by      text not null,
    made_at      timestamptz not null,
    ended_by     text,
    ended_at     timestamptz,
    check ((quiet_from is null) = (quiet_until is null)),
    check (quiet_from is null or priority <> 'high')
);
create unique index policy_in_force on policy (coalesce(team_id, ''), priority, coalesce(kind, ''))
    where ended_at is null;

insert into policy (priority, steps, made_by, made_at)
select priority,
       jsonb_agg(jsonb_build_object('parties', to_jsonb(parties), 'hold_s', hold_s,
                                    'quiet', quiet, 'repeats', 0) order by step),
       'carewatch', now()
from policy_step group by priority order by priority;
drop table policy_step;

-- `asked`: how often the alert's step was told; 0 while quiet hours hold it back.
alter table alert
    add column asked      smallint not null default 1,
    add column policy_id  bigint references policy;

-- A person's own hours in which nothing rings that is not high, by their own clock.
create table quiet_hours (
    account_id   text primary key references account,
    starts_at    time not null,
    ends_at      time not null,
    timezone     text not null
);
