import { Client } from 'pg'
import type { PageRequest } from '../../src/domain/page.ts'
import { type AuditFilter, listAuditEvents } from '../../src/store/audit-listing.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createTestDatabase } from '../../test/helpers/database.ts'
import { insertManyEvents } from '../../test/helpers/many-events.ts'
import { median } from '../statistics.ts'

export interface PageTimes {
  readonly what: string
  /** Milliseconds a page of 50, the median. */
  readonly ms: number
}

const samples = 300
const warmUps = 100

/** Times pages of an account with so many events: the first and one from the middle, plain and filtered. */
export async function timePages(events: number): Promise<PageTimes[]> {
  const database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { accountId, actorId } = await insertManyEvents(client, events)
  await client.query('vacuum analyze audit_event')
  await client.end()
  const { db } = openDatabase({
    connection: database.url,
    poolMax: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    onIdleError: () => undefined,
  })
  const middle = { value: '2026-07-02T00:00:00.000Z', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
  const cases: readonly (readonly [string, AuditFilter, PageRequest['after']])[] = [
    ['the latest', {}, undefined],
    ['from the middle', {}, middle],
    ['of an action', { action: 'api_key.issued' }, undefined],
    ['of an action, from the middle', { action: 'api_key.issued' }, middle],
    ['of an actor', { actor: { id: actorId, platformToo: true } }, undefined],
  ]
  try {
    const times: PageTimes[] = []
    for (const [what, filter, after] of cases) {
      const taken: number[] = []
      for (let sample = 0; sample < warmUps + samples; sample += 1) {
        const began = performance.now()
        await listAuditEvents(db, accountId, filter, {
          limit: 50,
          sort: { field: 'created_at', descending: true },
          after,
        })
        if (sample >= warmUps) taken.push(performance.now() - began)
      }
      times.push({ what: `a page, ${what}`, ms: median(taken) })
    }
    return times
  } finally {
    await db.destroy()
    await database.drop()
  }
}
