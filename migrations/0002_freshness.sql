-- One order of changes, and who has applied it (docs/freshness.md).

create table revision (
  singleton boolean primary key default true check (singleton),
  -- The latest revision. Taking the next one locks this row until the commit: the order of revisions is
  -- the order in which they become visible.
  value bigint not null,
  -- Changes up to here were pruned.
  floor bigint not null,
  check (floor < value)
);

create table change (
  revision bigint not null,
  ordinal integer not null,
  -- One random id a revision: a revision with another id is another history.
  id uuid not null,
  kind text not null,
  subject uuid,
  created_at timestamptz not null,
  primary key (revision, ordinal)
);
create index change_by_time on change (created_at);

insert into revision (value, floor) values (1, 0);
insert into change (revision, ordinal, id, kind, created_at) values (1, 0, gen_random_uuid(), 'origin', now());

-- Logged, on purpose: an unlogged table is empty after a crash, and every receipt would complete at once.
create table instance (
  id uuid primary key,
  applied bigint not null,
  beat bigint not null,
  started_at timestamptz not null,
  -- Watches are timed by it: it must be the same for all.
  max_staleness_ms integer not null
);

-- The revision of the last change of this key itself, for the receipt of a repeated revocation.
alter table api_key
  add column changed_revision bigint,
  add column changed_revision_id uuid,
  add check ((changed_revision is null) = (changed_revision_id is null));

-- A tag key is published first, signs once every instance knows it, stops when another signs, and leaves
-- the ring when no live credential uses it.
alter table tag_key
  add column stopped_at timestamptz,
  add column retired_at timestamptz,
  add check (retired_at is null or not signs);
