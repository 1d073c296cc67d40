import type { Keys } from './keys.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { askVerdict } from './verify-once.ts'

/** Milliseconds, one a revocation. */
export interface RevocationTimes {
  /** From sending the revocation until the last of three processes denies the token. */
  readonly toDenied: readonly number[]
  /** Of a revocation that waits for its receipt, and of one that does not. */
  readonly withReceipt: readonly number[]
  readonly withoutReceipt: readonly number[]
}

const processes = 3

/** Revokes keys that are hot in three processes. Takes `count` tokens thrice from the end of the keys. */
export async function measureRevocations(
  databaseUrl: string,
  keys: Keys,
  changeFeed: 'notify' | 'poll',
  count: number,
): Promise<RevocationTimes> {
  const servers: ServerProcess[] = []
  try {
    for (let index = 0; index < processes; index += 1) {
      const settings = { DATABASE_URL: databaseUrl, CHANGE_FEED: changeFeed, LOG_LEVEL: 'warn' }
      servers.push(await startServer({ script: 'src/main.ts', settings, reportsUsage: false }))
    }
    const tokens = takeTokens(keys, count * 3)
    const toDenied: number[] = []
    const withReceipt: number[] = []
    const withoutReceipt: number[] = []
    for (let index = 0; index < count; index += 1) {
      const [watched, waiting, hurried] = tokens.slice(index * 3, index * 3 + 3)
      if (watched === undefined || waiting === undefined || hurried === undefined) break
      toDenied.push(await timeToDenied(servers, keys.rootToken, watched))
      withReceipt.push(await timeRevocation(servers, keys.rootToken, waiting, 2_000))
      withoutReceipt.push(await timeRevocation(servers, keys.rootToken, hurried, 0))
    }
    return { toDenied, withReceipt, withoutReceipt }
  } finally {
    for (const server of servers) await server.stop()
  }
}

/** Each token once: what was taken is gone, since it is revoked afterwards. */
function takeTokens(keys: Keys, count: number): string[] {
  const taken = (takenFrom.get(keys) ?? keys.tokens.length) - count
  takenFrom.set(keys, taken)
  if (taken < 0) throw new RangeError('There are too few keys to revoke.')
  return keys.tokens.slice(taken, taken + count)
}

const takenFrom = new WeakMap<Keys, number>()

async function timeToDenied(
  servers: readonly ServerProcess[],
  caller: string,
  token: string,
): Promise<number> {
  const accountId = await makeHot(servers, caller, token)
  const sentAt = performance.now()
  const revoked = revoke(servers, caller, token, accountId, 2_000)
  const denied = await Promise.all(servers.map((server) => untilDenied(server, caller, token)))
  await revoked
  return Math.max(...denied) - sentAt
}

async function timeRevocation(
  servers: readonly ServerProcess[],
  caller: string,
  token: string,
  waitMs: number,
): Promise<number> {
  const accountId = await makeHot(servers, caller, token)
  const sentAt = performance.now()
  const state = await revoke(servers, caller, token, accountId, waitMs)
  const tookMs = performance.now() - sentAt
  if (waitMs > 0 && state !== 'complete') throw new Error(`A receipt is ${state}.`)
  return tookMs
}

async function makeHot(
  servers: readonly ServerProcess[],
  caller: string,
  token: string,
): Promise<string> {
  let accountId = ''
  for (const { url } of servers) {
    const verdict = await askVerdict(url, caller, token)
    if (!verdict.valid) throw new Error('A good token was denied.')
    accountId = verdict.api_key?.account_id ?? ''
  }
  return accountId
}

async function revoke(
  [server]: readonly ServerProcess[],
  caller: string,
  token: string,
  accountId: string,
  waitMs: number,
): Promise<string> {
  const hint = token.slice(0, token.indexOf('_') + 23)
  const response = await fetch(`${server?.url}/v1/accounts/${accountId}/api-keys/${hint}/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${caller}`, 'content-type': 'application/json' },
    body: JSON.stringify({ wait_ms: waitMs }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`revoke answered ${response.status}: ${text}`)
  const body = JSON.parse(text) as { readonly receipt: { readonly state: string } }
  return body.receipt.state
}

async function untilDenied({ url }: ServerProcess, caller: string, token: string): Promise<number> {
  while ((await askVerdict(url, caller, token)).valid) {
    // Asked again at once: the next answer may be the denial.
  }
  return performance.now()
}
