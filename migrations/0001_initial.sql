-- The tables of accounts, roles, allow lists, keys and credentials.
--
-- Two devices recur:
--   * (account_id, id) is unique in every table that an account owns, so that a foreign key can hold
--     that what belongs together belongs to one account.
--   * `live` is true while a role or a list may be used, and true or null on what uses it. A foreign
--     key over it refuses to delete what a live key uses, whatever two transactions do at once and
--     at whatever isolation; a key that is dead (null) is let go, since MATCH SIMPLE ignores it.

create table if not exists account (
  id uuid primary key,
  name text not null
    check (char_length(name) between 1 and 120 and name !~ '^\s|\s$'),
  platform boolean not null,
  created_at timestamptz not null,
  -- Aeon's public API knows one project an account.
  project_id uuid not null default gen_random_uuid(),
  unique (id, platform)
);
create unique index if not exists account_platform on account (platform asc) where platform;
create index if not exists account_by_created on account (created_at asc, id);
create index if not exists account_by_name on account (name collate "C" asc, id);

create table if not exists permission_catalogue (
  singleton boolean primary key default true check (singleton),
  entries jsonb not null,
  updated_at timestamptz not null
);

create table if not exists tag_key (
  id uuid primary key,
  key bytea not null check (octet_length(key) = 32),
  -- The one that signs new tokens; the others only verify.
  signs boolean not null,
  created_at timestamptz not null,
  -- A tag key is published first, signs once every instance knows it, stops when another signs, and leaves the
  -- ring when no live credential uses it.
  stopped_at timestamptz,
  retired_at timestamptz,
  check (retired_at is null or not signs)
);
create unique index if not exists tag_key_signs on tag_key (signs asc) where signs;

create table if not exists pepper (
  id text primary key check (id ~ '^[A-Za-z0-9._-]{1,64}$'),
  -- An Argon2id hash of the pepper, to notice a wrong file. Not a fast function: it is no oracle.
  fingerprint text not null,
  created_at timestamptz not null
);

create table if not exists role (
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
  -- What the name looks like (0013).
  name_skeleton text,
  skeleton_of text,
  foreign key (account_id, platform) references account (id, platform),
  unique (account_id, id),
  unique (account_id, id, live)
);
create unique index if not exists role_name on role (account_id, folded_name) where live;
create index if not exists role_by_created on role (account_id, created_at, id) where live;
create index if not exists role_by_name on role (account_id, name collate "C", id) where live;

create table if not exists allow_list (
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
  -- What the name looks like (0013); and which entries these are (0014).
  name_skeleton text,
  skeleton_of text,
  version uuid not null default gen_random_uuid(),
  unique (account_id, id),
  unique (account_id, id, live)
);
create unique index if not exists allow_list_name on allow_list (account_id, name) where live;
create index if not exists allow_list_by_created on allow_list (account_id, created_at, id) where live;
create index if not exists allow_list_by_name on allow_list (account_id, name collate "C", id) where live;

create table if not exists api_key (
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
  -- The revision of the last change of this key itself, for the receipt of a repeated revocation.
  changed_revision bigint,
  changed_revision_id uuid,
  -- A flat map of texts, for whoever manages keys.
  metadata jsonb not null default '{}'
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192),
  -- The act that revoked it with others (0008).
  revoked_in_bulk uuid,
  -- Only a key that is live and restricted to lists holds them. The flag of any other key is null before and
  -- after whatever happens to it, and PostgreSQL asks nothing about its lists
  -- (docs/decisions/0009-lists-are-held-by-restricted-keys.md).
  holds_lists boolean generated always as (case when live and reach = 'allow_lists' then true end) stored,
  -- What the name looks like (0013).
  name_skeleton text collate "C",
  skeleton_of text collate "C",
  check ((revoked_at is null) = (revoked_by_kind is null)),
  check (revoked_at is not null or (revoked_by_id is null and revoked_by_name is null and revocation_reason is null)),
  check (revoked_at is null or live is null),
  check (live is not null or revoked_at is not null or expires_at is not null),
  check ((changed_revision is null) = (changed_revision_id is null)),
  foreign key (account_id, role_id) references role (account_id, id),
  constraint api_key_uses_role foreign key (account_id, role_id, live) references role (account_id, id, live),
  unique (account_id, id),
  unique (id, holds_lists)
);
create unique index if not exists api_key_name on api_key (account_id, name) where live;
create index if not exists api_key_by_role on api_key (account_id, role_id, created_at, id);
create index if not exists api_key_by_creator on api_key (account_id, created_by_id, created_at, id);

create table if not exists api_key_allow_list (
  account_id uuid not null,
  api_key_id uuid not null,
  allow_list_id uuid not null,
  live boolean check (live),
  primary key (api_key_id, allow_list_id),
  foreign key (account_id, api_key_id) references api_key (account_id, id),
  -- A key that dies, or may be used from anywhere from then on, lets go of its lists by itself.
  constraint api_key_allow_list_held_by_key
    foreign key (api_key_id, live) references api_key (id, holds_lists) on update cascade,
  foreign key (account_id, allow_list_id) references allow_list (account_id, id),
  constraint api_key_uses_allow_list
    foreign key (account_id, allow_list_id, live) references allow_list (account_id, id, live)
);
create index if not exists api_key_allow_list_by_list on api_key_allow_list (account_id, allow_list_id) where live;

create table if not exists api_key_usage (
  api_key_id uuid primary key,
  account_id uuid not null,
  last_used_at timestamptz not null,
  use_count bigint not null check (use_count > 0),
  -- When the key was issued: its order in lists.
  created_at timestamptz,
  last_used_day date generated always as ((last_used_at at time zone 'UTC')::date) stored,
  foreign key (account_id, api_key_id) references api_key (account_id, id)
);
-- The row beside the one that it replaces: without room for it on the page all indexes are written.
alter table api_key_usage set (fillfactor = 50);

-- One secret of a key. The hash is the authority; the tag only finds the row.
create table if not exists credential (
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
  -- The promised end of its overlap with a newer one, a time; what ends at once has ended_at, a state.
  ends_at timestamptz,
  -- So long after its own first use those before it end, at the latest.
  retires_older_after_seconds integer check (retires_older_after_seconds >= 0),
  primary key (api_key_id, generation),
  unique (api_key_id, tag)
);
create index if not exists credential_by_pepper on credential (pepper_id) where ended_at is null and pepper_id is not null;
create index if not exists credential_by_tag_key on credential (tag_key_id) where ended_at is null;
