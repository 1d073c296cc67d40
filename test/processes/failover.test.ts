/**
 * Failovers of a real primary to its synchronous standby, under real processes. A primary that was
 * deposed and not fenced commits nothing, and answers reads for ever.
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Answer, Api, Json } from '../helpers/api.ts'
import { type DatabaseSwitch, startDatabaseSwitch } from '../helpers/database-switch.ts'
import { type FailoverPair, startFailoverPair } from '../helpers/failover.ts'
import { type IssuedKey, newAccount, newKey } from '../helpers/fixtures.ts'
import type { PairServer } from '../helpers/pair-server.ts'
import { createProcesses, type Launched } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

interface Instance {
  readonly process: Launched
  readonly root: Api
  /** Its way to the database. */
  readonly toDatabase: DatabaseSwitch
}

const settings = {
  POLL_INTERVAL_MS: '100',
  // Nothing but the protocol renews a connection: no use record is written on the pool.
  USE_FLUSH_MS: '600000',
  // Long enough for a busy machine; a write that hangs on a deposed primary is given up in time.
  DATABASE_STATEMENT_TIMEOUT_MS: '5000',
  DATABASE_CONNECT_TIMEOUT_MS: '5000',
  DRAIN_TIMEOUT_MS: '1000',
}
const longLeases = { ...settings, MAX_STALENESS_MS: '300000' }
/** Leases of 1.8 s: what is cut off is soon without one. */
const shortLeases = { ...settings, MAX_STALENESS_MS: '2000' }
const patienceMs = 40_000

const processes = await createProcesses()
const pair = await startFailoverPair(processes.folder)
t.teardown(async () => {
  await pair.stop().finally(() => processes.end())
})
const rootTokenFile = join(processes.folder, 'root-token')

t.test(
  'a failover within the lease fails no verification of a known key, and no receipt waits for time',
  async (t) => {
    const [first, second] = await startTwo(t, longLeases)
    const account = await newAccount(first.root)
    const key = await newKey(first.root, account)
    const revoked = await newKey(first.root, account)
    await revoke(first, account, revoked)
    const asking = [first, second].map((instance) => askOn(instance, key))
    await until('each instance was asked', () => asking.every(({ answers }) => answers.length > 5))

    const deposed = pair.primary
    await deposed.kill()
    await pair.promote()
    for (const { toDatabase } of [first, second]) {
      toDatabase.route = () => pair.primary.socketPath
      toDatabase.cut()
    }
    // Which commits nothing before it has a standby of its own.
    await until('each instance has met the promoted primary', async () => {
      const rows = await pair.primary.ask(`select from pg_stat_activity
      where application_name = 'aeon-keys feed' and wait_event = 'SyncRep'`)
      return rows.length === 2
    })
    const counts = asking.map(({ answers }) => answers.length)
    await until('memory goes on answering', () =>
      asking.every(({ answers }, index) => answers.length > (counts[index] ?? 0) + 10),
    )
    await pair.attachStandby()
    // One whose outcome stayed unknown may have taken its name.
    const issued = await untilDone('a key is issued', () =>
      second.root.post(`/v1/accounts/${account}/api-keys`, {
        name: randomUUID(),
        role: 'viewer',
        expires_at: null,
      }),
    )
    for (const { root } of [first, second]) {
      t.equal(await untilJudged(root, issued.token), true, 'a new key is good')
      t.equal(await untilJudged(root, revoked.token), false, 'what was acknowledged is not lost')
      await until(
        'the lease is there again',
        async () => (await leaseOf(root)) === 'held',
        patienceMs,
      )
    }
    // The failure timeout is over five minutes: by time no receipt completes in this test.
    for (const instance of [first, second]) {
      const ended = await newKey(first.root, account)
      const receipt = await untilComplete(instance, await revoke(instance, account, ended))
      t.match(receipt, { live: 2, waiting_for: [] }, 'it is complete by the rows of both')
      for (const { root } of [first, second]) t.equal(await untilJudged(root, ended.token), false)
    }
    for (const { end } of asking) {
      const answers = await end()
      t.same(new Set(answers), new Set([true]), `${answers.length} answers, none denied or 503`)
    }
    await pair.discard(deposed)
  },
)

t.test('a deposed primary that stays reachable gives no verdict', async (t) => {
  const [first, second] = await startTwo(t, shortLeases)
  const account = await newAccount(first.root)
  const good = await newKey(first.root, account)

  for (const isFrozen of [false, true]) {
    const name = isFrozen
      ? 'a deposed primary that was frozen gives no verdict to those still connected'
      : 'a deposed primary that runs on gives no verdict to those still connected'
    await t.test(name, async (t) => {
      const keys = await newKeys(second, account)
      const deposed = pair.primary
      await connectPool(first, account, deposed)
      const asking = askOn(first, good)
      if (isFrozen) await deposed.freeze()
      await failOver(pair, second)
      // A feed that hangs comes back to the new primary by itself; the pool has no reason to.
      first.toDatabase.route = () => pair.primary.socketPath
      if (!isFrozen) first.toDatabase.cut(({ application }) => application === 'aeon-keys feed')
      await deposed.thaw()
      await acceptNone(t, first, account, keys, second)
      for (const answer of await asking.end()) t.not(answer, false, 'a good key is not denied')
      await recover(t, first, good, keys)
      await pair.discard(deposed)
    })
  }
})

t.test('an instance cut off together with a deposed primary gives no verdict', async (t) => {
  // A question that a deposed primary cannot answer is given up soon.
  const impatient = { ...shortLeases, DATABASE_STATEMENT_TIMEOUT_MS: '1000' }
  const [first, second] = await startTwo(t, impatient)
  const account = await newAccount(first.root)
  const good = await newKey(first.root, account)
  const keys = await newKeys(second, account)
  const deposed = pair.primary
  await connectPool(first, account, deposed)
  first.toDatabase.route = () => deposed.socketPath
  const asking = askOn(first, good)
  await failOver(pair, second)
  await acceptNone(t, first, account, keys, second)
  const answers = await asking.end()
  for (const answer of answers) t.not(answer, false, 'a good key is not denied')
  t.equal(answers.at(-1), undefined, 'without a lease there is no verdict')
  first.toDatabase.route = () => pair.primary.socketPath
  await recover(t, first, good, keys)
  await pair.discard(deposed)
})

/** Two instances, each with a way of its own to the primary; ended with the test. */
async function startTwo(t: Test, own: typeof settings): Promise<readonly [Instance, Instance]> {
  const first = await startOne(t, own)
  return [first, await startOne(t, own)]
}

async function startOne(t: Test, own: typeof settings): Promise<Instance> {
  const toDatabase = await startDatabaseSwitch(() => pair.primary.socketPath)
  const { user, database } = pair.primary.connection
  const launched = await processes.start({
    settings: {
      ...own,
      ROOT_TOKEN_FILE: rootTokenFile,
      DATABASE_URL: `postgresql://${user}@127.0.0.1:${toDatabase.port}/${database}`,
    },
  })
  t.teardown(async () => {
    await launched.stop()
    await toDatabase.close()
  })
  const rootToken = (await readFile(rootTokenFile, 'utf8')).trim()
  processes.canaries.addToken(rootToken)
  const root = processes.api(await launched.listening, rootToken)
  return { process: launched, root, toDatabase }
}

/** Promotes the standby and leads one instance to it, all its connections included. */
async function failOver(of: FailoverPair, instance: Instance): Promise<void> {
  await of.promote()
  instance.toDatabase.route = () => of.primary.socketPath
  instance.toDatabase.cut()
  await of.attachStandby()
}

function newKeys({ root }: Instance, account: string): Promise<readonly IssuedKey[]> {
  return Promise.all(Array.from({ length: 5 }, () => newKey(root, account)))
}

/** Several requests at once open several connections of the pool. */
async function connectPool(instance: Instance, account: string, to: PairServer): Promise<void> {
  const { root, toDatabase } = instance
  await until('its pool has several connections', async () => {
    await Promise.all(Array.from({ length: 6 }, () => root.get(`/v1/accounts/${account}/api-keys`)))
    const connected = toDatabase.connections.filter(
      ({ application, socketPath }) => application === 'aeon-keys' && socketPath === to.socketPath,
    )
    return connected.length > 1
  })
}

/**
 * Revokes keys at one instance and presents them to the other all the while: from the complete
 * receipt on it accepts none of them, whether it was asked for them before or is asked for the
 * first time.
 */
async function acceptNone(
  t: Test,
  asked: Instance,
  account: string,
  keys: readonly IssuedKey[],
  revoking: Instance,
): Promise<void> {
  const asking = keys.slice(1).map((key) => askOn(asked, key))
  const receipts: Json[] = []
  for (const key of keys) receipts.push(await revoke(revoking, account, key))
  await Promise.all(receipts.map((receipt) => untilComplete(revoking, receipt)))
  for (const one of asking) one.forget()
  const answers = await Promise.all(keys.map((key) => judge(asked.root, key.token)))
  for (const answer of answers) t.not(answer, true, 'a key whose receipt is complete')
  const later = await Promise.all(asking.map((one) => one.end()))
  for (const answer of later.flat()) t.not(answer, true, 'a key whose receipt is complete')
}

/** It comes to itself while the deposed primary still answers. */
async function recover(
  t: Test,
  { root }: Instance,
  good: IssuedKey,
  keys: readonly IssuedKey[],
): Promise<void> {
  t.equal(await untilJudged(root, good.token), true, 'a good key is good again')
  for (const key of keys)
    t.equal(await untilJudged(root, key.token), false, 'and a revoked one not')
}

async function revoke({ root }: Instance, account: string, key: IssuedKey): Promise<Json> {
  const path = `/v1/accounts/${account}/api-keys/${key.id}/revoke`
  const { receipt } = await untilDone('the key is revoked', () => root.post(path, { wait_ms: 0 }))
  return receipt
}

/** The receipt of a revision as soon as it is complete. */
async function untilComplete({ root }: Instance, { revision, id }: Json): Promise<Json> {
  const body = await untilDone('the receipt is complete', async () => {
    const answer = await root.get(`/v1/revisions/${revision}?id=${id}&wait_ms=1000`)
    const isPending = answer.body?.receipt?.state === 'pending'
    return isPending ? undefined : answer
  })
  return body.receipt
}

/** Repeats a call until it is done: all else that it may be answered is an outage. */
async function untilDone(what: string, call: () => Promise<Answer | undefined>): Promise<Json> {
  let body: Json
  await until(
    what,
    async () => {
      const answer = await call()
      body = answer?.body
      if (answer !== undefined && answer.status >= 300 && answer.status !== 503) {
        throw new Error(`${what}: ${answer.status} ${answer.text}`)
      }
      return answer !== undefined && answer.status < 300
    },
    patienceMs,
  )
  return body
}

async function leaseOf(root: Api): Promise<unknown> {
  const { body } = await root.get('/readyz')
  return body?.lease
}

/** Whether a key is good; undefined when there is no verdict, which is an outage. */
async function judge(root: Api, token: string): Promise<boolean | undefined> {
  const { status, body } = await root.post('/v1/verify', { token })
  if (status === 503) return undefined
  if (status === 200) return body.valid
  throw new Error(`verify answered ${status}`)
}

async function untilJudged(root: Api, token: string): Promise<boolean | undefined> {
  let verdict: boolean | undefined
  await until(
    'there is a verdict',
    async () => {
      verdict = await judge(root, token)
      return verdict !== undefined
    },
    patienceMs,
  )
  return verdict
}

/**
 * Somebody who presents a key again and again, until `end`, which gives all verdicts since
 * `forget`.
 */
function askOn({ root }: Instance, key: IssuedKey) {
  const answers: (boolean | undefined)[] = []
  let isEnding = false
  let forgottenAt = Number.NEGATIVE_INFINITY
  const asking = (async () => {
    while (!isEnding) {
      const sentAt = performance.now()
      const answer = await judge(root, key.token)
      // What was under way at `forget` may still be of before.
      if (sentAt >= forgottenAt) answers.push(answer)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return {
    answers,
    forget() {
      forgottenAt = performance.now()
      answers.length = 0
    },
    async end() {
      isEnding = true
      await asking
      return answers
    },
  }
}
