/**
 * Measures a bulk revocation and what verification feels of it, in one account with many keys:
 *   npm run measure:bulk -- [KEYS]     100,000 by default
 * Tokens of that very account are verified at a steady rate before it and while it runs. Exits with 1
 * when a verification fails, or one that came after the receipt is not denied.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { askVerdict } from '../bench/ask.ts'
import { usageOfDatabase } from '../bench/database-usage.ts'
import { makeDataset } from '../bench/datasets/dataset.ts'
import { startServer } from '../bench/servers/server-process.ts'
import { createEmptyDatabase } from '../test/helpers/database.ts'

const verified = 1_000
const perSecond = 500
const quietMs = 5_000

const keys = Number(process.argv[2] ?? 100_000)
if (!Number.isInteger(keys) || keys < verified) {
  console.error(`usage: npm run measure:bulk -- [KEYS]     ${verified} at least`)
  process.exit(2)
}

const database = await createEmptyDatabase()
try {
  // A twentieth of those without a token is revoked already.
  const others = Math.ceil((keys - verified) / 0.95)
  const dataset = await makeDataset(database.url, { keys: others + verified, tokens: verified })
  const server = await startServer({
    script: 'src/main.ts',
    settings: { DATABASE_URL: database.url },
  })
  try {
    await measure(server.url, dataset)
  } finally {
    await server.stop()
  }
} finally {
  await database.drop()
}

async function measure(
  url: string,
  { rootToken, accountId, tokens }: Awaited<ReturnType<typeof makeDataset>>,
): Promise<void> {
  for (const token of tokens) await askVerdict(url, rootToken, token)
  const quiet = verifySteadily(url, rootToken, tokens)
  await sleep(quietMs)
  tell('verification before', await quiet.end())

  const during = verifySteadily(url, rootToken, tokens)
  const cpuBefore = await usageOfDatabase(database.url)
  const begunAt = performance.now()
  const response = await fetch(`${url}/v1/accounts/${accountId}/api-keys/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${rootToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ filter: { all: true }, reason: 'a measurement' }),
  })
  const body = JSON.parse(await response.text())
  const seconds = (performance.now() - begunAt) / 1000
  tell('verification meanwhile', await during.end())
  const cpuSeconds = ((await usageOfDatabase(database.url)) - cpuBefore) / 1000
  console.log(
    `${body.count} keys revoked in ${seconds.toFixed(2)} s, receipt ${body.receipt.state}; ${cpuSeconds.toFixed(2)} s of the database's CPU, verification included`,
  )
  for (const token of tokens) {
    const { reason } = await askVerdict(url, rootToken, token)
    if (reason !== 'revoked') throw new Error(`After the receipt a token is ${reason}.`)
  }
}

/** Sends verifications as they fall due, whether or not earlier ones are answered. */
function verifySteadily(url: string, rootToken: string, tokens: readonly string[]) {
  const underWay: Promise<number>[] = []
  const ending = new AbortController()
  const sending = (async () => {
    const begunAt = performance.now()
    while (!ending.signal.aborted) {
      const due = ((performance.now() - begunAt) / 1000) * perSecond
      while (underWay.length < due) underWay.push(timed(tokens[underWay.length % tokens.length]))
      await sleep(1)
    }
  })()
  async function timed(token = ''): Promise<number> {
    const sentAt = performance.now()
    await askVerdict(url, rootToken, token)
    return performance.now() - sentAt
  }
  return {
    async end(): Promise<readonly number[]> {
      ending.abort()
      await sending
      return (await Promise.all(underWay)).sort((a, b) => a - b)
    },
  }
}

function tell(what: string, sorted: readonly number[]): void {
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1)
  console.log(
    `${what}: ${sorted.length} answered, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  )
}
