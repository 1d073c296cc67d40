/**
 * Versions that run side by side on one database, as they do while instances are replaced one by
 * one.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import t, { type Test } from 'tap'
import { parseCatalogue } from '../../src/domain/permission.ts'
import aeon from '../../src/domain/permissions.aeon.json' with { type: 'json' }
import { migrate } from '../../src/store/migrate.ts'
import type { Api, Json } from '../helpers/api.ts'
import { createEmptyDatabase, openTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw, writeRevision } from '../helpers/instances.ts'
import { migrationsOfNextVersion, migrationsUpTo, ownMigrations } from '../helpers/next-version.ts'
import { createProcesses, type Launched } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const processes = await createProcesses()
t.teardown(() => processes.end())
const { folder, canaries } = processes

/** A permission that only the next version defines. */
const nextPermission = 'next:read'

t.test('this version runs on the schema of the next version', async (t) => {
  const database = await emptyDatabase(t)
  const raw = await connectRaw(t, database.url)
  const file = join(folder, 'root-token')
  const common = { POLL_INTERVAL_MS: '50' }
  const old = await processes.start({
    settings: { ...common, DATABASE_URL: database.url, ROOT_TOKEN_FILE: file },
  })
  const rootToken = (await readFile(file, 'utf8')).trim()
  canaries.addToken(rootToken)
  const before = processes.api(await old.listening, rootToken)
  const account = await newAccount(before)
  const survivor = await newKey(before, account, { role: 'viewer' })
  t.match(await before.verify(survivor.token), { valid: true })

  // The next version migrates the database under the instance that runs, and brings a permission.
  await migrateWith(database, await migrationsOfNextVersion(t))
  await putNextCatalogue(raw)
  const url = await urlOfLesserUser(t, raw, database)
  const [off, auto] = await Promise.all([
    processes.start({ settings: { ...common, DATABASE_URL: url, MIGRATE: 'off' } }),
    processes.start({ settings: { ...common, DATABASE_URL: database.url, MIGRATE: 'auto' } }),
  ])
  const instances = [old, off, auto]
  const apis = await Promise.all(
    instances.map(async ({ listening }) => processes.api(await listening, rootToken)),
  )
  for (const [label, launched] of [
    ['MIGRATE=off', off],
    ['MIGRATE=auto', auto],
  ] as const) {
    t.match(
      launched.log.filter((line) => line.migrations !== undefined),
      [
        {
          level: 'warn',
          migrations: ['9999_of_the_next_version'],
          message: 'the schema is newer than this version; left unchanged',
        },
      ],
      label,
    )
  }
  t.notOk(isCatalogueStored([off, auto]), 'nor is the catalogue of the next version replaced')

  for (const [index, api] of apis.entries()) {
    const others = apis.filter((other) => other !== api)
    await t.test(
      `instance ${index + 1} of mixed schema versions issues, edits and revokes keys`,
      (t) => story(t, api, others),
    )
  }

  await t.test(
    'a change of a kind that this version does not know empties its cache',
    async (t) => {
      for (const api of apis) t.match(await api.verify(survivor.token), { valid: true })
      await raw.query('update api_key set disabled_at = now() where id = $1', [survivor.id])
      for (const api of apis) t.match(await api.verify(survivor.token), { valid: true }, 'hot')
      const { revision, id } = await writeRevision(raw, 'of_the_next_version', survivor.id)
      for (const api of apis) {
        await until('all have acknowledged it', async () => {
          const { body } = await api.get(`/v1/revisions/${revision}?id=${id}`)
          return body.receipt?.state === 'complete'
        })
        t.match(await api.verify(survivor.token), { valid: false, reason: 'disabled' })
      }
    },
  )
  t.same(await Promise.all(instances.map((launched) => launched.stop())), [0, 0, 0])
})

t.test('MIGRATE=off refuses an earlier schema until it is migrated by hand', async (t) => {
  const database = await emptyDatabase(t)
  await migrateWith(database, await migrationsUpTo(t, '0002'))
  const missing = (await ownMigrations()).slice(1).join(', ')
  const settings = { DATABASE_URL: database.url, MIGRATE: 'off' }
  const refused = await processes.run({ settings })
  t.equal(refused.status, 1)
  t.equal(
    refused.stderr,
    `aeon-keys cannot start. The schema lacks ${missing}, and MIGRATE is off: ` +
      'run `npm run admin -- migrate` as the database user that owns the tables.\n',
  )
  const migrateByHand = () => processes.run({ settings, script: ['src/admin.ts', 'migrate'] })
  t.match(await migrateByHand(), { status: 0, shown: `Ran ${missing}.\n` })
  t.match(await migrateByHand(), {
    status: 0,
    shown: 'The schema is up to date.\n',
  })
  const started = await processes.start({ settings })
  t.equal(await started.stop(), 0)
})

/** All that an operator does with a key, through one instance; the others follow. */
async function story(t: Test, api: Api, others: readonly Api[]): Promise<void> {
  const account = await newAccount(api)
  const at = `/v1/accounts/${account}`
  const role = await newRole(api, account, 'reader', ['cluster:read', nextPermission])
  const list = await newAllowList(api, account, ['192.0.2.0/24'])
  const key = await newKey(api, account, { role, allow_list_ids: [list] })
  const attempt = { client_ip: '192.0.2.7', permissions: [nextPermission] }
  for (const one of [api, ...others]) {
    t.match(await one.verify(key.token, attempt), {
      valid: true,
      permissions: ['cluster:read', nextPermission],
    })
    t.match((await one.get(`${at}/api-keys`)).body.api_keys, [{ id: key.id, status: 'active' }])
  }
  const edit = { name: 'reader', permissions: ['cluster:read'] }
  complete(t, await api.put(`${at}/roles/${role}?wait_ms=30000`, edit))
  for (const one of others) {
    t.match(await one.verify(key.token, attempt), { reason: 'insufficient_permissions' })
  }
  const entries = ['198.51.100.1']
  complete(t, await api.patch(`${at}/allow-lists/${list}?wait_ms=30000`, { entries }))
  for (const one of others) {
    t.match(await one.verify(key.token, attempt), { reason: 'address_not_allowed' })
  }
  for (const [act, verdict] of [
    ['disable', { valid: false, reason: 'disabled' }],
    ['enable', { valid: true }],
    ['revoke', { valid: false, reason: 'revoked' }],
  ] as const) {
    complete(t, await api.post(`${at}/api-keys/${key.id}/${act}`, { wait_ms: 30_000 }))
    for (const one of others) {
      t.match(await one.verify(key.token, { client_ip: '198.51.100.1' }), verdict, act)
    }
  }
}

function complete(t: Test, { status, body }: { readonly status: number; readonly body: Json }) {
  t.match({ status, state: body.receipt?.state }, { status: 200, state: 'complete' })
}

/** Stores the catalogue as the next version has it: with a permission, which its admins hold. */
async function putNextCatalogue(raw: Client): Promise<void> {
  const entry = {
    name: nextPermission,
    title: 'Read what is next',
    description: '',
    scope: 'account',
    sensitive: false,
    implies: [],
    roles: [],
    aeon: null,
    stability: 'a field that this version does not know',
  }
  await raw.query('begin')
  await raw.query('update permission_catalogue set entries = $1', [
    JSON.stringify([...parseCatalogue(aeon), entry]),
  ])
  await raw.query(
    `update role set permissions = permissions || $1::text, effective_account = effective_account || $1::text
     where built_in and name = 'admin'`,
    [nextPermission],
  )
  await writeRevision(raw, 'everything')
  await raw.query('commit')
}

/**
 * The database for a user who may read and write rows, and nothing else: enough for MIGRATE=off.
 */
async function urlOfLesserUser(t: Test, raw: Client, database: TestDatabase): Promise<string> {
  const user = `lesser_${randomBytes(4).toString('hex')}`
  await raw.query(`create role ${user}`)
  await raw.query(`grant select, insert, update, delete on all tables in schema public to ${user}`)
  t.teardown(() => raw.query(`drop owned by ${user}; drop role ${user}`))
  const mark = database.url.includes('?') ? '&' : '?'
  return `${database.url}${mark}options=${encodeURIComponent(`-c role=${user}`)}`
}

async function migrateWith(database: TestDatabase, migrations: string): Promise<void> {
  const { db } = openTestDatabase(database.url)
  await migrate(db, migrations).finally(() => db.destroy())
}

async function emptyDatabase(t: Test): Promise<TestDatabase> {
  const database = await createEmptyDatabase()
  t.teardown(async () => {
    await canaries.check(database.url)
    await database.drop()
  })
  return database
}

function isCatalogueStored(launched: readonly Launched[]): boolean {
  return launched.some(({ log }) =>
    log.some((line) => line.message === 'stored the permission catalogue'),
  )
}
