-- Why something became of an alert, of a message, of a channel or of what a device sent, as codes
-- beside the sentence. Null where it was written before there were any.

alter table alert_event add column reasons jsonb;
alter table delivery add column reasons jsonb;
alter table person_channel add column reasons jsonb;
alter table quarantine add column code text;
