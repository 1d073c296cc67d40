-- What was done, by whom and from where: one chain of events an account (docs/security.md).

-- The head of each chain. Whoever adds to a chain locks its row until the commit: numbers have no gaps,
-- and accounts do not wait for each other.
create table if not exists audit_chain (
  account_id uuid primary key,
  -- Of the last event; 0 before the first.
  number bigint not null check (number >= 0),
  link bytea not null check (octet_length(link) = 32),
  updated_at timestamptz not null
);

-- The service inserts and reads, and needs no other right here. No foreign keys: an event tells of what was.
create table if not exists audit_event (
  account_id uuid not null,
  number bigint not null check (number > 0),
  id uuid not null,
  created_at timestamptz not null,
  action text not null,
  actor_kind text not null,
  actor_id text,
  resource_id uuid,
  -- The very text that the link covers. The columns before it repeat what is looked for.
  content text not null,
  link bytea not null check (octet_length(link) = 32),
  primary key (account_id, number)
);
create index if not exists audit_event_by_created on audit_event (account_id, created_at, id);
create index if not exists audit_event_by_action on audit_event (account_id, action, created_at, id);
create index if not exists audit_event_by_actor on audit_event (account_id, actor_id, created_at, id);
create index if not exists audit_event_by_resource on audit_event (account_id, resource_id, created_at, id);

-- The keys that a bulk act changed; its event has their digest.
create table if not exists audit_event_key (
  account_id uuid not null,
  number bigint not null,
  api_key_id uuid not null,
  primary key (account_id, number, api_key_id)
);

-- How often an authentic key was denied in an hour. The first of each row makes an event.
create table if not exists api_key_denial (
  api_key_id uuid not null,
  reason text not null,
  hour timestamptz not null,
  account_id uuid not null,
  count bigint not null check (count > 0),
  primary key (api_key_id, reason, hour)
);
create index if not exists api_key_denial_by_hour on api_key_denial (hour asc);

-- How far the work has come that one instance does for all. Whoever does it locks its row.
create table if not exists sweep (
  name text primary key,
  swept_to timestamptz not null,
  -- Of what is at that very moment, up to where.
  swept_id uuid not null
);
insert into sweep (name, swept_to, swept_id)
select name, now() + before, '00000000-0000-0000-0000-000000000000' from (values
  ('expires_in_30_days', interval '30 days'),
  ('expires_in_7_days', interval '7 days'),
  ('expires_in_1_day', interval '1 day'),
  ('expired', interval '0'),
  ('audit_heads', interval '0')) as work (name, before)
on conflict (name) do nothing;
create index if not exists api_key_by_expiry_everywhere on api_key (expires_at asc, id)
  where expires_at is not null and revoked_at is null;
