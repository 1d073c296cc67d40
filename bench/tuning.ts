/**
 * What the tricks of src/store/tuning buy, each against the plain way, in turns in one process:
 * `npm run bench:tuning`. Ratios hold on any machine; the other figures are of this one.
 */
import { getHeapSpaceStatistics } from 'node:v8'
import { sql } from 'kysely'
import { Client } from 'pg'
import { addressSetOf } from '../src/domain/network/address-set.ts'
import catalogue from '../src/domain/permissions.aeon.json' with { type: 'json' }
import { toFound } from '../src/store/credential-rows.ts'
import { type CredentialName, findCredentials } from '../src/store/credentials.ts'
import { runStatement } from '../src/store/tuning/run-statement.ts'
import { createTestDatabase, openTestDatabase } from '../test/helpers/database.ts'
import { insertManyKeys } from '../test/helpers/many-keys.ts'
import { median } from './statistics.ts'

const keys = 2_000
const rounds = 11
const statementsARound = 1_000
const cachedKeys = 20_000
const withinMs = 60_000

const { gc } = globalThis
if (gc === undefined) throw new Error('Run it with --expose-gc: npm run bench:tuning')

const database = await createTestDatabase()
const client = new Client({ connectionString: database.url })
const plainClient = new Client({ connectionString: database.url, query_timeout: withinMs })
await Promise.all([client.connect(), plainClient.connect()])
try {
  await insertManyKeys(client, keys, new Date())
  const { rows } = await client.query<CredentialName>(
    `select api_key_id as "apiKeyId", tag from credential order by api_key_id limit 1000`,
  )
  const text = await preparedText(rows)
  await measurePreparing(text, rows)
  await measurePromotion(text, rows)
  await measureInterning(text, rows)
} finally {
  await Promise.all([client.end(), plainClient.end()])
  await database.drop()
}

/** The text of the one prepared statement, as a session of the service shows it. */
async function preparedText(names: readonly CredentialName[]): Promise<string> {
  const { db } = openTestDatabase(database.url)
  try {
    await findCredentials(db, names.slice(0, 1))
    const shown = await sql<{ statement: string }>`
      select statement from pg_prepared_statements where name like 'aeon_keys_%'`.execute(db)
    const [first] = shown.rows
    if (first === undefined) throw new Error('No statement is prepared.')
    return first.statement
  } finally {
    await db.destroy()
  }
}

async function measurePreparing(text: string, names: readonly CredentialName[]): Promise<void> {
  const ratios: number[] = []
  const times: [number[], number[]] = [[], []]
  for (let round = -1; round < rounds; round += 1) {
    const prepared = await timeOf(names, (values) =>
      runStatement(client, { name: 'prepared', text, values }, withinMs),
    )
    const plain = await timeOf(names, (values) => runStatement(client, { text, values }, withinMs))
    if (round < 0) continue
    ratios.push(plain / prepared)
    times[0].push(prepared)
    times[1].push(plain)
  }
  print(
    `prepared statements: ${median(times[0]).toFixed(2)} ms a load of one credential, ` +
      `${median(times[1]).toFixed(2)} ms unprepared: ${median(ratios).toFixed(1)} times`,
  )
}

async function measurePromotion(text: string, names: readonly CredentialName[]): Promise<void> {
  const callback: number[] = []
  const plain: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    callback.push(
      await promotedBy(names, (values) =>
        runStatement(client, { name: 'prepared', text, values }, withinMs),
      ),
    )
    plain.push(
      await promotedBy(names, (values) => plainClient.query({ name: 'prepared', text, values })),
    )
  }
  print(
    `run-statement: ${median(callback).toFixed(0)} bytes a statement reach V8's old space, ` +
      `${median(plain).toFixed(0)} by the promises of pg`,
  )
}

async function measureInterning(text: string, names: readonly CredentialName[]): Promise<void> {
  const wanted = JSON.stringify(names.slice(0, 1).map(({ apiKeyId: id, tag }) => ({ id, tag })))
  const { rows } = await client.query({ text, values: [wanted] })
  // The test data has roles of one permission; a developer of the catalogue has many.
  const developer = catalogue.permissions.filter(({ roles }) => roles.includes('developer'))
  const row = { ...rows[0], permissions: developer.map(({ name }) => name).join(' ') }
  const addresses = addressSetOf([])
  const shared = await bytesOf(() => toFound(copyOf(row), addresses))
  const apart = await bytesOf(() => {
    const copy = copyOf(row)
    const { credential, facts } = toFound(copy, addresses)
    const permissions = copy.permissions.split(' ')
    return {
      credential,
      facts: {
        ...facts,
        accountId: copy.account_id,
        role: { id: copy.role_id, name: copy.role_name },
        permissions,
        holds: new Set(permissions),
      },
    }
  })
  print(
    `interning: a loaded credential takes ${shared.toFixed(0)} bytes, ${apart.toFixed(0)} without ` +
      `(a role of ${developer.length} permissions)`,
  )
}

/** A row with texts of its own, as the driver makes them. */
function copyOf(row: Parameters<typeof toFound>[0]): Parameters<typeof toFound>[0] {
  return { ...JSON.parse(JSON.stringify(row)), expires_at: null }
}

async function bytesOf(make: () => unknown): Promise<number> {
  const kept: unknown[] = new Array(cachedKeys).fill(undefined)
  const before = heapAfterGc()
  for (let index = 0; index < cachedKeys; index += 1) kept[index] = make()
  const bytes = (heapAfterGc() - before) / cachedKeys
  if (kept.includes(undefined)) throw new Error('The entries were collected.')
  return bytes
}

/** Bytes by which a statement grows the old space while no full collection runs. */
async function promotedBy(
  names: readonly CredentialName[],
  run: (values: string[]) => Promise<unknown>,
): Promise<number> {
  gc?.()
  const before = oldSpaceBytes()
  await timeOf(names, run)
  return Math.max(0, oldSpaceBytes() - before) / statementsARound
}

/** Milliseconds a statement, of one credential each. */
async function timeOf(
  names: readonly CredentialName[],
  run: (values: string[]) => Promise<unknown>,
): Promise<number> {
  const startedAt = performance.now()
  for (let index = 0; index < statementsARound; index += 1) {
    const { apiKeyId: id, tag } = names[index % names.length] ?? { apiKeyId: '', tag: '' }
    await run([JSON.stringify([{ id, tag }])])
  }
  return (performance.now() - startedAt) / statementsARound
}

function oldSpaceBytes(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => space_name === 'old_space')
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0)
}

function heapAfterGc(): number {
  gc?.()
  gc?.()
  return process.memoryUsage().heapUsed
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
