-- By which telephone a resident is called at home, and whoever has an account. That of an account is
-- for people to call; messages go to its channels.

alter table resident add column phone text;
alter table account add column phone text;
