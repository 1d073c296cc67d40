import { Client } from 'pg'
import type { PageRequest } from '../../src/domain/page.ts'
import { type AuditFilter, listAuditEvents } from '../../src/store/audit-listing.ts'
import { createTestDatabase, openTestDatabase } from '../../test/helpers/database.ts'
import { insertManyEvents } from '../../test/helpers/many-events.ts'
import { median } from '../statistics.ts'

export interface PageTimes {
  readonly what: string
  /** Milliseconds a page of 50, the median: of few events, and of many. */
  readonly ms: readonly [few: number, many: number]
  /** How much longer a page of many events took, the median of the pairs. */
  readonly ratio: number
}

const samples = 1_000
const warmUps = 200

/**
 * Times pages of an account with few events and of one with many, each in a database of its own, in
 * turns: the first page and one from the middle, plain and filtered.
 */
export async function timePages(few: number, many: number): Promise<PageTimes[]> {
  const logs = [await makeAuditLog(few), await makeAuditLog(many)] as const
  const middle = { value: '2026-07-02T00:00:00.000Z', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
  const actor = { id: logs[0].actorId, platformToo: true }
  const cases: readonly (readonly [string, AuditFilter, PageRequest['after']])[] = [
    ['the latest', {}, undefined],
    ['from the middle', {}, middle],
    ['of an action', { action: 'api_key.issued' }, undefined],
    ['of an action, from the middle', { action: 'api_key.issued' }, middle],
    ['of an actor', { actor }, undefined],
  ]
  try {
    const times: PageTimes[] = []
    for (const [what, filter, after] of cases) {
      const page = { limit: 50, sort: { field: 'created_at', descending: true }, after } as const
      const pairs: [number, number][] = []
      for (let sample = 0; sample < warmUps + samples; sample += 1) {
        // The order alternates between samples.
        const order = sample % 2 === 0 ? [0, 1] : [1, 0]
        const pair: [number, number] = [0, 0]
        for (const which of order as (0 | 1)[]) {
          const began = performance.now()
          await listAuditEvents(logs[which].db, logs[which].accountId, filter, page)
          pair[which] = performance.now() - began
        }
        if (sample >= warmUps) pairs.push(pair)
      }
      times.push({
        what: `a page, ${what}`,
        ms: [median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))],
        ratio: median(pairs.map(([a, b]) => b / a)),
      })
    }
    return times
  } finally {
    for (const { drop } of logs) await drop()
  }
}

async function makeAuditLog(events: number) {
  const database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const made = await insertManyEvents(client, events)
  await client.query('vacuum analyze audit_event')
  await client.end()
  const { db } = openTestDatabase(database.url, { statementTimeoutMs: 60_000 })
  return {
    ...made,
    db,
    async drop(): Promise<void> {
      await db.destroy()
      await database.drop()
    },
  }
}
