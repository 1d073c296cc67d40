/** The lint that keeps what YugabyteDB lacks out of migrations and statements. */
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { findYsqlGaps } from '../scripts/find-ysql-gaps.ts'
import { ysqlGaps } from '../scripts/ysql-gaps.ts'

const namesIn = (text: string, file: string) => findYsqlGaps(text, file).map(({ name }) => name)

t.test('each pattern of YugabyteDB gaps catches its own sample alone', async (t) => {
  for (const { name, sample, source } of ysqlGaps) {
    const others = name === 'a GiST index' || name === 'an exclusion constraint'
    const inMigration = namesIn(`${sample};`, 'migrations/0099_x.sql')
    if (others) t.ok(inMigration.includes(name), name)
    else t.same(inMigration, [name], name)
    t.same(namesIn(`-- ${sample}`, 'migrations/0099_x.sql'), [], 'a comment is no statement')
    t.match(source, /^https:\/\/(?:github\.com\/yugabyte\/yugabyte-db|docs\.yugabyte\.com)\//)
  }
})

t.test('a YugabyteDB gap that a file handles by product is allowed there alone', async (t) => {
  for (const { name, sample, allowedIn = [] } of ysqlGaps) {
    for (const file of allowedIn) t.notOk(namesIn(sample, file).includes(name), file)
    t.ok(namesIn(sample, 'src/store/other.ts').includes(name), name)
  }
})

t.test('the check of YugabyteDB gaps allows what YugabyteDB has', async (t) => {
  const sound = [
    'with a as (insert into b select 1 returning id) select (select max(id) from c) from a',
    'create index if not exists i on a (account_id, created_at, id)',
    'create unique index if not exists i on a (name collate "C" asc, id) where live',
    'create table a (b int, c int generated always as (b + 1) stored)',
    "alter table a add column if not exists b jsonb not null default '{}'",
    'alter table a set (fillfactor = 50)',
    'foreign key (a) references b (c) deferrable initially deferred',
    'select id from a where b = 1 for update skip locked',
  ]
  for (const statement of sound) t.same(namesIn(statement, 'migrations/0099_x.sql'), [], statement)
})

t.test('the check of YugabyteDB gaps refuses the migrations before they were edited', async (t) => {
  const file = join(import.meta.dirname, 'store/fixtures/schema-0014.sql')
  t.ok(namesIn(await readFile(file, 'utf8'), 'fixture.sql').includes('a transition table'))
})

t.test('no migration and no statement has what YugabyteDB lacks', async (t) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../scripts/check-ysql.ts')],
    { encoding: 'utf8' },
  )
  t.same({ status, stderr }, { status: 0, stderr: '' })
})
