import { Client } from 'pg'
import type { Test } from 'tap'
import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { startTestService, type TestService } from './service.ts'
import { until } from './until.ts'

/**
 * No instance polls during a test: a minute is longer than any receipt waits, and the lease of nine
 * minutes allows it.
 */
export const pollsTooLate = { POLL_INTERVAL_MS: '60000', MAX_STALENESS_MS: '600000' }

export interface Instances {
  readonly database: TestDatabase
  /** A database session of its own. */
  readonly raw: Client
  readonly services: readonly [TestService, TestService, TestService]
}

/** Three services on one database, each an instance with connections of its own. */
export async function startInstances(
  t: Test,
  settings: Readonly<Record<string, string>> = {},
): Promise<Instances> {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const raw = await connectRaw(t, database.url)
  const first = await startTestService(t, { database, settings })
  const { rootToken } = first
  const second = await startTestService(t, { database, settings, rootToken })
  const third = await startTestService(t, { database, settings, rootToken })
  return { database, raw, services: [first, second, third] }
}

export async function connectRaw(t: Test, url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'a test' })
  client.on('error', () => undefined)
  await client.connect()
  t.teardown(() => client.end())
  return client
}

/** Makes a key hot: from now on the instance answers from memory. */
export async function heat(service: TestService, token: string): Promise<void> {
  const { deps } = service.service
  await until(async () => {
    await service.root.verify(token)
    const before = { ...deps.counters }
    await service.root.verify(token)
    return deps.counters.credentialReads === before.credentialReads
  })
}

/** The rows of `instance`. */
export async function registered(
  raw: Client,
): Promise<{ readonly id: string; readonly applied: number }[]> {
  const { rows } = await raw.query('select id, applied from instance order by id')
  return rows.map((row) => ({ id: String(row.id), applied: Number(row.applied) }))
}

/** Takes the next revision directly, as another version of the service may, and returns it. */
export async function writeRevision(
  raw: Client,
  kind: string,
  subject: string | null = null,
): Promise<RevisionRef> {
  const { rows } = await raw.query(
    `with taken as (update revision set value = value + 1 returning value)
     insert into change (revision, ordinal, id, kind, subject, created_at)
     select value, 0, gen_random_uuid(), $1, $2, now() from taken
     returning revision, id, pg_notify('aeon_keys_change', revision::text)`,
    [kind, subject],
  )
  return { revision: Number(rows[0]?.revision), id: String(rows[0]?.id) }
}
