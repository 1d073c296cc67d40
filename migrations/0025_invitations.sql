-- Invitations: a link gives a role in an account to the person whose e-mail address a provider has verified. Once.
create table if not exists invitation (
  id uuid primary key,
  account_id uuid not null references account (id),
  -- As it was given, and as it is compared.
  email text not null check (char_length(email) between 3 and 254),
  folded_email text not null check (char_length(folded_email) between 3 and 254),
  role_id uuid not null,
  -- By what the inviter acted, which is judged again at the redemption: a key with a credential, or a membership.
  inviter_key_id uuid,
  inviter_generation integer,
  inviter_membership_id uuid references membership (id),
  invited_by_kind text not null check (invited_by_kind in ('user', 'api_key', 'platform', 'system')),
  invited_by_id text,
  invited_by_name text,
  invited_by_verified text check (invited_by_verified in ('account', 'platform')),
  -- SHA-256 of the whole secret of the newest link.
  hash bytea not null check (octet_length(hash) = 32),
  created_at timestamptz not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  redeemed_at timestamptz,
  redeemed_by uuid references person (id),
  withdrawn_at timestamptz,
  -- Neither redeemed nor withdrawn; it may have expired.
  open boolean check (open),
  foreign key (account_id, role_id) references role (account_id, id),
  constraint invitation_uses_role foreign key (account_id, role_id, open) references role (account_id, id, live),
  foreign key (inviter_key_id, inviter_generation) references credential (api_key_id, generation),
  check ((inviter_key_id is null) = (inviter_generation is null)),
  check ((inviter_key_id is null) <> (inviter_membership_id is null)),
  check ((redeemed_at is null) = (redeemed_by is null)),
  check ((open is null) = (redeemed_at is not null or withdrawn_at is not null)),
  check (redeemed_at is null or withdrawn_at is null)
);
create unique index if not exists invitation_of_address on invitation (account_id, folded_email) where open;
create index if not exists invitation_by_created on invitation (account_id, created_at, id) where open;
create index if not exists invitation_by_role on invitation (account_id, role_id) where open;
create index if not exists invitation_by_expiry on invitation (expires_at asc);
