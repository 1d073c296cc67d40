/** What PostgreSQL 15 has and YugabyteDB 2025.2 lacks, or does otherwise. */
export interface YsqlGap {
  readonly name: string
  readonly found: RegExp
  /** Where YugabyteDB's documentation or issue tracker says so. */
  readonly source: string
  /** SQL that has it. */
  readonly sample: string
  /** Files that may have it, since they do something else on YugabyteDB. */
  readonly allowedIn?: readonly string[]
}

const issue = (number: number): string => `https://github.com/yugabyte/yugabyte-db/issues/${number}`
const docs = (page: string): string => `https://docs.yugabyte.com/stable/${page}`
const differences = docs('explore/ysql-language-features/postgresql-compatibility/')
const fromPostgres = docs('yugabyte-voyager/known-issues/postgresql/')

export const ysqlGaps: readonly YsqlGap[] = [
  {
    name: 'a transition table',
    found: /\breferencing\s+(?:new|old)\s+table\b/i,
    source: issue(1668),
    sample: 'create trigger t after insert on a referencing new table as b execute function f()',
  },
  {
    name: 'a subquery in RETURNING',
    // Up to the end of the statement, or of the brackets that it is in.
    found: /\breturning\b(?:[^;()`]|\((?!\s*select\b)[^()]*\))*\(\s*select\b/i,
    source: issue(17672),
    sample: 'insert into a values (1) returning id, f(id), (select max(id) from b)',
  },
  {
    name: 'a rewrite: a generated column for a table that exists',
    found: /\balter\s+table\b[^;]*\badd\s+(?:column\s+)?[^;]*\bgenerated\s+always\s+as\s*\(/i,
    source: issue(27671),
    sample: 'alter table a add column b int generated always as (c + 1) stored',
  },
  {
    name: 'a rewrite: a column with a default that is not a constant',
    found: /\balter\s+table\b[^;]*\badd\s+column\b[^;]*\bdefault\s+\w+\s*\(/i,
    source: docs('releases/techadvisories/ta-24007/'),
    sample: 'alter table a add column if not exists b uuid not null default gen_random_uuid()',
  },
  {
    name: 'a rewrite: another type of a column',
    found: /\balter\s+table\b[^;]*\balter\s+(?:column\s+)?\w+\s+(?:set\s+data\s+)?type\b/i,
    source: docs('releases/techadvisories/ta-24007/'),
    sample: 'alter table a alter column b type bigint',
  },
  {
    name: 'a hash of the first column of an index, which ranges cannot use: state asc',
    found:
      /\bcreate\s+(?:unique\s+)?index\b[^;(]*\(\s*(?!(?:\w+_)?id\s*[,)]|version\s*[,)]|[^,)]*\b(?:asc|desc)\b)/i,
    source: docs('explore/going-beyond-sql/data-sharding/'),
    sample: 'create index i on a (created_at, id)',
  },
  {
    name: 'fillfactor of an index',
    found: /\bcreate\s+(?:unique\s+)?index\b[^;]*\bfillfactor\b/i,
    source: issue(23467),
    sample: 'create index i on a (id) with (fillfactor = 70)',
  },
  {
    name: 'an exclusion constraint',
    found: /\bexclude\s+using\b/i,
    source: issue(3944),
    sample: 'create table a (b int4range, exclude using gist (b with &&))',
  },
  {
    name: 'a deferrable constraint that is no foreign key',
    found: /\b(?:unique|primary\s+key)\s*\([^()]*\)\s*deferrable\b/i,
    source: issue(1709),
    sample: 'create table a (b int, unique (b) deferrable initially deferred)',
  },
  {
    name: 'a GiST index',
    found: /\busing\s+(?:sp)?gist\b/i,
    source: issue(1337),
    sample: 'create index i on a using gist (b)',
  },
  {
    name: 'inheritance of tables',
    found: /\)\s*inherits\s*\(/i,
    source: issue(5956),
    sample: 'create table a (b int) inherits (c)',
  },
  {
    name: 'LOCK TABLE',
    found: /\block\s+table\b/i,
    source: issue(5384),
    sample: 'lock table a in exclusive mode',
  },
  {
    name: 'a prepared transaction',
    found: /\b(?:prepare\s+transaction|commit\s+prepared|rollback\s+prepared)\b/i,
    source: issue(11084),
    sample: `prepare transaction 'a'`,
  },
  {
    name: 'XML functions',
    found: /\bxml(?:agg|element|forest|parse|serialize|table)\s*\(/i,
    source: issue(1043),
    sample: 'select xmlelement(name a)',
  },
  {
    name: 'an unlogged table',
    found: /\bcreate\s+unlogged\b/i,
    source: fromPostgres,
    sample: 'create unlogged table a (b int)',
  },
  {
    name: 'a system column',
    found: /\b(?:ctid|xmin|xmax|cmin|cmax)\b/i,
    source: fromPostgres,
    sample: 'select ctid from a',
  },
  {
    name: 'a large object',
    found: /\blo_(?:create|creat|open|import|export|unlink|get|put|from_bytea)\s*\(/i,
    source: fromPostgres,
    sample: 'select lo_create(0)',
  },
  {
    name: 'an advisory lock, which a transaction pooler lends to others',
    found: /\bpg_(?:try_)?advisory_(?:lock|unlock)/i,
    source: fromPostgres,
    sample: 'select pg_advisory_lock(1)',
  },
  {
    name: 'LISTEN or NOTIFY without a check that it works',
    found: /`\s*(?:listen|notify)\b|\bpg_notify\s*\(/i,
    source: issue(1872),
    sample: `select pg_notify('a', '')`,
    allowedIn: ['src/store/feed.ts', 'src/store/take-revision.ts', 'src/store/notifications.ts'],
  },
  {
    name: 'a function of the write-ahead log, or one that tells of the node alone',
    found:
      /\bpg_(?:current_wal|walfile|last_wal|postmaster_start_time|relation_filenode|control_)/i,
    source: issue(30378),
    sample: 'select pg_current_wal_lsn()',
    allowedIn: ['src/store/history.ts', 'src/store/servers/probe.ts'],
  },
  {
    name: 'ANALYZE beside a definition',
    found: /(?:^|;)\s*analyze\b/i,
    source: differences,
    sample: 'create table a (b int); analyze a',
  },
]
