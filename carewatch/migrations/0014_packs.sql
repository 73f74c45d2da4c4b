-- Finished days of samples, packed into a row for each device and hour: a tenth of the bytes.
-- Where the licence has compression it does this, and nothing is ever packed.

-- Two marks in `progress`: what is measured before 'closed' is written into `late_sample`, so what
-- `sample` holds of it changes no more; what was measured before 'packed' is in `sample_pack`.
-- When each moves decides `carewatch keeper`; 'closed' moves as the claim does.

-- Late samples of closed days, as they came: one may repeat another, or what is in a pack.
create table late_sample (like sample);
create index late_sample_of_device on late_sample (device, measured_at);
create index late_sample_arrival on late_sample (received_at);

-- Where the claim of roll-ups and 'closed' stand, and stay until the caller's transaction ends. (Each
-- is looked at after the lock is had.)
create function marks_for_writing(out claimed timestamptz, out closed timestamptz)
language plpgsql as $$
begin
    claimed := rollup_claim();
    closed := (select at from progress where name = 'closed');
end $$;

-- Element n of each array is of sample n, in order of measured_at; an array is null where nothing
-- was said of its quantity in that hour.
create table sample_pack (
    device            integer not null,
    at                timestamptz not null,  -- when the hour begins
    samples           integer not null,      -- how many
    subject           integer[] not null,
    gap               bigint[] not null,     -- microseconds since the sample before, or since `at`
    delay             bigint[] not null,     -- microseconds from measured_at to received_at
    heart_rate        real[],
    respiration_rate  real[],
    spo2              real[],
    movement          real[],
    signal_quality    real[],
    battery           real[],
    rssi              real[],
    in_bed            boolean[],
    presence          boolean[]
);
select split_by_time('sample_pack', 'at', 'day');
create unique index sample_pack_once on sample_pack (device, at);

-- Of what was said of a thing the first that is not null, in the order that is given.
create function said_before(anyelement, anyelement) returns anyelement
language sql immutable strict parallel safe as $$ select $1 $$;
create aggregate first_said(anyelement) (sfunc = said_before, stype = anyelement);

-- Samples of closed days, once each: packed, not packed yet, and late. What was said first stays.
create function closed_samples(devices integer[], since timestamptz, till timestamptz)
returns setof sample language plpgsql stable as $$
declare
    closed timestamptz := (select at from progress where name = 'closed');
    packed timestamptz := coalesce((select at from progress where name = 'packed'), '-infinity');
    ends timestamptz := least(till, closed);
begin
    if closed is null or since >= ends then
        return;
    end if;
    return query
        with told as (
            select p.device, s.subject, s.at as measured_at,
                   s.at + s.delay * interval '1 microsecond' as received_at, s.heart_rate,
                   s.respiration_rate, s.spo2, s.movement, s.signal_quality, s.battery, s.rssi,
                   s.in_bed, s.presence
            from sample_pack p
            cross join lateral (
                select p.at + cast(sum(u.gap) over (order by u.place rows unbounded preceding)
                                   as float8) * interval '1 microsecond' as at, u.*
                from unnest(p.subject, p.gap, p.delay, p.heart_rate, p.respiration_rate, p.spo2,
                            p.movement, p.signal_quality, p.battery, p.rssi, p.in_bed, p.presence)
                     with ordinality
                     as u (subject, gap, delay, heart_rate, respiration_rate, spo2, movement,
                           signal_quality, battery, rssi, in_bed, presence, place)
            ) s
            where p.device = any(devices) and p.at > since - interval '1 hour' and p.at < ends
              and s.at >= since and s.at < ends
            union all
            select * from sample s
            where s.device = any(devices) and s.measured_at >= greatest(since, packed)
              and s.measured_at < ends
        ), late as (
            select l.device, first_said(l.subject order by l.received_at) as subject,
                   l.measured_at, min(l.received_at) as received_at,
                   first_said(l.heart_rate order by l.received_at) as heart_rate,
                   first_said(l.respiration_rate order by l.received_at) as respiration_rate,
                   first_said(l.spo2 order by l.received_at) as spo2,
                   first_said(l.movement order by l.received_at) as movement,
                   first_said(l.signal_quality order by l.received_at) as signal_quality,
                   first_said(l.battery order by l.received_at) as battery,
                   first_said(l.rssi order by l.received_at) as rssi,
                   first_said(l.in_bed order by l.received_at) as in_bed,
                   first_said(l.presence order by l.received_at) as presence
            from late_sample l
            where l.device = any(devices) and l.measured_at >= since and l.measured_at < ends
            group by l.device, l.measured_at
        )
        select device, coalesce(t.subject, l.subject), measured_at,
               coalesce(t.received_at, l.received_at), coalesce(t.heart_rate, l.heart_rate),
               coalesce(t.respiration_rate, l.respiration_rate), coalesce(t.spo2, l.spo2),
               coalesce(t.movement, l.movement), coalesce(t.signal_quality, l.signal_quality),
               coalesce(t.battery, l.battery), coalesce(t.rssi, l.rssi),
               coalesce(t.in_bed, l.in_bed), coalesce(t.presence, l.presence)
        from told t full join late l using (device, measured_at);
end $$;

-- What these devices told in a span, wherever it lies by now.
create function samples(devices integer[], since timestamptz, till timestamptz)
returns setof sample language sql stable as $$
    select * from sample
    where device = any(devices) and measured_at >= since and measured_at < till
      and measured_at >= (select coalesce(max(at), '-infinity') from progress where name = 'closed')
    union all
    select * from closed_samples(devices, since, till)
$$;

-- As in migration 0005, out of `samples`.
create or replace function readings(level text, quantity text, of_subject integer,
                                    since timestamptz, till timestamptz)
returns table (at timestamptz, count integer, low real, high real, mean real)
language plpgsql stable as $$
declare
    devices integer[] := array(select t.device from told_by t where t.subject = of_subject);
    common boolean := exists (select from pg_attribute
                              where attrelid = 'sample'::regclass and attname = quantity);
begin
    if level = 'raw' and common then
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

do $$
begin
    if database_edition() <> 'timescale' then
        execute 'create or replace function rolled_minute(integer, timestamptz)'
                ' returns setof sample_minute language sql stable as $f$'
                'select subject, $2::timestamptz as at, ' || rollup_columns(false) || ', '
                || exit_columns() || ' from samples('
                'array(select t.device from told_by t where t.subject = $1), $2,'
                ' $2 + interval ''1 minute'') s where s.subject = $1 group by 1 $f$';
    end if;
end $$;

-- Drops what is packed, but nothing before an hour has passed since anything came into it (the
-- pump may read it again), nor while somebody reads all tables as of one instant; how many pieces.
create function drop_packed(arrived_before timestamptz) returns integer language plpgsql as $$
declare
    packed timestamptz := (select at from progress where name = 'packed');
begin
    if packed is null or not pg_try_advisory_xact_lock(7264007)
       or exists (select from sample where measured_at < packed and received_at >= arrived_before)
    then
        return 0;
    end if;
    return drop_spans('sample', packed);
end $$;


-- As `pieces`, of packs; their rows are the samples in them.
create function packed_pieces(exactly boolean)
returns table (piece text, row_count bigint, bytes bigint, index_bytes bigint, compressed bigint,
               oldest timestamptz, newest timestamptz)
language plpgsql stable as $$
declare
    part record;
begin
    for part in select * from pieces('sample_pack', exactly) loop
        execute format('select coalesce(sum(samples), 0) from %s', part.piece) into row_count;
        piece := part.piece;
        bytes := part.bytes;
        index_bytes := part.index_bytes;
        compressed := row_count;
        oldest := part.oldest;
        newest := part.newest;
        return next;
    end loop;
end $$;
