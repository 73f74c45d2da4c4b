-- Figures: a year of a county is read in seconds.

-- What people did with each alert, without the alert as it was after each change.
create index alert_event_answers on alert_event (alert_id, change, at)
    where change in ('asked', 'held_back', 'accepted', 'on_the_way', 'arrived', 'no_answer');

-- Alerts that say that a device is silent or not tested, by when they ended.
create index alert_of_devices on alert (coalesce(resolved_at, 'infinity'))
    where kind in ('device_silent', 'button_test_overdue');
