-- People who sign in by OpenID Connect. A person is who an issuer calls a subject, never an e-mail address.
create table if not exists person (
  id uuid primary key,
  issuer text not null check (char_length(issuer) between 1 and 2000),
  subject text not null check (char_length(subject) between 1 and 255),
  -- As the issuer said last; null: it did not say. They are for people to read, and identify nobody.
  email text check (char_length(email) <= 320),
  email_verified boolean not null,
  name text check (char_length(name) between 1 and 120),
  created_at timestamptz not null,
  signed_in_at timestamptz
);
create unique index if not exists person_of_issuer on person (issuer asc, subject);

-- What a person may do in an account. A person who is removed and added again has another membership, so that no
-- session of the first one comes back.
create table if not exists membership (
  id uuid primary key,
  account_id uuid not null references account (id),
  person_id uuid not null references person (id),
  role_id uuid not null,
  -- Until when a role holds that the deployment's file mapped from claims; null: the role was given in the account.
  mapped_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  removed_at timestamptz,
  live boolean check (live),
  -- The revision of its last change, for the receipt of a repeated request.
  changed_revision bigint,
  changed_revision_id uuid,
  foreign key (account_id, role_id) references role (account_id, id),
  constraint membership_uses_role foreign key (account_id, role_id, live) references role (account_id, id, live),
  check ((live is null) = (removed_at is not null)),
  check ((changed_revision is null) = (changed_revision_id is null))
);
create unique index if not exists membership_of_person on membership (account_id, person_id) where live;
create index if not exists membership_by_created on membership (account_id, created_at, id) where live;
create index if not exists membership_by_role on membership (account_id, role_id) where live;
create index if not exists membership_by_person on membership (person_id, account_id);

-- The sessions of people, as `session` has those of keys: versions side by side rely on its columns.
create table if not exists user_session (
  id uuid primary key,
  membership_id uuid not null references membership (id),
  tag_key_id uuid not null references tag_key (id),
  -- SHA-256 of the whole session token.
  hash bytea not null check (octet_length(hash) = 32),
  client_ip text,
  created_at timestamptz not null,
  confirmed_until timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_revision bigint,
  ended_revision_id uuid,
  check ((ended_revision is null) = (ended_revision_id is null))
);
create index if not exists user_session_of_membership on user_session (membership_id, created_at);
create index if not exists user_session_by_expiry on user_session (expires_at asc);

-- Whether a user who issued or revoked a key had signed in here, and to which account: an acting user that a trusted
-- backend names is never verified.
alter table api_key add column if not exists created_by_verified text
  check (created_by_verified in ('account', 'platform'));
alter table api_key add column if not exists revoked_by_verified text
  check (revoked_by_verified in ('account', 'platform'));

-- Requests of people that created something else than a credential, which idempotent_request has.
create table if not exists user_request (
  author text not null,
  account_id uuid not null references account (id),
  route text not null,
  idempotency_key text not null check (char_length(idempotency_key) between 1 and 255),
  body_digest text not null,
  resource_id uuid not null,
  created_at timestamptz not null,
  primary key (author, account_id, route, idempotency_key)
);
create index if not exists user_request_by_time on user_request (created_at asc);
