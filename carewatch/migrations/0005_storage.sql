-- How long readings last and in what form: editions, spans of tables, roll-ups, what to forget.

-- 'plain' without TimescaleDB, else its licence: 'apache' or 'timescale' (compression, continuous
-- aggregates).
create function database_edition() returns text language sql stable as
$$ select case when has_timescale()
               then coalesce(current_setting('timescaledb.license', true), 'apache')
               else 'plain' end $$;

-- Which devices have ever told of a subject: with it, the one index (device, measured_at) answers
-- "what was measured of this resident", and no second index of the same size is needed.
create table told_by (
    subject  integer not null,
    device   integer not null,
    primary key (subject, device)
);
insert into told_by
select coalesce(r.slot, d.slot), d.slot from device d left join resident r on r.id = d.resident_id
union select distinct subject, device from sample
union select distinct subject, device from measurement;

create function device_tells_of() returns trigger language plpgsql as $$
begin
    insert into told_by
    values (coalesce((select slot from resident where id = new.resident_id), new.slot), new.slot)
    on conflict do nothing;
    return null;
end $$;
create trigger device_tells_of after insert or update of resident_id on device
    for each row execute function device_tells_of();

drop index sample_of_subject;
drop index measurement_of_subject;
-- By arrival for the pump's restart, by time of measurement for the roll-ups; a few pages each.
drop index sample_arrival;
drop index measurement_arrival;
create index sample_by_time on sample using brin (received_at, measured_at)
    with (autosummarize = on);
create index measurement_by_time on measurement using brin (received_at, measured_at)
    with (autosummarize = on);

-- The tables that are split by time, and how long a piece of each is.
create table span (
    name       text primary key,
    by_column  text not null,
    step       text not null check (step in ('day', 'month', 'year'))
);
insert into span values ('sample', 'measured_at', 'day'), ('measurement', 'measured_at', 'day');

-- Splits an empty table by time.
create function split_by_time(target text, by_column text, step text) returns void
language plpgsql as $$
begin
    insert into span values (target, by_column, step);
    if has_timescale() then
        perform create_hypertable(target::regclass, by_column::name,
                                  chunk_time_interval => ('1 ' || step)::interval,
                                  create_default_indexes => false);
    else
        perform split_by_day(target, by_column);
    end if;
end $$;

-- Makes the partitions that hold the days from..till, with what the default partition has of
-- them; nothing to do on a hypertable.
create or replace function make_days(target text, from_day date, till_day date) returns integer
language plpgsql as $$
declare
    of span;
    begins timestamp;
    ends timestamp;
    part text;
    bounds text;
    made integer := 0;
begin
    if has_timescale() then
        return 0;
    end if;
    select * into strict of from span where name = target;
    begins := date_trunc(of.step, from_day::timestamp);
    while begins <= till_day loop
        ends := begins + ('1 ' || of.step)::interval;
        part := target || '_' || to_char(begins, 'YYYYMMDD');
        if to_regclass(format('%I', part)) is null then
            bounds := format('(%L) to (%L)', begins || '+00', ends || '+00');
            execute format('create table %I (like %I including defaults)', part, target);
            execute format('with moved as (delete from %I where %I >= %L and %I < %L returning *)'
                           ' insert into %I select * from moved', target || '_other', of.by_column,
                           begins || '+00', of.by_column, ends || '+00', part);
            execute format('alter table %I attach partition %I for values from %s',
                           target, part, bounds);
            made := made + 1;
        end if;
        begins := ends;
    end loop;
    return made;
end $$;

-- Drops the pieces that lie wholly before an instant; how many. The default partition, which
-- holds claims of odd times, is emptied as soon as nothing in it is younger.
create function drop_spans(target text, before timestamptz) returns integer
language plpgsql as $$
declare
    piece record;
    younger boolean;
    dropped integer := 0;
begin
    if has_timescale() then
        select count(*) into dropped from drop_chunks(target::regclass, older_than => before);
        return dropped;
    end if;
    for piece in
        select inhrelid::regclass as name,
               substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''(.+)''\)') as ends
        from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = target::regclass
    loop
        if piece.ends::timestamptz <= before then
            execute format('drop table %s', piece.name);
            dropped := dropped + 1;
        elsif piece.ends is null then
            execute format('select exists (select from %s where %I >= %L)', piece.name,
                           (select by_column from span where name = target), before) into younger;
            if not younger and pg_relation_size(piece.name) > 0 then
                execute format('truncate %s', piece.name);
            end if;
        end if;
    end loop;
    return dropped;
end $$;

-- Events are few and kept for years: by month.
create temporary table event_before on commit drop as select * from event;
create table event_by_month (like event including defaults);
drop table event;
alter table event_by_month rename to event;
select split_by_time('event', 'happened_at', 'month');
select make_days('event', min(happened_at)::date, (now() + interval '7 days')::date)
from event_before where happened_at > now() - interval '5 years';
insert into event select * from event_before;
create unique index event_once on event (device, key, happened_at);
create index event_of_subject on event (subject, happened_at);
create index event_of_kind on event (subject, event, happened_at);
create index event_arrival on event using brin (received_at);

-- The expressions of a roll-up: of each common quantity how many, lowest, highest and mean; of
-- the vital two also the 10 %, 50 % and 90 % quantiles. From samples, or (folded) from minutes:
-- then the quantiles are those of the minutes' medians, in which each minute counts once.
create function rollup_columns(folded boolean) returns text language plpgsql immutable as $$
declare
    each_name text;
    x text;
    parts text[] := '{}';
    place integer;
begin
    foreach each_name in array array['heart_rate', 'respiration_rate', 'spo2', 'in_bed',
                                     'movement', 'signal_quality', 'presence', 'battery', 'rssi']
    loop
        x := each_name || case when each_name in ('in_bed', 'presence') then '::integer' else '' end;
        parts := parts || case when folded then format(
            'sum(%1$s_count)::integer as %1$s_count, min(%1$s_low) as %1$s_low,'
            ' max(%1$s_high) as %1$s_high,'
            ' (sum(%1$s_mean::float8 * %1$s_count) / sum(%1$s_count))::real as %1$s_mean',
            each_name)
        else format(
            'nullif(count(%1$s), 0)::integer as %1$s_count, min(%2$s)::real as %1$s_low,'
            ' max(%2$s)::real as %1$s_high, avg(%2$s)::real as %1$s_mean', each_name, x) end;
        continue when each_name not in ('heart_rate', 'respiration_rate');
        for place in 1..3 loop
            parts := parts || format(
                '((percentile_cont(array[0.1, 0.5, 0.9]) within group (order by %s))[%s])::real'
                ' as %s_%s', each_name || case when folded then '_p50' else '' end, place,
                each_name, (array['p10', 'p50', 'p90'])[place]);
        end loop;
    end loop;
    return array_to_string(parts, ', ');
end $$;

-- How often in a minute presence in bed changes from true to false, and what it is first and last.
-- Where several devices tell of it they would seem to take turns: then the majority is all.
create function exit_columns() returns text language sql immutable as $$
    select format(
        'case when %1$s then regexp_count(%2$s, ''10'') end as in_bed_exits,'
        ' case when %1$s then left(%2$s, 1) = ''1'' else avg(in_bed::integer) >= 0.5 end'
        ' as in_bed_first,'
        ' case when %1$s then right(%2$s, 1) = ''1'' else avg(in_bed::integer) >= 0.5 end'
        ' as in_bed_last',
        'min(device) filter (where in_bed is not null)'
        ' = max(device) filter (where in_bed is not null)',
        'string_agg(case when in_bed then ''1'' when not in_bed then ''0'' end, '''''
        ' order by measured_at)')
$$;

-- Minutes and hours of a subject: continuous aggregates where the licence has them, else tables
-- of the same names and columns, kept by `carewatch keeper` with the functions below.
do $$
declare
    minutes text := 'select subject, %s as at, ' || rollup_columns(false) || ', '
                    || exit_columns() || ' from sample s ';
    hours text := 'select subject, %s as at, ' || rollup_columns(true) || ' from sample_minute m ';
    hour_of text := 'date_bin(''1 hour'', at, timestamptz ''2000-01-01 00:00+00'')';
begin
    if database_edition() = 'timescale' then
        execute 'create materialized view sample_minute with (timescaledb.continuous,'
                ' timescaledb.materialized_only = true, timescaledb.create_group_indexes = true) as '
                || format(minutes, 'time_bucket(interval ''1 minute'', measured_at)')
                || ' group by 1, 2 with no data';
        execute 'create materialized view sample_hour with (timescaledb.continuous,'
                ' timescaledb.materialized_only = true, timescaledb.create_group_indexes = true) as '
                || format(hours, 'time_bucket(interval ''1 hour'', at)')
                || ' group by 1, 2 with no data';
        return;
    end if;
    execute 'create table sample_minute as ' || format(minutes, 'measured_at')
            || ' group by 1, 2 with no data';
    execute 'create table sample_hour as ' || format(hours, 'at') || ' group by 1, 2 with no data';
    perform split_by_time('sample_minute', 'at', 'month');
    perform split_by_time('sample_hour', 'at', 'year');
    create unique index sample_minute_once on sample_minute (subject, at);
    create index sample_minute_by_time on sample_minute using brin (at) with (autosummarize = on);
    create unique index sample_hour_once on sample_hour (subject, at);

    -- One minute of all, and the hours of a span.
    execute 'create function rolled_minutes(timestamptz) returns setof sample_minute'
            ' language sql stable as $f$' || format(minutes, '$1')
            || ' where measured_at >= $1 and measured_at < $1 + interval ''1 minute'' group by 1 $f$';
    execute 'create function rolled_hours(timestamptz, timestamptz) returns setof sample_hour'
            ' language sql stable as $f$' || format(hours, hour_of)
            || ' where at >= $1 and at < $2 group by 1, 2 $f$';
    -- One minute (hour) of one subject.
    execute 'create function rolled_minute(integer, timestamptz) returns setof sample_minute'
            ' language sql stable as $f$' || format(minutes, '$2::timestamptz')
            || ' where s.device in (select t.device from told_by t where t.subject = $1)'
            ' and s.subject = $1 and measured_at >= $2'
            ' and measured_at < $2 + interval ''1 minute'' group by 1 $f$';
    execute 'create function rolled_hour(integer, timestamptz) returns setof sample_hour'
            ' language sql stable as $f$' || format(hours, '$2::timestamptz')
            || ' where m.subject = $1 and at >= $2 and at < $2 + interval ''1 hour'' group by 1 $f$';
end $$;

-- The rare quantities by the hour.
create table measurement_hour (
    subject   integer not null,
    at        timestamptz not null,
    quantity  text not null,
    count     integer not null,
    low       real not null,
    high      real not null,
    mean      real not null
);
select split_by_time('measurement_hour', 'at', 'year');
create unique index measurement_hour_once on measurement_hour (subject, quantity, at);

-- The nights of residents, 21:00 to 07:00 where they live, out of minutes. Of a minute that part
-- is spent in bed that its readings are; it stands until the next one that tells, for 15 minutes
-- at most. An exit is each change from a reading in bed to the next one, out of bed.
do $$
begin
    execute 'create table sample_night as select subject, at as at, at as till, null::date as night, '
            || rollup_columns(true) || ', null::real as time_in_bed, null::integer as exits,'
            ' null::real as restlessness from sample_minute group by 1, 2 with no data';
end $$;
comment on column sample_night.night is 'the day on whose evening it began';
comment on column sample_night.time_in_bed is 'minutes';
comment on column sample_night.restlessness is 'minutes with movement in an hour in bed';
select split_by_time('sample_night', 'at', 'year');
create unique index sample_night_once on sample_night (subject, at);

-- The zone of that name. One resident's odd zone must not stop the others': then UTC.
create function known_zone(name text) returns text language plpgsql stable as $$
begin
    perform now() at time zone name;
    return name;
exception when others then
    return 'UTC';
end $$;

-- The nights of residents that end after the one instant, and not after the other.
create function nights_ending(after timestamptz, till timestamptz)
returns table (subject integer, begins timestamptz, ends timestamptz, night date)
language sql stable as $$
    with zone as materialized (
        select name, known_zone(name) as known
        from (select distinct timezone as name from resident) as used
    ), nights as (
        select zone.name, day::date as night,
               (day + time '21:00') at time zone known as begins,
               (day + interval '1 day' + time '07:00') at time zone known as ends
        from zone, generate_series(date_trunc('day', after at time zone 'UTC') - interval '2 days',
                                   date_trunc('day', till at time zone 'UTC') + interval '1 day',
                                   interval '1 day') as day
    )
    select r.slot, n.begins, n.ends, n.night
    from nights n join resident r on r.timezone = n.name
    where n.ends > after and n.ends <= till
$$;

do $$
begin
    execute 'create function rolled_night(integer, timestamptz, timestamptz, date)'
            ' returns setof sample_night language sql stable as $f$'
            ' with minute as (select m.*, lag(in_bed_last) over told as before,'
            ' extract(epoch from least(lead(at) over told - at, $3 - at, interval ''15 minutes'')) / 60'
            ' as lasts from sample_minute m where m.subject = $1 and at >= $2 and at < $3'
            ' window told as (partition by in_bed_mean is null order by at))'
            ' select subject, $2, $3, $4, ' || rollup_columns(true)
            || ', (sum(in_bed_mean * lasts) filter (where in_bed_mean is not null))::real,'
            ' case when count(in_bed_count) > 0 then count(*) filter (where before and not in_bed_first)'
            ' + coalesce(sum(in_bed_exits), 0) end::integer,'
            ' (60 * count(*) filter (where in_bed_mean >= 0.5 and movement_high > 0.1)'
            ' / nullif(sum(in_bed_mean * lasts) filter (where in_bed_mean is not null), 0))::real'
            ' from minute group by 1 $f$';
end $$;

-- How far the roll-ups have come. 'claimed': what is measured before it is told of in
-- `stale_minute` by whoever writes a sample; 'minute', 'hour', 'rare' (hours of rare quantities),
-- 'night': rolled up before it; 'raw', 'minutes', 'rest': dropped before it.
create table progress (
    name  text primary key,
    at    timestamptz not null
);

-- Minutes of subjects that got samples after they had been claimed; to be rolled up again.
create table stale_minute (
    subject  integer not null,
    at       timestamptz not null
);

-- Where the claim stands. Until the caller's transaction ends it stays there: it moves under the
-- same lock, taken alone. So a sample is either seen by the roll-up of its minute, or marked.
create function rollup_claim() returns timestamptz language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(7264006);
    return (select at from progress where name = 'claimed');
end $$;

-- What was measured of a subject: each reading ('raw'), or what it was rolled up to ('minute',
-- 'hour', 'night'; of a rare quantity 'hour' only).
create function readings(level text, quantity text, of_subject integer, since timestamptz,
                         till timestamptz)
returns table (at timestamptz, count integer, low real, high real, mean real)
language plpgsql stable as $$
declare
    devices integer[] := array(select t.device from told_by t where t.subject = of_subject);
    common boolean := exists (select from pg_attribute
                              where attrelid = 'sample'::regclass and attname = quantity);
begin
    if level = 'raw' and common then
        return query execute format(
            'select measured_at, 1, %1$s, %1$s, %1$s from sample where device = any($1)'
            ' and subject = $2 and measured_at >= $3 and measured_at < $4 and %2$I is not null',
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

-- Compression, where the licence has it: which chunks, and when, decides `carewatch keeper`.
do $$
begin
    if database_edition() = 'timescale' then
        alter table sample set (timescaledb.compress, timescaledb.compress_segmentby = 'device',
                                timescaledb.compress_orderby = 'measured_at');
        alter table measurement set (timescaledb.compress,
                                     timescaledb.compress_segmentby = 'device, quantity',
                                     timescaledb.compress_orderby = 'measured_at');
    end if;
end $$;

-- The span that a partition or chunk is made for, as far as it is over.
create function bounds_of(piece oid, out begins timestamptz, out ends timestamptz)
language plpgsql stable as $$
declare
    bounds text := (select pg_get_expr(relpartbound, oid) from pg_class where oid = piece);
begin
    if has_timescale() then
        select range_start, range_end into begins, ends from timescaledb_information.chunks
        where format('%I.%I', chunk_schema, chunk_name)::regclass = piece;
    else
        begins := substring(bounds from 'FROM \(''(.+?)''\)');
        ends := substring(bounds from 'TO \(''(.+?)''\)');
    end if;
    ends := least(ends, now());
end $$;

-- How many hours a hypertable's future chunks are long; null without TimescaleDB.
create function chunk_hours(target text) returns integer language plpgsql stable as $$
begin
    if has_timescale() then
        return (select extract(epoch from time_interval) / 3600
                from timescaledb_information.dimensions
                where hypertable_name = target and dimension_number = 1);
    end if;
    return null;
end $$;

-- Bytes of indexes that an hour brings to a hypertable, from its chunks of the last two days that
-- are not compressed; null while these cover less than an hour.
create function index_growth(target text) returns float8 language plpgsql stable as $$
begin
    return (
        select max(pg_indexes_size(format('%I.%I', chunk_schema, chunk_name)::regclass)
                   / (extract(epoch from least(range_end, now()) - range_start) / 3600))
        from timescaledb_information.chunks
        where hypertable_name = target and not coalesce(is_compressed, false)
          and range_end > now() - interval '2 days' and range_start < now() - interval '1 hour'
    );
end $$;

-- The pieces of a table that is split by time: rows (counted where they never were estimated, or
-- all of them), bytes with indexes, bytes of indexes, and the oldest and newest of it (of a large one the span that it is made for).
create function pieces(target text, exactly boolean)
returns table (piece text, row_count bigint, bytes bigint, index_bytes bigint, compressed bigint,
               oldest timestamptz, newest timestamptz)
language plpgsql stable as $$
declare
    owner regclass := target::regclass;
    time_column text := coalesce((select by_column from span where name = target), 'at');
    part record;
begin
    if database_edition() = 'timescale' then
        owner := coalesce((select format('%I.%I', materialization_hypertable_schema,
                                         materialization_hypertable_name)::regclass
                           from timescaledb_information.continuous_aggregates
                           where view_name = target), owner);
    end if;
    for part in
        select c.oid, c.reltuples from pg_inherits join pg_class c on c.oid = inhrelid
        where inhparent = owner order by c.oid::regclass::text
    loop
        piece := part.oid::regclass::text;
        row_count := part.reltuples;
        bytes := pg_total_relation_size(part.oid);
        index_bytes := pg_indexes_size(part.oid);
        compressed := null;
        if database_edition() = 'timescale' then
            select s.numrows_pre_compression,
                   s.compressed_heap_size + s.compressed_toast_size + s.compressed_index_size
            into compressed, bytes
            from _timescaledb_catalog.chunk c
            join _timescaledb_catalog.compression_chunk_size s on s.chunk_id = c.id
            where format('%I.%I', c.schema_name, c.table_name)::regclass = part.oid;
            if compressed is null then
                bytes := pg_total_relation_size(part.oid);
            else
                row_count := compressed;
            end if;
        end if;
        if compressed is null and (exactly or row_count < 0) then
            execute format('select count(*) from %s', piece) into row_count;
        end if;
        if exactly or (compressed is null and bytes < 300000000) then
            execute format('select min(%1$I), max(%1$I) from %2$s', time_column, piece)
                into oldest, newest;
        else
            select * into oldest, newest from bounds_of(part.oid);
        end if;
        return next;
    end loop;
end $$;
