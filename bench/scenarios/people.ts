import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { consoleHeaders } from '../../test/chaos/caller.ts'
import { signIn } from '../../test/chaos/people.ts'
import { startPeopleProvider } from '../../test/chaos/people-provider.ts'
import { askVerdict } from '../ask.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { Harness } from '../harness.ts'
import type { ScenarioResult } from '../results.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { median, percentile } from '../statistics.ts'

const processes = 3
const rounds = 200
/** Not measured: until the code of all processes is compiled. */
const warmUpRounds = 20
const pauseMs = 50
const datasetKeys = 1_000
const receiptMs = 2_000

/** A role that allows the request by which a session is tried, and one that does not. */
const [higher, lower] = ['readers of roles', 'nothing']

/** What takes something from a person. */
const ends = {
  lower: 'From a lower role of a person',
  end: "From the end of a person's session",
  remove: 'From the removal of a person',
  revoke: 'From the revocation of a key',
} as const
type End = keyof typeof ends

/**
 * In milliseconds, one an act: from sending it until no process accepts a request that is sent from
 * then on.
 */
type Times = number[]

interface Deployment {
  readonly servers: readonly ServerProcess[]
  readonly dataset: Dataset
  readonly issuer: string
}

/**
 * The time until what is taken from a person is refused everywhere: until the answer, if each
 * process refuses a request that is sent right after it. Requests before it would find earlier
 * refusals, but three callers without a pause take the time of two cores that the act needs, and
 * double what they measure.
 */
export async function measurePeople(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.ofSize(datasetKeys)
  await using provider = await startPeopleProvider(harness.folder)
  const servers: ServerProcess[] = []
  for (let index = 0; index < processes; index += 1) {
    const settings = { OIDC_FILE: provider.file, LOG_LEVEL: 'error' }
    servers.push(await harness.startService(dataset, settings))
  }
  const { issuer } = provider
  const deployment: Deployment = { servers, dataset, issuer }
  await askRoot(deployment, 'POST', '/roles', { name: higher, permissions: ['role:read'] })
  await askRoot(deployment, 'POST', '/roles', { name: lower, permissions: [] })
  const count = harness.isQuick ? 20 : rounds
  await endPersons(deployment, warmUpRounds, 'early person')
  const { times, late } = await endPersons(deployment, count, 'person')
  for (const server of servers) await server.stop()
  const kinds = Object.keys(ends) as End[]
  return {
    findings: [
      ...kinds.map((kind) => ({
        what: `${ends[kind]} until three processes refuse each new request: p99 of ${count}`,
        value: percentile(times[kind], 0.99),
        unit: 'ms' as const,
        goal: { atMost: 50 },
      })),
      {
        what: 'This time of the removal of a person, relative to the revocation of a key: p50',
        value: median(times.remove) / median(times.revoke),
        unit: 'times' as const,
      },
      {
        what: 'Requests of these sessions and keys that were sent after a complete receipt, and accepted',
        value: late,
        unit: 'answers',
        goal: { atMost: 0 },
      },
    ],
    medians: [],
    facts: {
      head: ['until three processes refuse, ms', 'p50', 'p99', 'maximum'],
      rows: kinds.map((kind) => [ends[kind], ...figuresOf(times[kind])]),
    },
  }
}

interface Ended {
  readonly times: Readonly<Record<End, Times>>
  /** Requests that were accepted after a complete receipt. */
  readonly late: number
}

async function endPersons(deployment: Deployment, count: number, name: string): Promise<Ended> {
  const times: Readonly<Record<End, Times>> = { lower: [], end: [], remove: [], revoke: [] }
  let late = 0
  for (let round = 0; round < count; round += 1) {
    collectGarbage()
    late += await endPerson(deployment, `${name} ${round}`, times)
    late += await endKey(deployment, `key of ${name} ${round}`, times.revoke)
  }
  return { times, late }
}

/**
 * A collection by this process takes both cores from the processes that it measures, for as long as
 * an act: it runs between the rounds instead.
 */
const collectGarbage: () => void = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
})()

function figuresOf(values: readonly number[]): string[] {
  return [0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(1))
}

/**
 * A person signs in twice, gets a lower role, loses a session and is removed. Returns how many
 * requests were accepted that were sent after a complete receipt.
 */
async function endPerson(
  deployment: Deployment,
  subject: string,
  times: Readonly<Record<End, Times>>,
): Promise<number> {
  const { user } = await askRoot(deployment, 'POST', '/users', {
    issuer: deployment.issuer,
    subject,
    role: higher,
  })
  const [one, other] = [await enter(deployment, subject), await enter(deployment, subject)]
  const path = `/users/${user.id}`
  const wait = `?wait_ms=${receiptMs}`
  const give = (role: string) => askRoot(deployment, 'PATCH', path + wait, { role })
  const late = [await timeEnd(deployment, accepts(one), () => give(lower), times.lower)]
  await give(higher)
  const end = () => askAs(deployment, other, 'DELETE', `/v1/sessions/${one.id}${wait}`)
  late.push(await timeEnd(deployment, accepts(one), end, times.end))
  const remove = () => askRoot(deployment, 'POST', `${path}/remove${wait}`, { keys: 'keep' })
  late.push(await timeEnd(deployment, accepts(other), remove, times.remove))
  return late.reduce((sum, more) => sum + more, 0)
}

/** Revokes a key that is hot in all processes. Returns as endPerson does. */
async function endKey(deployment: Deployment, name: string, times: Times): Promise<number> {
  const key = { name, role: lower, expires_at: null }
  const { token, api_key } = await askRoot(deployment, 'POST', '/api-keys', key)
  const { rootToken } = deployment.dataset
  const isValid = async (url: string) => (await askVerdict(url, rootToken, token)).valid
  const revoke = () =>
    askRoot(deployment, 'POST', `/api-keys/${api_key.id}/revoke?wait_ms=${receiptMs}`, {})
  return timeEnd(deployment, isValid, revoke, times)
}

interface Session {
  readonly id: string
  readonly token: string
}

async function enter(deployment: Deployment, subject: string): Promise<Session> {
  const token = await signIn(deployment.servers[0]?.url, subject)
  if (token === undefined) throw new Error('A person could not sign in.')
  const { session } = await askAs(deployment, { id: '', token }, 'GET', '/v1/session')
  return { id: session.id, token }
}

/**
 * Ends what all processes accept, and asks each of them when the answer is there. Returns how many
 * accept it then.
 */
async function timeEnd(
  { servers }: Deployment,
  isAccepted: (url: string) => Promise<boolean>,
  end: () => Promise<Answer>,
  times: Times,
): Promise<number> {
  const countAccepting = async () => {
    const answers = await Promise.all(servers.map(({ url }) => isAccepted(url)))
    return answers.filter((accepted) => accepted).length
  }
  if ((await countAccepting()) < servers.length) throw new Error('What is good was refused.')
  // Until the processes have done what the requests before left to do.
  await sleep(pauseMs)
  const sentAt = performance.now()
  const { receipt } = await end()
  const answeredAt = performance.now()
  if (receipt.state !== 'complete') throw new Error(`A receipt is ${receipt.state}.`)
  const late = await countAccepting()
  times.push(answeredAt - sentAt)
  return late
}

/** By a request that a process answers without the database. */
const accepts =
  ({ token }: Session) =>
  async (url: string) => {
    const response = await fetch(`${url}/v1/permissions`, { headers: consoleHeaders(url, token) })
    await response.arrayBuffer()
    if (response.status === 200) return true
    if (response.status === 401 || response.status === 403) return false
    throw new Error(`A request of a session is answered ${response.status}.`)
  }

// biome-ignore lint/suspicious/noExplicitAny: what the service answers, as its own pages read it.
type Answer = any

function askRoot(
  deployment: Deployment,
  method: string,
  path: string,
  body: object,
): Promise<Answer> {
  const { rootToken, accountId } = deployment.dataset
  const headers = { authorization: `Bearer ${rootToken}` }
  return ask(deployment, method, `/v1/accounts/${accountId}${path}`, headers, body)
}

function askAs(
  deployment: Deployment,
  { token }: Session,
  method: string,
  path: string,
): Promise<Answer> {
  return ask(deployment, method, path, consoleHeaders(deployment.servers[0]?.url ?? '', token))
}

/** Asks the first process. Rejects unless it did what it was asked for. */
async function ask(
  { servers }: Deployment,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: object,
): Promise<Answer> {
  const response = await fetch(`${servers[0]?.url}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} is answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
