/**
 * A service that is killed again and again while it issues and revokes, and what must be true after
 * each time.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, createSocketApi, type Json } from './api.ts'
import { Canaries } from './canaries.ts'
import { prepareCluster } from './cluster.ts'
import { newAccount } from './fixtures.ts'
import {
  isAlive,
  type Launched,
  type Processes,
  postmasterPid,
  processesIn,
  shownRootToken,
} from './process.ts'
import { until } from './until.ts'

const workers = 4
const postgresEndsWithinMs = 60_000
/** Searching everything that the processes write for more tokens would take minutes. */
const tokensWatchedARound = 20

export interface CrashReport {
  readonly issued: number
  readonly revoked: number
  /** Requests that were not answered before the kill: each may have taken effect or not. */
  readonly unanswered: number
}

export interface Crashes {
  /**
   * Loads the service, kills it, restarts it and checks. Rejects with the history when anything is
   * wrong.
   */
  round(): Promise<CrashReport>
  /** Stops the service cleanly, and checks that nothing is left over. */
  finish(): Promise<void>
}

/** What the callers know of a key. */
interface KnownKey {
  readonly name: string
  issued: 'asked' | 'acknowledged' | 'lost'
  id?: string
  token?: string
  revoked: 'no' | 'asked' | 'acknowledged'
}

/**
 * The row of the killed process keeps receipts pending for a failure timeout; these tests are about
 * what was acknowledged.
 */
const notWaiting = { wait_ms: 0 }

/** Starts a service on a folder of `processes` without a database. */
export async function createCrashes(processes: Processes): Promise<Crashes> {
  const dataDir = join(processes.folder, 'data')
  const history: string[] = []
  const keys: KnownKey[] = []
  const startedAt = performance.now()
  let rounds = 0
  let acknowledged = 0
  await prepareCluster(dataDir)
  let running = await processes.start()
  const token = await shownRootToken(running)
  processes.canaries.addToken(token)
  let root = await callerOf(running)
  const account = await newAccount(root)
  const path = `/v1/accounts/${account}/api-keys`

  /** Answers are not searched for secrets; what a process writes by itself is. */
  async function callerOf(launched: Launched): Promise<Api> {
    return createSocketApi(await launched.listening, new Canaries(), token)
  }

  function note(event: string): void {
    history.push(`${((performance.now() - startedAt) / 1000).toFixed(3)} ${event}`)
  }

  async function round(): Promise<CrashReport> {
    rounds += 1
    const before = keys.length
    const killing = new AbortController()
    const worked = Promise.all(
      Array.from({ length: workers }, (_, index) => load(index, killing.signal)),
    )
    const enough = acknowledged + randomInt(10, 100)
    await Promise.race([until('enough is acknowledged', () => acknowledged >= enough), worked])
    await sleep(randomInt(0, 20))
    note(`round ${rounds}: kill ${running.pid}`)
    killing.abort()
    await killed(running)
    await worked
    const report = reportOf(keys.slice(before))
    watch(keys.slice(before))

    if (rounds % 2 === 0) await interruptedStart()
    running = await processes.start()
    root = await callerOf(running)
    note(`round ${rounds}: started again as ${running.pid}`)
    await checkVerdicts()
    await checkList()
    return report
  }

  /** A start has critical moments of its own: recovery, migration, the first statements. */
  async function interruptedStart(): Promise<void> {
    const launched = processes.launch()
    await sleep(randomInt(0, 700))
    note(`round ${rounds}: kill the start ${launched.pid}`)
    await killed(launched)
  }

  async function killed(launched: Launched): Promise<void> {
    const postgres = await postmasterPid(dataDir)
    launched.signal('SIGKILL')
    await launched.ended
    await until(
      'PostgreSQL has ended after its service was killed',
      async () =>
        (postgres === undefined || !isAlive(postgres)) && (await processesIn(dataDir)).length === 0,
      postgresEndsWithinMs,
    )
  }

  /** One caller. It changes only keys that it issued itself, so that it knows the state of each. */
  async function load(worker: number, killing: AbortSignal): Promise<void> {
    const own: KnownKey[] = []
    try {
      for (let step = 1; ; step += 1) {
        const subject = own[randomInt(own.length + 1)]
        const act = randomInt(3)
        if (subject === undefined || act === 0) {
          own.push(await issue(`key ${rounds}.${worker}.${step}`))
        } else if (act === 1) {
          await revoke(subject)
        } else {
          await assertVerdict(subject)
        }
      }
    } catch (error) {
      // A request that is cut off because the process is gone is no fault.
      const isCutOff = error instanceof TypeError && killing.aborted
      if (!isCutOff) throw error
    }
  }

  async function issue(name: string): Promise<KnownKey> {
    const key: KnownKey = { name, issued: 'asked', revoked: 'no' }
    keys.push(key)
    note(`issue ${name}: asked`)
    const { status, body } = await root.post(path, { name, role: 'viewer', expires_at: null })
    if (status !== 201) throw failure(key, `issue answered ${status}`)
    acknowledged += 1
    note(`issue ${name}: ${body.api_key.id}`)
    return Object.assign(key, { issued: 'acknowledged', id: body.api_key.id, token: body.token })
  }

  async function revoke(key: KnownKey): Promise<void> {
    if (key.revoked === 'no') key.revoked = 'asked'
    note(`revoke ${key.name}: asked`)
    const { status } = await root.post(`${path}/${key.id}/revoke`, notWaiting)
    if (status !== 200) throw failure(key, `revoke answered ${status}`)
    key.revoked = 'acknowledged'
    acknowledged += 1
    note(`revoke ${key.name}: acknowledged`)
  }

  async function assertVerdict(key: KnownKey): Promise<void> {
    const verdict = await root.verify(key.token ?? '')
    const found = verdict.valid ? 'no' : verdict.reason === 'revoked' ? 'acknowledged' : 'neither'
    if (found !== key.revoked && key.revoked !== 'asked') {
      throw failure(key, `it is judged ${JSON.stringify(verdict)}, and its revocation: ${found}`)
    }
  }

  async function checkVerdicts(): Promise<void> {
    const open = keys.filter((key) => key.issued === 'acknowledged' && key.token !== undefined)
    const checkers = Array.from({ length: 8 }, async () => {
      for (let key = open.pop(); key !== undefined; key = open.pop()) await assertVerdict(key)
    })
    await Promise.all(checkers)
  }

  /**
   * Every key is as it was acknowledged; an unanswered change has happened or not, and stays so.
   */
  async function checkList(): Promise<void> {
    const listed = new Map<string, Json>()
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: { body: Json } = await root.get(
        `${path}?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      for (const found of body.api_keys) listed.set(found.name, found)
      cursor = body.next_cursor
    }
    for (const key of keys) {
      const found = listed.get(key.name)
      listed.delete(key.name)
      if (key.issued === 'asked') key.issued = found === undefined ? 'lost' : 'acknowledged'
      if ((found === undefined) !== (key.issued === 'lost')) {
        throw failure(key, `it was ${key.issued}, and the list has ${JSON.stringify(found)}`)
      }
      if (found === undefined) continue
      const isRevoked = found.status === 'revoked'
      if (key.revoked === 'asked') key.revoked = isRevoked ? 'acknowledged' : 'no'
      if (isRevoked !== (key.revoked === 'acknowledged')) {
        throw failure(key, `revoked: ${key.revoked}, and the list has ${JSON.stringify(found)}`)
      }
    }
    const [stranger] = listed.keys()
    if (stranger !== undefined) throw new Error(`Nobody asked for the key ${stranger}.`)
  }

  function watch(made: readonly KnownKey[]): void {
    const tokens = made.flatMap((key) => key.token ?? [])
    for (const one of tokens.slice(0, tokensWatchedARound)) processes.canaries.addToken(one)
  }

  function failure(key: KnownKey, what: string): Error {
    const ofKey = history.filter((event) => event.includes(`${key.name}:`) || /: kill/.test(event))
    return new Error(
      `${key.name}: ${what}\nIts history, and the kills:\n${ofKey.join('\n')}\n` +
        `The newest of all:\n${history.slice(-50).join('\n')}`,
    )
  }

  async function finish(): Promise<void> {
    const status = await running.stop()
    if (status !== 0) throw new Error(`The last stop ended with ${status}.`)
    const left = await processesIn(processes.folder)
    if (left.length > 0) throw new Error(`Left over: ${left.join('\n')}`)
  }

  return { round, finish }
}

function reportOf(keys: readonly KnownKey[]): CrashReport {
  const count = (holds: (key: KnownKey) => boolean) => keys.filter(holds).length
  return {
    issued: count((key) => key.issued === 'acknowledged'),
    revoked: count((key) => key.revoked === 'acknowledged'),
    unanswered: count((key) => key.issued === 'asked' || key.revoked === 'asked'),
  }
}
