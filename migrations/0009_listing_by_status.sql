-- A page of keys is read per status, each from an index of its own: an index of all keys would be written at a
-- revocation, though its order is that of before. Those of the revoked and of the others together hold as much,
-- and each answers for its status alone.

create index if not exists api_key_unrevoked_by_name on api_key (account_id, name, id) where revoked_at is null;
create index if not exists api_key_revoked_by_name on api_key (account_id, name, id) where revoked_at is not null;
create index if not exists api_key_disabled_by_name on api_key (account_id, name, id)
  where revoked_at is null and disabled_at is not null;
-- Keys that never expire come last in both directions: in descending order they are read apart.
create index if not exists api_key_unrevoked_by_expiry on api_key (account_id, coalesce(expires_at, 'infinity'), id)
  where revoked_at is null;
create index if not exists api_key_revoked_by_expiry on api_key (account_id, coalesce(expires_at, 'infinity'), id)
  where revoked_at is not null;
create index if not exists api_key_disabled_by_expiry on api_key (account_id, coalesce(expires_at, 'infinity'), id)
  where revoked_at is null and disabled_at is not null;
-- The planner takes no statistics of a partial index, and would guess how many keys never expire.
create statistics if not exists api_key_expiry on (coalesce(expires_at, 'infinity')) from api_key;
