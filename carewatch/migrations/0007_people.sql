-- People and places: the order of teams, homes, residents' files, memberships, and who looked at
-- what.

-- A team stands below one of the next higher level, or below none yet: so there is no circle.
create function team_stands_in_order() returns trigger language plpgsql as $$
begin
    if exists (
        select from team child join team above on above.id = child.parent_id
        where new.id in (child.id, above.id)
          and (above.level, child.level)
              not in (('county', 'township'), ('township', 'village'))
    ) then
        raise exception 'team % does not stand below the next higher level', new.id
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger team_stands_in_order after insert or update of level, parent_id on team
    for each row execute function team_stands_in_order();
create index on team (parent_id);

-- Where somebody lives, and how to get in; several residents may live in one home.
create sequence home_number as integer;
create table home (
    id             text primary key default 'home-' || nextval('home_number')
                   check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    team_id        text references team,
    address        text,
    floor          text,
    way_in         text,
    key_box_place  text,
    key_box_code   text,
    latitude       double precision check (latitude between -90 and 90),
    longitude      double precision check (longitude between -180 and 180),
    notes          text,
    version        bigint not null default 1,
    created_at     timestamptz not null default now(),
    check ((latitude is null) = (longitude is null))
);
create index on home (team_id);

-- A resident's file. `abilities` follows the Chinese ability assessment (GB/T 42195-2022):
-- 0 intact, 1 mildly, 2 moderately, 3 severely, 4 completely dependent.
alter table resident
    add column home_id     text references home,
    add column living      text check (living in ('alone', 'with_partner', 'with_family',
                               'with_carer', 'empty_nest', 'left_behind', 'other')),
    add column abilities   jsonb check ((abilities ->> 'level')::integer between 0 and 4),
    add column medication  text,
    add column languages   text[] not null default '{}',
    add column doctor      jsonb,
    add column consents    jsonb not null default '[]',
    add column version     bigint not null default 1;
create index on resident (home_id);

with moved as (
    select id, 'home-' || nextval('home_number') as home_id, team_id, address, way_in
    from resident where address is not null or way_in is not null
), made as (
    insert into home (id, team_id, address, way_in)
    select home_id, team_id, address, way_in from moved
)
update resident r set home_id = moved.home_id from moved where r.id = moved.id;
alter table resident drop column address, drop column way_in;

-- A contact may have several telephones.
update resident set contacts = (
    select jsonb_agg(
        case when contact ? 'phone'
             then contact - 'phone' || jsonb_build_object('phones',
                 case when contact ->> 'phone' is null then jsonb_build_array()
                      else jsonb_build_array(contact -> 'phone') end)
             else contact end
        order by place)
    from jsonb_array_elements(contacts) with ordinality as told (contact, place)
)
where jsonb_typeof(contacts) = 'array' and jsonb_array_length(contacts) > 0;

-- Responders are sent by a centre, volunteers help from nearby; each sees what they are asked for.
alter table account drop constraint account_role_check;
alter table account add constraint account_role_check check (
    role in ('family', 'station', 'centre', 'responder', 'volunteer', 'vendor', 'admin'));

-- What a person is besides: the account's own role and team are the first membership.
create table further_membership (
    account_id  text not null references account,
    team_id     text not null references team,
    role        text not null check (role in ('station', 'centre', 'responder', 'volunteer')),
    primary key (account_id, team_id, role)
);
create index on further_membership (team_id);
create index on account (team_id);
create trigger directory_changed after insert or update or delete on further_membership
    for each statement execute function directory_changed();

-- Who belongs to which team, as what: the one place to ask.
create view membership as
select id as account_id, team_id, role from account
where team_id is not null and role in ('station', 'centre', 'responder', 'volunteer')
union
select account_id, team_id, role from further_membership;

-- The family in the order in which it wants to be asked.
alter table care_circle
    add column place     integer not null default 0,
    add column relation  text;

-- What somebody has taken: a responder sees these and no more.
create index alert_held on alert (accepted_by) where state <> 'resolved';

-- Who read or changed what about whom. Lines are added and never altered; values are not kept.
create table audit (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default clock_timestamp(),
    account_id  text,
    who         text not null,  -- user name, or cli: and the system's user
    role        text not null,
    address     text,
    session     text,
    action      text not null,
    changed     boolean not null,
    thing       text,
    residents   text[] not null default '{}',
    fields      text[] not null default '{}'
);
create index audit_of_residents on audit using gin (residents);
create index audit_of_account on audit (who, at, id);
create index audit_by_time on audit (at, id);

create function audit_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is only added to: its lines stay as they are'
        using errcode = 'insufficient_privilege';
end $$;
create trigger audit_stays before update or delete or truncate on audit
    for each statement execute function audit_stays();
revoke update, delete, truncate on audit from public;
