-- The tables of accounts, roles, allow lists, keys and credentials.
--
-- Two devices recur:
--   * (account_id, id) is unique in every table that an account owns, so that a foreign key can hold
--     that what belongs together belongs to one account.
--   * `live` is true while a role or a list may be used, and true or null on what uses it. A foreign
--     key over it refuses to delete what a live key uses, whatever two transactions do at once and
--     at whatever isolation; a key that is dead (null) is let go, since MATCH SIMPLE ignores it.

create table account (
  id uuid primary key,
  name text not null
    check (char_length(name) between 1 and 120 and name !~ '^\s|\s$'),
  platform boolean not null,
  created_at timestamptz not null,
  unique (id, platform)
);
create unique index account_platform on account (platform) where platform;
create index account_by_created on account (created_at, id);
create index account_by_name on account (name collate "C", id);

create table permission_catalogue (
  singleton boolean primary key default true check (singleton),
  entries jsonb not null,
  updated_at timestamptz not null
);

create table tag_key (
  id uuid primary key,
  key bytea not null check (octet_length(key) = 32),
  -- The one that signs new tokens; the others only verify.
  signs boolean not null,
  created_at timestamptz not null
);
create unique index tag_key_signs on tag_key (signs) where signs;

create table pepper (
  id text primary key check (id ~ '^[A-Za-z0-9._-]{1,64}$'),
  -- An Argon2id hash of the pepper, to notice a wrong file. Not a fast function: it is no oracle.
  fingerprint text not null,
  created_at timestamptz not null
);

create table role (
  id uuid primary key,
  account_id uuid not null,
  platform boolean not null,
  name text not null
    check (char_length(name) between 1 and 120 and name !~ '^\s|\s$'),
  folded_name text not null,
  description text not null check (char_length(description) <= 1000),
  built_in boolean not null,
  -- As chosen; and what they amount to with all that they imply, by scope.
  permissions text[] not null,
  effective_account text[] not null,
  effective_platform text[] not null check (platform or effective_platform = '{}'),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  live boolean not null check (live = (deleted_at is null) and (live or not built_in)),
  foreign key (account_id, platform) references account (id, platform),
  unique (account_id, id),
  unique (account_id, id, live)
);
create unique index role_name on role (account_id, folded_name) where live;
create index role_by_created on role (account_id, created_at, id) where live;
create index role_by_name on role (account_id, name collate "C", id) where live;

create table allow_list (
  id uuid primary key,
  account_id uuid not null references account (id),
  name text not null
    check (char_length(name) between 1 and 120 and name !~ '^\s|\s$'),
  description text not null check (char_length(description) <= 1000),
  -- Exactly as given.
  entries text[] not null check (cardinality(entries) between 1 and 100),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  live boolean not null check (live = (deleted_at is null)),
  unique (account_id, id),
  unique (account_id, id, live)
);
create unique index allow_list_name on allow_list (account_id, name) where live;
create index allow_list_by_created on allow_list (account_id, created_at, id) where live;
create index allow_list_by_name on allow_list (account_id, name collate "C", id) where live;

create table api_key (
  id uuid primary key,
  account_id uuid not null references account (id),
  name text collate "C" not null
    check (char_length(name) between 1 and 120 and name !~ '^\s|\s$'),
  description text not null check (char_length(description) <= 1000),
  role_id uuid not null,
  reach text not null check (reach in ('anywhere', 'allow_lists')),
  token_prefix text not null check (token_prefix ~ '^[a-z][a-z0-9]{0,15}$'),
  created_at timestamptz not null,
  created_by_kind text not null check (created_by_kind in ('user', 'api_key', 'platform', 'system')),
  created_by_id text,
  created_by_name text,
  expires_at timestamptz,
  disabled_at timestamptz,
  revoked_at timestamptz,
  revoked_by_kind text check (revoked_by_kind in ('user', 'api_key', 'platform', 'system')),
  revoked_by_id text,
  revoked_by_name text,
  revocation_reason text check (char_length(revocation_reason) <= 1000),
  -- Holds its name, its role and its lists; null once revoked, or once somebody else needed them after its expiry.
  live boolean check (live),
  check ((revoked_at is null) = (revoked_by_kind is null)),
  check (revoked_at is not null or (revoked_by_id is null and revoked_by_name is null and revocation_reason is null)),
  check (revoked_at is null or live is null),
  check (live is not null or revoked_at is not null or expires_at is not null),
  foreign key (account_id, role_id) references role (account_id, id),
  constraint api_key_uses_role foreign key (account_id, role_id, live) references role (account_id, id, live),
  unique (account_id, id),
  unique (id, live)
);
create unique index api_key_name on api_key (account_id, name) where live;
create index api_key_by_created on api_key (account_id, created_at, id);
create index api_key_by_name on api_key (account_id, name, id);
-- Keys that never expire come last in both orders.
create index api_key_by_expiry on api_key (account_id, coalesce(expires_at, 'infinity'), id);
create index api_key_by_expiry_reversed on api_key (account_id, coalesce(expires_at, '-infinity'), id);
create index api_key_by_role on api_key (account_id, role_id, created_at, id);
create index api_key_by_creator on api_key (account_id, created_by_id, created_at, id);

create table api_key_allow_list (
  account_id uuid not null,
  api_key_id uuid not null,
  allow_list_id uuid not null,
  live boolean check (live),
  primary key (api_key_id, allow_list_id),
  foreign key (account_id, api_key_id) references api_key (account_id, id),
  -- Only a live key holds a list.
  foreign key (api_key_id, live) references api_key (id, live),
  foreign key (account_id, allow_list_id) references allow_list (account_id, id),
  constraint api_key_uses_allow_list
    foreign key (account_id, allow_list_id, live) references allow_list (account_id, id, live)
);
create index api_key_allow_list_by_list on api_key_allow_list (account_id, allow_list_id) where live;

create table api_key_usage (
  api_key_id uuid primary key,
  account_id uuid not null,
  last_used_at timestamptz not null,
  use_count bigint not null check (use_count > 0),
  foreign key (account_id, api_key_id) references api_key (account_id, id)
);
create index api_key_usage_by_last on api_key_usage (account_id, last_used_at, api_key_id);

-- One secret of a key. The hash is the authority; the tag only finds the row.
create table credential (
  api_key_id uuid not null references api_key (id),
  generation integer not null check (generation > 0),
  tag text not null check (tag ~ '^[0-9A-Za-z]{11}$'),
  tag_key_id uuid not null references tag_key (id),
  hash text not null check (hash like '$argon2id$%'),
  hash_profile smallint not null,
  pepper_id text references pepper (id),
  created_at timestamptz not null,
  first_used_at timestamptz,
  ended_at timestamptz,
  primary key (api_key_id, generation),
  unique (api_key_id, tag)
);
create index credential_by_pepper on credential (pepper_id) where ended_at is null and pepper_id is not null;
create index credential_by_tag_key on credential (tag_key_id) where ended_at is null;
