-- One quantity of one subject over time; `readings` stands in migration 0019.

-- name: peaks(quantity, slot, from_at, till_at, width_s)
-- Readings. With a width, of each bucket of so many seconds the lowest and the highest only, each
-- at its own time: a chart of so many buckets shows the same either way.
with ranked as (
    select at, mean as value,
           row_number() over (partition by bucket order by mean, at) as from_low,
           row_number() over (partition by bucket order by mean desc, at) as from_high
    from (select *, case when cast(:width_s as double precision) is null then null
                    else floor(extract(epoch from at - :from_at) / :width_s) end as bucket
          from readings('raw', :quantity, :slot, :from_at, :till_at)) as bucketed
)
select cast(extract(epoch from at) * 1000 as bigint) as t, value from ranked
where cast(:width_s as double precision) is null or from_low = 1 or from_high = 1
order by at;

-- name: reading_count(quantity, slot, from_at, till_at)$
select count(*) from readings('raw', :quantity, :slot, :from_at, :till_at);

-- name: means(levels, froms, tills, quantity, slot, from_at, width_s)
-- Roll-ups and readings in buckets of so many seconds; each piece of the span from its own level.
select cast(extract(epoch from min(r.at)) * 1000 as bigint) as t,
       cast(extract(epoch from min(r.at)) * 1000 as bigint) as since,
       cast(sum(count) as integer) as count, min(low) as low, max(high) as high,
       sum(cast(mean as double precision) * count) / sum(count) as mean
from unnest(cast(:levels as text[]), cast(:froms as timestamptz[]), cast(:tills as timestamptz[]))
     as piece (level, from_at, till_at)
cross join lateral readings(piece.level, :quantity, :slot, piece.from_at, piece.till_at) r
group by floor(extract(epoch from r.at - :from_at) / :width_s)
order by 1;

-- name: whole_days(from_at, till_at, zone, slot, ended)^
-- A span widened to whole days of a zone. From `rolled_from` until `rolled_till` its days are rolled
-- up: not those from before a resident moved into the zone, and those that had ended by an instant.
select begins, ends,
       least(next_day(greatest(begins, r.timezone_since), known), ends) as rolled_from,
       day_begins(cast(cast(:ended as timestamptz) at time zone known as date), known) as rolled_till
from known_zone(:zone) known
cross join lateral (
    select greatest(day_begins(cast(cast(:from_at as timestamptz) at time zone known as date), known),
                    timestamptz '0001-01-01 00:00+00') as begins,
           least(next_day(:till_at, known), timestamptz '9999-12-31 00:00+00') as ends
) span
left join resident r on r.slot = :slot;

-- name: days(levels, froms, tills, quantity, slot, from_at, zone, width)
-- The same in buckets of so many days of a zone; a point is where its first day begins.
select cast(extract(epoch from day_begins(min(day), min(known))) * 1000 as bigint) as t,
       cast(extract(epoch from min(r.at)) * 1000 as bigint) as since,
       cast(sum(count) as integer) as count, min(low) as low, max(high) as high,
       sum(cast(mean as double precision) * count) / sum(count) as mean
from known_zone(:zone) known
cross join unnest(cast(:levels as text[]), cast(:froms as timestamptz[]),
                  cast(:tills as timestamptz[])) as piece (level, from_at, till_at)
cross join lateral readings(piece.level, :quantity, :slot, piece.from_at, piece.till_at) r
cross join lateral (select cast(r.at at time zone known as date) as day) d
group by (day - cast(cast(:from_at as timestamptz) at time zone known as date)) / cast(:width as integer)
order by 1;

-- name: nights(slot, from_at, till_at)
select night, at as begins_at, till as ends_at, time_in_bed, exits, restlessness,
       heart_rate_count, heart_rate_low, heart_rate_mean, heart_rate_high,
       heart_rate_p10, heart_rate_p50, heart_rate_p90,
       respiration_rate_count, respiration_rate_low, respiration_rate_mean, respiration_rate_high,
       respiration_rate_p10, respiration_rate_p50, respiration_rate_p90
from sample_night where subject = :slot and at >= :from_at and at < :till_at
order by at;
