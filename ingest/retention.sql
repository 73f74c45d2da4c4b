-- What is forgotten, and what is compressed.

-- name: drop_spans(target, before)$
select drop_spans(:target, :before);

-- name: make_days(target, first, last)$
select make_days(:target, :first, :last);

-- name: forget_quarantine(before, limit)!
delete from quarantine
where id in (select id from quarantine where at < :before order by id limit :limit);

-- name: forget_repeated_refusals(kept)!
-- Of each device all but the newest so many.
delete from quarantine
where id in (
    select id from (
        select id, row_number() over (partition by device_id order by id desc) as place
        from quarantine
    ) ranked
    where place > :kept
);

-- name: forget_downlinks(before, limit)!
delete from downlink
where id in (select id from downlink where sent_at < :before order by id limit :limit);

-- name: forget_event_keys(before, limit)!
delete from event_key
where (device, key) in (select device, key from event_key where received_at < :before limit :limit);

-- name: forget_late_samples(before, limit)!
delete from late_sample
where ctid = any(array(select ctid from late_sample where measured_at < :before limit :limit));

-- name: forget_arrivals(before)!
delete from arrival where received_at < :before;

-- name: chunk_length(target)$
-- Hours of the chunks to come; nothing without TimescaleDB (see `chunk_hours` in migration 0005).
select chunk_hours(:target);

-- name: index_growth(target)^
-- Bytes of indexes that an hour of the latest chunks brings, and what the server may cache in all.
select index_growth(:target) as an_hour,
       pg_size_bytes(current_setting('effective_cache_size')) as cache;

-- name: cut_chunks(target, hours)$
select set_chunk_time_interval(cast(:target as regclass), make_interval(hours => :hours));

-- name: plain_pieces(target, before)
-- Chunks that lie before an instant and are not compressed yet.
select quote_ident(chunk_schema) || '.' || quote_ident(chunk_name) as chunk
from timescaledb_information.chunks
where hypertable_name = :target and not is_compressed and range_end <= :before
order by range_start;

-- name: compress(chunk)$
select compress_chunk(cast(:chunk as regclass), true);
