-- Uses are indexed by their day, not by their moment, so that writing one down touches no index unless it is
-- the key's first on that day (docs/decisions/0011-uses-are-indexed-by-day.md).
drop index api_key_usage_by_last;
-- The row beside the one that it replaces: without room for it on the page all indexes are written.
alter table api_key_usage set (fillfactor = 50), add column created_at timestamptz;
update api_key_usage as used set created_at = api_key.created_at from api_key where api_key.id = used.api_key_id;
-- This writes the table anew, with that room.
alter table api_key_usage
  add column last_used_day date generated always as ((last_used_at at time zone 'UTC')::date) stored;
create index api_key_usage_by_day on api_key_usage (account_id, last_used_day, api_key_id);
-- What was not used for long in the order of its issue is found by the index alone.
create index api_key_usage_by_created on api_key_usage (account_id, created_at, api_key_id, last_used_day);

-- A version that knows nothing of the column, and runs beside this one, leaves it null: this fills it, once a
-- statement and for new rows only.
create function set_usage_created_at() returns trigger language plpgsql as $$
begin
  update api_key_usage as used set created_at = api_key.created_at
  from inserted join api_key on api_key.id = inserted.api_key_id
  where inserted.created_at is null and used.api_key_id = inserted.api_key_id;
  return null;
end $$;
create trigger api_key_usage_created_at after insert on api_key_usage
  referencing new table as inserted for each statement execute function set_usage_created_at();

analyze api_key_usage;
