-- One order of changes, and who has applied it (docs/freshness.md).

create table if not exists revision (
  singleton boolean primary key default true check (singleton),
  -- The latest revision. Taking the next one locks this row until the commit: the order of revisions is
  -- the order in which they become visible.
  value bigint not null,
  -- Changes up to here were pruned.
  floor bigint not null,
  check (floor < value)
);

-- Changes are read from a revision on. YugabyteDB would scatter them by the hash of their first key column, and a
-- primary key cannot state an order in the syntax of PostgreSQL, which does not know the setting.
select set_config('yb_use_hash_splitting_by_default', 'off', true)
where current_setting('yb_use_hash_splitting_by_default', true) is not null;
create table if not exists change (
  revision bigint not null,
  ordinal integer not null,
  -- One random id a revision: a revision with another id is another history.
  id uuid not null,
  kind text not null,
  subject uuid,
  created_at timestamptz not null,
  primary key (revision, ordinal)
);
create index if not exists change_by_time on change (created_at asc);

insert into revision (value, floor) values (1, 0) on conflict (singleton) do nothing;
insert into change (revision, ordinal, id, kind, created_at) values (1, 0, gen_random_uuid(), 'origin', now())
  on conflict (revision, ordinal) do nothing;

-- Logged, on purpose: an unlogged table is empty after a crash, and every receipt would complete at once.
create table if not exists instance (
  id uuid primary key,
  applied bigint not null,
  beat bigint not null,
  started_at timestamptz not null,
  -- Watches are timed by it: it must be the same for all.
  max_staleness_ms integer not null
);
