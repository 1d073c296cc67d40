-- What is asked of keys by their expiry in the order of their issue is answered by the index alone, and rows
-- are read of those only that are listed. Neither column costs an update more: one that writes them writes
-- all indexes already, since others are of them.
create index if not exists api_key_unrevoked_by_created on api_key (account_id, created_at, id)
  include (expires_at, disabled_at) where revoked_at is null;
create index if not exists api_key_revoked_by_created on api_key (account_id, created_at, id)
  include (expires_at) where revoked_at is not null;
