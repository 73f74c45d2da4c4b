-- Waves by the hour. They are the largest stream and are kept for an hour: they go by dropping
-- pieces, as readings do.

alter table span drop constraint span_step_check;
alter table span add constraint span_step_check check (step in ('hour', 'day', 'month', 'year'));

create temporary table wave_before on commit drop as select * from wave;
drop table wave;
create table wave (
    device       integer not null,
    subject      integer not null,
    start        timestamptz not null,
    received_at  timestamptz not null,
    rate         real not null,
    signal       text not null,
    placement    text,
    width        smallint not null,
    content      bytea not null  -- float32, little endian, row by row, `width` values a row
);
select split_by_time('wave', 'start', 'hour');
alter table wave add constraint wave_signal check (signal in ('acceleration', 'bed'));
create unique index wave_once on wave (device, signal, start);
create index wave_arrival on wave (received_at);

-- Makes the partitions of the hours since..till, with what the default partition has of them;
-- nothing to do on a hypertable.
create function make_wave_hours(since timestamptz, till timestamptz) returns integer
language plpgsql as $$
declare
    begins timestamp := date_trunc('hour', since at time zone 'UTC');
    bounds text;
    part text;
    made integer := 0;
begin
    if has_timescale() then
        return 0;
    end if;
    while begins <= till at time zone 'UTC' loop
        part := to_char(begins, '"wave_"YYYYMMDD"_"HH24');
        if to_regclass(part) is null then
            bounds := format('(%L) to (%L)', begins || '+00', begins + interval '1 hour' || '+00');
            execute format('create table %I (like wave including defaults including constraints)',
                           part);
            execute format('with moved as (delete from wave_other where start >= %L and start < %L'
                           ' returning *) insert into %I select * from moved',
                           begins || '+00', begins + interval '1 hour' || '+00', part);
            execute format('alter table wave attach partition %I for values from %s', part, bounds);
            made := made + 1;
        end if;
        begins := begins + interval '1 hour';
    end loop;
    return made;
end $$;
insert into wave select * from wave_before;

-- The partitions or chunks; of the default partition, as far as there is something in it, no
-- beginning.
create function wave_pieces() returns table (piece regclass, begins timestamptz, ends timestamptz)
language plpgsql as $$
begin
    if has_timescale() then
        return query select format('%I.%I', chunk_schema, chunk_name)::regclass,
                            range_start, range_end
                     from timescaledb_information.chunks where hypertable_name = 'wave';
        return;
    end if;
    return query
        select c.oid::regclass, substring(bounds from 'FROM \(''(.+?)''\)')::timestamptz,
               coalesce(substring(bounds from 'TO \(''(.+?)''\)'), '-infinity')::timestamptz
        from pg_inherits join pg_class c on c.oid = inhrelid,
             pg_get_expr(c.relpartbound, c.oid) as bounds
        where inhparent = 'wave'::regclass
          and (bounds <> 'DEFAULT' or pg_relation_size(c.oid) > 0);
end $$;

create function has_arrived(piece regclass, since timestamptz) returns boolean
language plpgsql as $$
declare
    found boolean;
begin
    execute format('select exists (select from %s where received_at >= %L)', piece, since)
        into found;
    return found;
end $$;

-- Drops the pieces that are over before an instant and that nothing has come into since, late
-- waves neither; how many.
create function drop_waves(before timestamptz) returns integer language plpgsql as $$
declare
    each_piece record;
    dropped integer := 0;
begin
    for each_piece in select * from wave_pieces() as p where p.ends <= before loop
        continue when has_arrived(each_piece.piece, before);
        lock table wave in access exclusive mode;  -- what comes at this moment is seen, too
        continue when has_arrived(each_piece.piece, before);
        if has_timescale() then
            perform drop_chunks('wave'::regclass, older_than => each_piece.ends,
                                newer_than => each_piece.begins);
        elsif each_piece.begins is null then
            execute format('truncate %s', each_piece.piece);
        else
            execute format('drop table %s', each_piece.piece);
        end if;
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
