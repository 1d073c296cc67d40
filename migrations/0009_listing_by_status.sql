-- A page of keys is read per status, each from an index of its own; and a bulk revocation writes less.

-- Only a key that is live and restricted to lists holds them. The flag of any other key is null before and
-- after whatever happens to it, and PostgreSQL asks nothing about its lists (docs/decisions/0009-lists-are-held-by-restricted-keys.md).
alter table api_key_allow_list drop constraint api_key_allow_list_api_key_id_live_fkey;
alter table api_key drop constraint api_key_id_live_key;

-- Each index of all keys is written at a revocation, though its order is that of before. Those of the revoked
-- and of the others together hold as much, and each answers for its status alone.
drop index api_key_by_created;
drop index api_key_by_name;
drop index api_key_by_expiry;
drop index api_key_by_expiry_reversed;

alter table api_key
  add column holds_lists boolean generated always as (case when live and reach = 'allow_lists' then true end) stored,
  add unique (id, holds_lists);
-- A key that dies, or may be used from anywhere from then on, lets go of its lists by itself.
alter table api_key_allow_list
  add constraint api_key_allow_list_held_by_key
    foreign key (api_key_id, live) references api_key (id, holds_lists) on update cascade;

create index api_key_unrevoked_by_name on api_key (account_id, name, id) where revoked_at is null;
create index api_key_revoked_by_name on api_key (account_id, name, id) where revoked_at is not null;
create index api_key_disabled_by_name on api_key (account_id, name, id)
  where revoked_at is null and disabled_at is not null;
-- Keys that never expire come last in both directions: in descending order they are read apart.
create index api_key_unrevoked_by_expiry on api_key (account_id, coalesce(expires_at, 'infinity'), id)
  where revoked_at is null;
create index api_key_revoked_by_expiry on api_key (account_id, coalesce(expires_at, 'infinity'), id)
  where revoked_at is not null;
create index api_key_disabled_by_expiry on api_key (account_id, coalesce(expires_at, 'infinity'), id)
  where revoked_at is null and disabled_at is not null;
-- The planner takes no statistics of a partial index, and would guess how many keys never expire.
create statistics api_key_expiry on (coalesce(expires_at, 'infinity')) from api_key;
