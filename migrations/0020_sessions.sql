-- Sessions of the console: a key is exchanged for a cookie once (docs/security.md). A session is judged with its key
-- and the generation of that key's credential, so that it needs no rights of its own.
create table if not exists session (
  id uuid primary key,
  api_key_id uuid not null,
  generation integer not null,
  tag_key_id uuid not null references tag_key (id),
  -- SHA-256 of the whole session token: 256 random bits need no slow hash.
  hash bytea not null check (octet_length(hash) = 32),
  -- From which address it was started; null: unknown.
  client_ip text,
  created_at timestamptz not null,
  -- Until when sensitive acts need no key given again.
  confirmed_until timestamptz not null,
  -- Written in batches: later than the stored time by one flush at most.
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  -- The revision of its end, for the receipt of a repeated request.
  ended_revision bigint,
  ended_revision_id uuid,
  foreign key (api_key_id, generation) references credential (api_key_id, generation),
  check ((ended_revision is null) = (ended_revision_id is null))
);
create index if not exists session_of_key on session (api_key_id, created_at);
create index if not exists session_by_expiry on session (expires_at asc);

-- Sign-in links: each starts one session, once.
create table if not exists sign_in_link (
  id uuid primary key,
  api_key_id uuid not null,
  generation integer not null,
  hash bytea not null check (octet_length(hash) = 32),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  foreign key (api_key_id, generation) references credential (api_key_id, generation)
);
create index if not exists sign_in_link_by_expiry on sign_in_link (expires_at asc);
