-- Pump and keeper both make the pieces of days to come, at the same moment when they start together:
-- one after the other, or the second finds a table that was not there when it looked.

alter function make_days(text, date, date) rename to make_days_alone;

create function make_days(target text, from_day date, till_day date) returns integer
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(7264008);
    return make_days_alone(target, from_day, till_day);
end $$;
