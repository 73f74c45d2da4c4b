-- What there is to be saved, and where it goes.

-- name: export_snapshot()$
select pg_export_snapshot();

-- name: keep_pieces()!
-- Until this connection ends: rows that were packed meanwhile are read where they were before.
select pg_advisory_lock_shared(7264007);

-- name: instant()$
select clock_timestamp();

-- name: migrations()
select name, digest from migration order by name;

-- name: relations()$
-- How many tables there are that no extension brought.
select count(*) from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e');

-- name: tables(left_out)
-- The tables that hold something of their own, with the columns that can be written, and those
-- that must be there before their rows. Partitions are parts of theirs.
select c.relname as name,
       array(select a.attname::text from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               and a.attgenerated = '' order by a.attnum) as columns,
       array(select distinct f.confrelid::regclass::text from pg_constraint f
             where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as needs,
       c.relkind = 'p' as split
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
  and c.relpersistence = 'p' and not c.relispartition and c.relname <> all(:left_out)
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by c.relname;

-- name: partitions(name)
-- The partitions of a table, with the bounds that each has.
select p.relname as name, n.nspname as schema, pg_get_expr(p.relpartbound, p.oid) as bound
from pg_inherits i
join pg_class p on p.oid = i.inhrelid
join pg_namespace n on n.oid = p.relnamespace
where i.inhparent = to_regclass(:name) and p.relispartition
order by p.relname;

-- name: chunks(schema, name)
-- The same of a hypertable.
select chunk_name::text as name, chunk_schema::text as schema, range_start, range_end
from timescaledb_information.chunks
where hypertable_schema = :schema and hypertable_name = :name
order by range_start;

-- name: hypertables()
select hypertable_schema::text as schema, hypertable_name::text as name
from timescaledb_information.hypertables where hypertable_schema = current_schema();

-- name: aggregates()
-- Continuous aggregates are tables elsewhere, and hold rows that outlive what they were made of.
select a.view_name::text as name, a.materialization_hypertable_schema::text as schema,
       a.materialization_hypertable_name::text as hypertable,
       array(select c.column_name::text from information_schema.columns c
             where c.table_schema = a.view_schema and c.table_name = a.view_name
             order by c.ordinal_position) as columns
from timescaledb_information.continuous_aggregates a
where a.view_schema = current_schema()
order by a.view_name;

-- name: sequences()
select sequencename::text as name, last_value from pg_sequences
where schemaname = current_schema() and last_value is not null
order by sequencename;

-- name: set_sequence(name, last_value)$
select setval(to_regclass(:name), :last_value, true);

-- name: triggers(name)
-- Triggers of ours; a hypertable has none.
select tgname::text as name from pg_trigger
where tgrelid = to_regclass(:name) and not tgisinternal;

-- name: others()
-- Who else works on this database.
select distinct coalesce(nullif(application_name, ''), 'a program without a name') as name
from pg_stat_activity
where datname = current_database() and backend_type = 'client backend'
  and pid <> pg_backend_pid()
order by 1;

-- name: make_days(table, first, last)$
select make_days(:table, :first, :last);

-- Roles, their rights on our tables, and settings of the database

-- name: roles()
-- Whoever owns, or has a right on, something of ours; not the one who made the cluster.
with named as (
    select (aclexplode(c.relacl)).grantee as oid from pg_class c
    where c.relnamespace = current_schema()::regnamespace
    union select c.relowner from pg_class c where c.relnamespace = current_schema()::regnamespace
    union select setrole from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
    where d.datname = current_database()
)
select r.rolname::text as name, r.rolcanlogin as login, r.rolinherit as inherit
from named join pg_roles r using (oid)
where r.oid <> 10 and not starts_with(r.rolname::text, 'pg_')
order by r.rolname;

-- name: passwords(names)
-- What is kept of passwords (never the word itself); for superusers only.
select rolname::text as name, rolpassword as password from pg_authid
where rolname = any(:names) and rolpassword is not null;

-- name: grants()
-- Rights on our tables, views and sequences, but those of their owners and of partitions.
select case when c.relkind = 'S' then 'sequence' else 'table' end as kind,
       c.relname::text as name, g.privilege_type as privilege,
       coalesce(r.rolname::text, 'public') as role
from pg_class c
cross join lateral aclexplode(c.relacl) g
left join pg_roles r on r.oid = g.grantee
where c.relnamespace = current_schema()::regnamespace and not c.relispartition
  and c.relkind in ('r', 'p', 'v', 'm', 'S') and g.grantee <> c.relowner
order by name, role, privilege;

-- name: settings()
select coalesce(r.rolname::text, '') as role, unnest(s.setconfig) as setting
from pg_db_role_setting s
join pg_database d on d.oid = s.setdatabase
left join pg_roles r on r.oid = s.setrole
where d.datname = current_database()
order by 1, 2;

-- name: known_roles()
select rolname::text as name from pg_roles;

-- name: database()$
select current_database()::text;

-- After the rows are back

-- name: go_beyond(gap)$
-- Numbers that were given after the backup are never given again for something else.
select setval('alert_sequence', nextval('alert_sequence') + :gap);

-- name: still_open()
select a.*, (select username from account where id = a.accepted_by) as holder
from alert a where a.state <> 'resolved' order by a.raised_at for update of a;

-- name: give_up_messages(now, written_before, why)!
update outbox set given_up_at = :now, last_error = :why
where sent_at is null and given_up_at is null and created_at < :written_before;

-- name: end_commands(now, written_before, why)!
update command c set ok = false, finished_at = :now, detail = :why
where c.finished_at is null and c.created_at < :written_before
  and exists (select from downlink d where d.sent_at is null and d.device_id = c.device_id
              and d.payload ->> 'id' = c.id);

-- name: drop_downlinks(written_before)!
delete from downlink where sent_at is null and created_at < :written_before;
