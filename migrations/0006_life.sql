-- Requests that are repeated.

-- What was done for a request with an Idempotency-Key: a repeat finds it, and does nothing.
create table if not exists idempotent_request (
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
create index if not exists idempotent_request_by_time on idempotent_request (created_at asc);
