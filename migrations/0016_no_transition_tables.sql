-- Ends what a database has that ran these migrations before YugabyteDB could (docs/decisions/0029): a trigger with
-- a transition table. It filled in a column for versions that did not know it.
drop trigger if exists api_key_usage_created_at on api_key_usage;
-- Of our schema alone: another one of the search path may hold another installation.
do $$ begin
  execute format('drop function if exists %I.set_usage_created_at()', current_schema());
end $$;
update api_key_usage as used set created_at = api_key.created_at
from api_key where api_key.id = used.api_key_id and used.created_at is null;
