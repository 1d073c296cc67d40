/** `npm run check:database` finds what the service rests on, and leaves nothing behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Client } from 'pg'
import t, { type Test } from 'tap'
import { checkDatabase } from '../../scripts/database-check/check-database.ts'
import type { State } from '../../scripts/database-check/finding.ts'
import { withSearchPath } from '../../scripts/database-check/schemas.ts'
import { asAdmin, createEmptyDatabase } from '../helpers/database.ts'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startRewritingProxy } from '../helpers/rewriting-proxy.ts'
import { unmeasured } from '../helpers/unmeasured.ts'

const script = join(import.meta.dirname, '../../scripts/check-database.ts')

t.test('check:database finds a PostgreSQL usable, and leaves it as it was', async (t) => {
  const { url, raw } = await databaseFor(t)
  const before = await contentOf(raw)
  const found = await check(url)
  // The server of the tests does without fsync.
  t.same(found.refused, { durability: found.refused.durability })
  t.match(found.refused.durability, /fsync is off/)
  t.same(
    found.states.filter((state) => state === 'not tried'),
    [],
  )
  t.match(found.texts.get('service'), /complete on two; 3 bulk revocations miss no key/)
  t.same(await contentOf(raw), before)
})

t.test('check:database names the rights that a role lacks', async (t) => {
  const { url, raw, name } = await databaseFor(t)
  const role = `${name}_role`
  await raw.query(`create role ${role} login`)
  t.teardown(() => asAdmin((admin) => admin.query(`drop role ${role}`)))
  const before = await contentOf(raw)
  const found = await check(asRole(url, role))
  t.match(found.refused, {
    server: new RegExp(`grant create on schema public to ${role}`),
    schema: new RegExp(`grant create on database ${name} to ${role}`),
  })
  t.equal(found.texts.get('service'), 'it needs the schema')
  t.same(await contentOf(raw), before)

  await raw.query(`alter role ${role} set default_transaction_read_only = on`)
  t.match((await check(asRole(url, role))).refused, {
    server: /sessions refuse writes: alter role/,
  })
})

t.test('READ COMMITTED that is a snapshot is refused, and nothing is left', async (t) => {
  const { url, raw } = await databaseFor(t)
  const proxy = await startRewritingProxy(t, url, [
    'set transaction isolation level read committed',
    "set transaction_isolation = 'repeatable read'",
  ])
  const before = await contentOf(raw)
  const { refused } = await check(proxy)
  t.match(refused, {
    'READ COMMITTED': /does not see what others commit/,
    service: /The database is not usable/,
  })
  t.same(await contentOf(raw), before)
})

t.test('an interrupted check drops its schema, and names that of a killed one', async (t) => {
  const { url, raw } = await databaseFor(t)
  await raw.query('create schema aeon_keys_check_0')
  const before = await contentOf(raw)
  const interrupting = new AbortController()
  const lines = await checkDatabase(
    url,
    ({ name }) => void (name === 'schema' && interrupting.abort()),
    interrupting.signal,
  )
  t.match(
    lines.find(({ name }) => name === 'schema'),
    { state: 'note', text: /drop schema aeon_keys_check_0 cascade/ },
  )
  t.match(lines.at(-1), { state: 'not tried', text: 'interrupted' })
  t.same(await contentOf(raw), before)
})

t.test('check:database exits with 1 if anything is refused', async (t) => {
  const [away, none, wrong] = await Promise.all([
    run('postgresql://user:hush@127.0.0.1:1/none'),
    run(),
    run('postgresql://localhost/x?sslmode=prefer'),
  ])
  t.match(away, { code: 1, out: /^refused +connection: .*127\.0\.0\.1:1/ })
  t.match(away.out, /^1 checks: 1 refused, 0 not tried/m)
  t.notMatch(away.out, /hush/)
  t.match(none, { code: 2, out: 'Usage: npm run check:database -- URL\n' })
  t.match(wrong, { code: 2, out: /sslmode/ })
})

t.test('the search_path of the check joins the options of the URL', async (t) => {
  const cases = [
    ['postgresql://h/d', 'postgresql://h/d?options=-c%20search_path%3Ds'],
    ['postgresql://h/d?user=u', 'postgresql://h/d?user=u&options=-c%20search_path%3Ds'],
    [
      'postgresql://h/d?options=-c%20a%3Db&user=u',
      'postgresql://h/d?options=-c%20a%3Db%20-c%20search_path%3Ds&user=u',
    ],
  ] as const
  for (const [url, wanted] of cases) t.equal(withSearchPath(url, 's'), wanted)
})

async function check(url: string) {
  const lines = await checkDatabase(url, () => undefined)
  const refused = lines.filter(({ state }) => state === 'refused')
  return {
    refused: Object.fromEntries(refused.map(({ name, text }) => [name, text])),
    states: lines.map(({ state }): State => state),
    texts: new Map(lines.map(({ name, text }) => [name, text])),
  }
}

async function databaseFor(t: Test) {
  const database = await createEmptyDatabase()
  t.teardown(() => database.drop())
  return { ...database, raw: await connectRaw(t, database.url) }
}

/** What there is in the database, and which roles there are for it. */
async function contentOf(raw: Client): Promise<unknown> {
  const { rows } = await raw.query(`
    select 'schema' as kind, nspname::text as name from pg_namespace where nspname !~ '^pg_(temp|toast)'
    union all select 'relation', oid::regclass::text from pg_class where relnamespace > 16383 or relnamespace = 'public'::regnamespace
    union all select 'setting', setdatabase::text from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = current_database())
    order by 1, 2`)
  return rows
}

function asRole(url: string, role: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}user=${role}`
}

async function run(...args: readonly string[]): Promise<{ code: number; out: string }> {
  const child = spawn(...unmeasured(script, ...args), { stdio: ['ignore', 'pipe', 'pipe'] })
  endWithParent(child)
  const [[code], out, error] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { code, out: out + error }
}
