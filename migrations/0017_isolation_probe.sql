-- Each start proves by this row that a statement of a READ COMMITTED transaction sees what was committed before it
-- (src/store/isolation-probe.ts).
create table if not exists isolation_probe (
  singleton boolean primary key default true check (singleton),
  value uuid not null
);
insert into isolation_probe (value) values (gen_random_uuid()) on conflict (singleton) do nothing;
