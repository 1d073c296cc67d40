import { consoleHeaders } from '../../test/chaos/caller.ts'
import { signIn } from '../../test/chaos/people.ts'
import { startPeopleProvider } from '../../test/chaos/people-provider.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { Harness } from '../harness.ts'
import type { ScenarioResult } from '../results.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { percentile } from '../statistics.ts'

const processes = 3
const rounds = 200
const datasetKeys = 1_000
const receiptMs = 2_000

/** A role that allows the request by which a session is tried, and one that does not. */
const [higher, lower] = ['readers of roles', 'nothing']

/** What takes something from a person. */
const ends = {
  lower: 'From a lower role of a person',
  end: "From the end of a person's session",
  remove: 'From the removal of a person',
} as const
type End = keyof typeof ends

/** In milliseconds, one an act, until the last of the processes refuses the session. */
interface Times {
  /** From sending the act. */
  readonly fromSending: number[]
  /** From the answer, which waits for the receipt; 0: every process refused it before. */
  readonly fromAnswer: number[]
}

interface Site {
  readonly servers: readonly ServerProcess[]
  readonly dataset: Dataset
  readonly issuer: string
}

/** The time until what is taken from a person is refused everywhere. */
export async function measurePeople(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.ofSize(datasetKeys)
  await using provider = await startPeopleProvider(harness.folder)
  const servers: ServerProcess[] = []
  for (let index = 0; index < processes; index += 1) {
    const settings = { OIDC_FILE: provider.file, LOG_LEVEL: 'error' }
    servers.push(await harness.startService(dataset, settings))
  }
  const { issuer } = provider
  const site: Site = { servers, dataset, issuer }
  await askRoot(site, 'POST', '/roles', { name: higher, permissions: ['role:read'] })
  await askRoot(site, 'POST', '/roles', { name: lower, permissions: [] })
  const newTimes = (): Times => ({ fromSending: [], fromAnswer: [] })
  const times = { lower: newTimes(), end: newTimes(), remove: newTimes() }
  const count = harness.isQuick ? 20 : rounds
  let late = 0
  for (let round = 0; round < count; round += 1) {
    late += await endPerson(site, `person ${round}`, times)
  }
  for (const server of servers) await server.stop()
  const kinds = Object.keys(ends) as End[]
  return {
    findings: [
      ...kinds.map((kind) => ({
        what: `${ends[kind]} to its refusal by three processes: p99 of ${count}`,
        value: percentile(times[kind].fromSending, 0.99),
        unit: 'ms' as const,
        goal: { atMost: 50 },
      })),
      {
        what: 'Requests of these sessions that were sent after a complete receipt, and accepted',
        value: late,
        unit: 'answers',
        goal: { atMost: 0 },
      },
    ],
    medians: [],
    facts: {
      head: ['to the refusal by three processes, ms', 'p50', 'p99', 'maximum'],
      rows: kinds.flatMap((kind) => [
        [`${ends[kind]}, from sending it`, ...figuresOf(times[kind].fromSending)],
        [`${ends[kind]}, from its answer`, ...figuresOf(times[kind].fromAnswer)],
      ]),
    },
  }
}

function figuresOf(values: readonly number[]): string[] {
  return [0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(1))
}

/**
 * A person signs in twice, gets a lower role, loses a session and is removed. Returns how many
 * requests were accepted that were sent after a complete receipt.
 */
async function endPerson(
  site: Site,
  subject: string,
  times: Readonly<Record<End, Times>>,
): Promise<number> {
  const { user } = await askRoot(site, 'POST', '/users', {
    issuer: site.issuer,
    subject,
    role: higher,
  })
  const [one, other] = [await enter(site, subject), await enter(site, subject)]
  const path = `/users/${user.id}`
  const wait = `?wait_ms=${receiptMs}`
  const give = (role: string) => askRoot(site, 'PATCH', path + wait, { role })
  const late = [await timeEnd(site, one, () => give(lower), times.lower)]
  await give(higher)
  const end = () => askAs(site, other, 'DELETE', `/v1/sessions/${one.id}${wait}`)
  late.push(await timeEnd(site, one, end, times.end))
  const remove = () => askRoot(site, 'POST', `${path}/remove${wait}`, { keys: 'keep' })
  late.push(await timeEnd(site, other, remove, times.remove))
  return late.reduce((sum, more) => sum + more, 0)
}

interface Session {
  readonly id: string
  readonly token: string
}

async function enter(site: Site, subject: string): Promise<Session> {
  const token = await signIn(site.servers[0]?.url, subject)
  if (token === undefined) throw new Error('A person could not sign in.')
  const { session } = await askAs(site, { id: '', token }, 'GET', '/v1/session')
  return { id: session.id, token }
}

/** Ends what all processes accept, and asks each of them until it refuses. */
async function timeEnd(
  site: Site,
  session: Session,
  end: () => Promise<Answer>,
  times: Times,
): Promise<number> {
  const urls = site.servers.map(({ url }) => url)
  for (const url of urls) {
    if (!(await isAccepted(url, session))) throw new Error('A good session was refused.')
  }
  let late = 0
  let answeredAt = Number.POSITIVE_INFINITY
  const sentAt = performance.now()
  const ended = end().then(({ receipt }) => {
    if (receipt.state !== 'complete') throw new Error(`A receipt is ${receipt.state}.`)
    answeredAt = performance.now()
  })
  const untilRefused = async (url: string): Promise<number> => {
    for (;;) {
      const askedAt = performance.now()
      if (!(await isAccepted(url, session))) return performance.now()
      if (askedAt > answeredAt) late += 1
    }
  }
  const [, ...refused] = await Promise.all([ended, ...urls.map(untilRefused)])
  // At least one request to each process is sent after the receipt.
  for (const url of urls) if (await isAccepted(url, session)) late += 1
  const refusedAt = Math.max(...refused)
  times.fromSending.push(refusedAt - sentAt)
  times.fromAnswer.push(Math.max(0, refusedAt - answeredAt))
  return late
}

/** By a request that a process answers without the database. */
async function isAccepted(url: string, { token }: Session): Promise<boolean> {
  const response = await fetch(`${url}/v1/permissions`, { headers: consoleHeaders(url, token) })
  await response.arrayBuffer()
  if (response.status === 200) return true
  if (response.status === 401 || response.status === 403) return false
  throw new Error(`A request of a session is answered ${response.status}.`)
}

// biome-ignore lint/suspicious/noExplicitAny: what the service answers, as its own pages read it.
type Answer = any

function askRoot(site: Site, method: string, path: string, body: object): Promise<Answer> {
  const { rootToken, accountId } = site.dataset
  const headers = { authorization: `Bearer ${rootToken}` }
  return ask(site, method, `/v1/accounts/${accountId}${path}`, headers, body)
}

function askAs(site: Site, { token }: Session, method: string, path: string): Promise<Answer> {
  return ask(site, method, path, consoleHeaders(site.servers[0]?.url ?? '', token))
}

/** Asks the first process. Rejects unless it did what it was asked for. */
async function ask(
  { servers }: Site,
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
