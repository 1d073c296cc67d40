/**
 * Measures a bulk revocation, and what verification feels of it, in one account with many keys:
 *   npm run measure:bulk -- [KEYS]     100,000 by default
 * Tokens of that account and of another are verified from memory at a steady rate before the
 * revocation and while it runs. Exits with 1 when a verification fails, when a token of the other
 * account is denied, or when a verification that came after the receipt is not denied.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { askVerdict } from '../bench/ask.ts'
import { usageOfDatabase } from '../bench/database-usage.ts'
import { makeDataset } from '../bench/datasets/dataset.ts'
import { startServer } from '../bench/servers/server-process.ts'
import { createEmptyDatabase } from '../test/helpers/database.ts'

const verified = 1_000
const verifiedOfOther = 200
/** Verifications a second, of each of the two accounts. */
const perSecond = 250
const quietMs = 5_000

const keys = Number(process.argv[2] ?? 100_000)
if (!Number.isInteger(keys) || keys < verified) {
  console.error(`usage: npm run measure:bulk -- [KEYS]     ${verified} at least`)
  process.exit(2)
}

const database = await createEmptyDatabase()
try {
  // A twentieth of the keys without a token is already revoked.
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
  const others = await issueElsewhere(url, rootToken)
  for (const token of [...tokens, ...others]) await askVerdict(url, rootToken, token)
  const load = () => ({
    own: verifySteadily(url, rootToken, tokens),
    other: verifySteadily(url, rootToken, others),
  })
  const quiet = load()
  await sleep(quietMs)
  tell('verification of the account, before', await quiet.own.end())
  tell('verification of another, before', await quiet.other.end())

  const during = load()
  const cpuBefore = await usageOfDatabase(database.url)
  const begunAt = performance.now()
  const body = await post(`${url}/v1/accounts/${accountId}/api-keys/revoke`, rootToken, {
    filter: { all: true },
    reason: 'a measurement',
  })
  const seconds = (performance.now() - begunAt) / 1000
  tell('verification of the account, meanwhile', await during.own.end())
  const ofOther = await during.other.end()
  tell('verification of another, meanwhile', ofOther)
  if (ofOther.some(({ valid }) => !valid)) throw new Error('A key of the other account was denied.')
  const cpuSeconds = ((await usageOfDatabase(database.url)) - cpuBefore) / 1000
  console.log(
    `${body.count} keys revoked in ${seconds.toFixed(2)} s, receipt ${body.receipt.state}; ${cpuSeconds.toFixed(2)} s of the database's CPU, verification included`,
  )
  for (const token of tokens) {
    const { reason } = await askVerdict(url, rootToken, token)
    if (reason !== 'revoked') throw new Error(`After the receipt a token is ${reason}.`)
  }
}

/** Makes a second account, and returns the tokens of its keys. */
async function issueElsewhere(url: string, rootToken: string): Promise<string[]> {
  const { account } = await post(`${url}/v1/accounts`, rootToken, { name: 'another' })
  const tokens: string[] = []
  for (let made = 0; made < verifiedOfOther; made += 1) {
    const issued = await post(`${url}/v1/accounts/${account.id}/api-keys`, rootToken, {
      name: `key ${made}`,
      role: 'developer',
      expires_at: null,
    })
    tokens.push(issued.token)
  }
  return tokens
}

async function post(url: string, token: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return JSON.parse(await response.text())
}

interface Answered {
  readonly ms: number
  readonly valid: boolean
}

/** Sends verifications at their due times, whether or not earlier ones have been answered. */
function verifySteadily(url: string, rootToken: string, tokens: readonly string[]) {
  const underWay: Promise<Answered>[] = []
  const ending = new AbortController()
  const sending = (async () => {
    const begunAt = performance.now()
    while (!ending.signal.aborted) {
      const due = ((performance.now() - begunAt) / 1000) * perSecond
      while (underWay.length < due) underWay.push(timed(tokens[underWay.length % tokens.length]))
      await sleep(1)
    }
  })()
  async function timed(token = ''): Promise<Answered> {
    const sentAt = performance.now()
    const { valid } = await askVerdict(url, rootToken, token)
    return { ms: performance.now() - sentAt, valid }
  }
  return {
    async end(): Promise<readonly Answered[]> {
      ending.abort()
      await sending
      return (await Promise.all(underWay)).sort((a, b) => a.ms - b.ms)
    },
  }
}

function tell(what: string, sorted: readonly Answered[]): void {
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))]?.ms ?? 0).toFixed(1)
  console.log(
    `${what}: ${sorted.length} answered, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  )
}
