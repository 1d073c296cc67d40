import type { KyselyPlugin } from 'kysely'
import { noUsage } from '../../src/domain/key/usage-counts.ts'
import { keyIdOf, parseToken } from '../../src/domain/token/token.ts'
import type { Deps } from '../../src/http/deps.ts'
import { createLog } from '../../src/process/log.ts'
import { createService } from '../../src/process/service.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import type { Harness } from '../harness.ts'
import type { ScenarioResult } from '../results.ts'
import { median } from '../statistics.ts'

const flushed = 10_000

/** Writing the use records of 10,000 keys, by the service's own code in this process. */
export async function measureUses(harness: Harness): Promise<ScenarioResult> {
  const { databaseUrl, tokens, accountId } = await harness.datasets.main()
  const service = await createService({
    ...(await loadSettings({})),
    connection: databaseUrl,
    log: createLog('warn'),
  })
  const times: number[] = []
  const counter = createStatementCounter()
  try {
    const ids = tokens.slice(0, flushed).map(idOf)
    for (let round = 0; round <= harness.rounds.count; round += 1) {
      times.push(await timeFlush(service.deps, ids, accountId, counter))
    }
  } finally {
    await service.stop()
  }
  // The first one finds a connection that nobody has opened yet.
  const [, ...measured] = times
  return {
    findings: [
      {
        what: 'Flush of the use records of 10,000 keys: statements',
        value: counter.count / times.length,
        unit: 'statements',
        goal: { atMost: 1 },
      },
      {
        what: 'Flush of the use records of 10,000 keys: time',
        value: median(measured),
        unit: 'ms',
        goal: { atMost: 200 },
      },
    ],
    medians: [],
  }
}

async function timeFlush(
  { uses, db, now }: Deps,
  ids: readonly string[],
  accountId: string,
  counter: KyselyPlugin,
): Promise<number> {
  for (const id of ids) uses.record(noUsage({ id, accountId }, now()), now())
  const startedAt = performance.now()
  await uses.flush(db.withPlugin(counter))
  return performance.now() - startedAt
}

function createStatementCounter(): KyselyPlugin & { readonly count: number } {
  let count = 0
  return {
    get count() {
      return count
    },
    transformQuery({ node }) {
      count += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
}

function idOf(text: string): string {
  const token = parseToken(text)
  if (token === undefined) throw new Error('That is no token.')
  return keyIdOf(token)
}
