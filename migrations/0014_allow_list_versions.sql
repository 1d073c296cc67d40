-- The version names the entries of a list: whoever has parsed a version need not read it again. It is random, not
-- counted: after a restore a counter would give other entries the same number. A trigger sets it, so that an instance
-- of the version before, which does not know it, changes it too.

create unique index if not exists allow_list_version on allow_list (version);

create or replace function set_allow_list_version() returns trigger language plpgsql as $$
begin
  new.version := gen_random_uuid();
  return new;
end $$;

drop trigger if exists allow_list_version on allow_list;
create trigger allow_list_version before update on allow_list
  for each row when (old.entries is distinct from new.entries) execute function set_allow_list_version();
