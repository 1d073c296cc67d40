-- Receipts tell the edges of an instance apart (docs/edge.md). A version that knows no edges leaves these as they are:
-- it has none.
alter table instance add column if not exists edges integer not null default 0 check (edges >= 0);
-- How many of them have confirmed what this revision changed, as far as the instance has read the changes.
alter table instance add column if not exists edges_confirmed integer not null default 0 check (edges_confirmed >= 0);
alter table instance add column if not exists edges_revision bigint not null default 0;
