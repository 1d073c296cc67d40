-- Many keys revoked by one act, and what is asked about the keys that are left.

-- The revision of each bulk revocation, for the receipt of a repeated one: its keys are written before the
-- counter is taken, and not once more under it.
create table bulk_revocation (
  id uuid primary key,
  revision bigint not null,
  revision_id uuid not null,
  created_at timestamptz not null
);
-- The version before reads no revision of such a key, and gives a repeated revocation one of its own.
alter table api_key add column revoked_in_bulk uuid;

-- What may still be used, in the order of the list; and of one creator.
create index api_key_unrevoked on api_key (account_id, created_at, id) where revoked_at is null;
create index api_key_unrevoked_by_creator on api_key (account_id, created_by_id, created_at, id)
  where revoked_at is null;
