-- A year by days: a row a day where 24 hours lay on as many pages.

-- The days of residents' quantities, where they live, out of hours; an hour counts to the day in
-- which it begins. Common and rare quantities alike, since nobody asks for two of them at once.
create table quantity_day (
    subject   integer not null,
    at        timestamptz not null,
    quantity  text not null,
    count     integer not null,
    low       real not null,
    high      real not null,
    mean      real not null
);
comment on column quantity_day.at is 'when the day began where the resident lived then';
select split_by_time('quantity_day', 'at', 'year');
-- With all columns: a year of a quantity lies side by side here, and on 365 pages of the table.
create unique index quantity_day_once on quantity_day (subject, quantity, at)
    include (count, low, high, mean);

-- Days before it were made in another zone; what is asked of them is read from hours.
alter table resident add column timezone_since timestamptz not null default '-infinity';

create function timezone_moves() returns trigger language plpgsql as $$
begin
    new.timezone_since := now();
    return new;
end $$;
create trigger timezone_moves before update of timezone on resident
    for each row when (old.timezone is distinct from new.timezone)
    execute function timezone_moves();

-- The first midnight of a zone that is not before an instant.
create function midnight(at timestamptz, zone text) returns timestamptz language sql stable as $$
    select (date_trunc('day', (at - interval '1 microsecond') at time zone zone)
            + interval '1 day') at time zone zone
$$;

-- The days of residents that end after the one instant, and not after the other.
create function days_ending(after timestamptz, till timestamptz)
returns table (subject integer, begins timestamptz, ends timestamptz)
language sql stable as $$
    with zone as materialized (
        select name, known_zone(name) as known
        from (select distinct timezone as name from resident) as used
    ), days as (
        select zone.name, day at time zone known as begins,
               (day + interval '1 day') at time zone known as ends
        from zone, generate_series(
            date_trunc('day', after at time zone 'UTC') - interval '2 days',
            date_trunc('day', till at time zone 'UTC') + interval '1 day', interval '1 day') as day
    )
    select r.slot, d.begins, d.ends
    from days d join resident r on r.timezone = d.name
    where d.ends > after and d.ends <= till
$$;

-- One day of one subject, of all common quantities and of those rare ones.
do $$
declare
    columns text := (
        select string_agg(format('(%L, h.%I, h.%I, h.%I, h.%I)', name, name || '_count',
                                 name || '_low', name || '_high', name || '_mean'), ', ')
        from (select left(attname, -6) as name from pg_attribute
              where attrelid = 'sample_hour'::regclass and attname like '%\_count') as common
    );
begin
    execute 'create function rolled_day(integer, timestamptz, timestamptz, rare text[])'
            ' returns setof quantity_day language sql stable as $f$'
            ' select $1, $2, quantity, sum(count)::integer, min(low), max(high),'
            ' (sum(mean::float8 * count) / sum(count))::real from ('
            ' select hour.* from sample_hour h cross join lateral (values ' || columns || ')'
            ' as hour (quantity, count, low, high, mean)'
            ' where h.subject = $1 and h.at >= $2 and h.at < $3 and hour.count is not null'
            ' union all'
            ' select m.quantity, m.count, m.low, m.high, m.mean'
            ' from unnest(rare) as asked (quantity) join measurement_hour m'
            ' on m.subject = $1 and m.quantity = asked.quantity and m.at >= $2 and m.at < $3'
            ') as hours group by quantity $f$';
end $$;

-- Where there are roll-ups already, days begin with the oldest hour, but not with what claims to be
-- older than hours are kept: the keeper makes them.
insert into progress (name, at)
select 'day', least(hour.at, greatest(
    (select min(oldest) from (select oldest from pieces('sample_hour', false)
                              union all
                              select oldest from pieces('measurement_hour', false)) as piece),
    coalesce((select at from progress where name = 'rest'), now() - interval '5 years')
))
from progress hour where hour.name = 'hour';
select make_days('quantity_day', at::date, (now() + interval '7 days')::date)
from progress where name = 'day';

-- As in migration 0014, and days ('day').
create or replace function readings(level text, quantity text, of_subject integer,
                                    since timestamptz, till timestamptz)
returns table (at timestamptz, count integer, low real, high real, mean real)
language plpgsql stable as $$
declare
    devices integer[] := array(select t.device from told_by t where t.subject = of_subject);
    common boolean := exists (select from pg_attribute
                              where attrelid = 'sample'::regclass and attname = quantity);
begin
    if level = 'day' then
        return query select d.at, d.count, d.low, d.high, d.mean from quantity_day d
            where d.subject = of_subject and d.quantity = readings.quantity
              and d.at >= since and d.at < till;
    elsif level = 'raw' and common then
        return query execute format(
            'select measured_at, 1, %1$s, %1$s, %1$s from samples($1, $3, $4)'
            ' where subject = $2 and %2$I is not null',
            case when quantity in ('in_bed', 'presence') then quantity || '::integer::real'
                 else quote_ident(quantity) end, quantity) using devices, of_subject, since, till;
    elsif level = 'raw' then
        return query select m.measured_at, 1, m.value, m.value, m.value from measurement m
            where m.device = any(devices) and m.subject = of_subject
              and m.measured_at >= since and m.measured_at < till
              and m.quantity = readings.quantity;
    elsif common then
        return query execute format(
            'select at, %2$I, %3$I, %4$I, %5$I from %1$I'
            ' where subject = $1 and at >= $2 and at < $3 and %2$I is not null',
            'sample_' || level, quantity || '_count', quantity || '_low', quantity || '_high',
            quantity || '_mean') using of_subject, since, till;
    else
        return query select h.at, h.count, h.low, h.high, h.mean from measurement_hour h
            where h.subject = of_subject and h.quantity = readings.quantity
              and h.at >= since and h.at < till;
    end if;
end $$;
