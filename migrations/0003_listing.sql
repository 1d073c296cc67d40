-- The keys of a status that few have, in the order of the list: else all of an account are read to find them.
create index if not exists api_key_disabled on api_key (account_id, created_at, id)
  where revoked_at is null and disabled_at is not null;
