-- What readings take up; `pieces` stands in migration 0005.

-- name: others(known)
-- Every other table, with its pieces where it is split; rows are the database's estimate, null
-- where there is none: a piece with pages that was never looked at, or was when it was empty.
select c.relname as name,
       case when bool_and(part.reltuples > 0 or pg_relation_size(part.oid) = 0)
            then cast(sum(greatest(part.reltuples, 0)) filter (where part.relkind <> 'p') as bigint)
       end as rows,
       cast(sum(pg_total_relation_size(part.oid)) as bigint) as bytes
from pg_class c
join pg_class part
  on part.oid = c.oid or part.oid in (select inhrelid from pg_inherits where inhparent = c.oid)
where c.relkind in ('r', 'p', 'm') and not c.relispartition
  and c.relnamespace = cast(current_schema() as regnamespace) and c.relname <> all(:known)
group by 1 order by 3 desc, 1;

-- name: whole_size()$
select pg_database_size(current_database());

-- name: log_size()$
-- Bytes of the write-ahead log of the whole server, where the user may know.
select case when has_function_privilege('pg_ls_waldir()', 'execute')
            then (select cast(sum(size) as bigint) from pg_ls_waldir()) end;

-- name: pieces(target, exactly)
-- Each piece of a table that is split by time; of samples also their packs, and what came late.
select piece, row_count, bytes, index_bytes, compressed, oldest, newest
from pieces(:target, :exactly)
union all
select piece, row_count, bytes, index_bytes, compressed, oldest, newest
from packed_pieces(:exactly) where :target = 'sample'
union all
select 'late_sample', count(*), pg_total_relation_size('late_sample'),
       pg_indexes_size('late_sample'), null, min(measured_at), max(measured_at)
from late_sample where :target = 'sample' having count(*) > 0;
