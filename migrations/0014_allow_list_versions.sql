-- The version names the entries of a list: whoever has parsed a version need not read it again. It is random, not
-- counted: after a restore a counter would give other entries the same number. A trigger sets it, so that an instance
-- of the version before, which does not know it, changes it too.

alter table allow_list add column version uuid not null default gen_random_uuid();

create unique index allow_list_version on allow_list (version);

create function set_allow_list_version() returns trigger language plpgsql as $$
begin
  new.version := gen_random_uuid();
  return new;
end $$;

create trigger allow_list_version before update on allow_list
  for each row when (old.entries is distinct from new.entries) execute function set_allow_list_version();
