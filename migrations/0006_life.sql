-- The life of a key: what it says of itself, tokens that overlap, and requests that are repeated.

alter table api_key
  -- A flat map of texts, for whoever manages keys.
  add column metadata jsonb not null default '{}'
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192);

alter table credential
  -- The promised end of its overlap with a newer one, a time; what ends at once has ended_at, a state.
  add column ends_at timestamptz,
  -- So long after its own first use those before it end, at the latest.
  add column retires_older_after_seconds integer check (retires_older_after_seconds >= 0);

-- What was done for a request with an Idempotency-Key: a repeat finds it, and does nothing.
create table idempotent_request (
  -- The key that asked, and the user for whom it acted.
  author text not null check (author <> ''),
  account_id uuid not null references account (id),
  route text not null check (route <> ''),
  idempotency_key text not null check (char_length(idempotency_key) between 1 and 255),
  -- SHA-256 of the body, which holds no secret.
  body_digest text not null,
  api_key_id uuid not null,
  generation integer not null check (generation > 0),
  created_at timestamptz not null,
  primary key (author, account_id, route, idempotency_key),
  -- The record comes first, so that of two equal requests one waits here; then the key that it names.
  foreign key (account_id, api_key_id) references api_key (account_id, id) deferrable initially deferred
);
create index idempotent_request_by_time on idempotent_request (created_at);
