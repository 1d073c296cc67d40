-- Many keys revoked by one act, and what is asked about the keys that are left.

-- The revision of each bulk revocation, for the receipt of a repeated one: its keys are written before the
-- counter is taken, and not once more under it.
create table if not exists bulk_revocation (
  id uuid primary key,
  revision bigint not null,
  revision_id uuid not null,
  created_at timestamptz not null
);

-- What may still be used of one creator, in the order of the list.
create index if not exists api_key_unrevoked_by_creator on api_key (account_id, created_by_id, created_at, id)
  where revoked_at is null;
