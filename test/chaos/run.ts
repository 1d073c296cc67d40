import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../bench/servers/server-process.ts'
import { createProcesses, type Processes } from '../helpers/process.ts'
import { Caller } from './caller.ts'
import type { ChaosProcess } from './chaos-process.ts'
import { check } from './checker.ts'
import { Clients } from './clients.ts'
import { type ChaosDatabase, startKillableDatabase } from './database.ts'
import { createEdges, edgeLeaseMs, edgeSettings, settleEdges } from './edges.ts'
import { FailoverDatabase } from './failover-database.ts'
import { Faults } from './faults.ts'
import { HostileWays } from './hostile-ways.ts'
import { ChaosInstance } from './instance.ts'
import { lookUpAll } from './look-up.ts'
import { Metrics } from './metrics.ts'
import { startPeopleProvider } from './people-provider.ts'
import { Random } from './random.ts'
import type { Recorder } from './recorder.ts'
import { type Figures, figuresOf } from './report.ts'
import { settle } from './settle.ts'
import type { Violation } from './violation.ts'

export interface ChaosOptions {
  readonly revocations: number
  /** At least that many failovers of a primary with a synchronous standby; 0: one server only. */
  readonly failovers: number
  /** How many edges verify beside the instances, one of which then consists of two workers. */
  readonly edges: number
  /** Whether each connection leads through a proxy that fails statements and commits. */
  readonly isInjured: boolean
  readonly seed: number
  /** The run ends by then, whether or not it has reached the numbers. */
  readonly seconds: number
  readonly recorder: Recorder
  readonly print: (line: string) => void
  /** Ends the run early: the promise rejects when nothing of the run is left. */
  readonly signal: AbortSignal
}

export interface ChaosReport {
  /** Answers that break a guarantee. */
  readonly violations: readonly Violation[]
  /** Other faults: a process that ended by itself or does not recover, or an unexpected error. */
  readonly problems: readonly string[]
  readonly figures: Figures
}

const maxStalenessMs = 3_000
const leaseMs = 0.9 * maxStalenessMs
/** Within 10 % of true time, as the protocol requires, and as far apart as that allows. */
const clockRates = [0.92, 1, 1.08]
/**
 * The instance that consists of two workers in a run with edges. Its port is given: with 0, the
 * first worker after a moment without any would listen on another one.
 */
const nameWithWorkers = 'c'

/** Three instances on one database, their edges and clients, and the faults between them. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const processes = await createProcesses()
  try {
    return await runIn(processes, options)
  } finally {
    await processes.end()
  }
}

async function runIn(processes: Processes, options: ChaosOptions): Promise<ChaosReport> {
  const { signal } = options
  const database =
    options.failovers > 0
      ? await FailoverDatabase.start(processes.folder)
      : await startKillableDatabase(processes.folder)
  const proxyLots = new Random(options.seed + 6)
  const injured = options.isInjured ? new HostileWays(database, () => proxyLots.next()) : undefined
  const running: ChaosProcess[] = []
  const metrics = new Metrics(running)
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  const interrupt = () => reject(signal.reason)
  signal.addEventListener('abort', interrupt)
  if (signal.aborted) interrupt()
  try {
    const playing = play(processes, { database, injured }, running, metrics, options)
    return await Promise.race([playing, interrupted])
  } finally {
    signal.removeEventListener('abort', interrupt)
    await metrics.stop()
    for (const one of running) await one.close()
    await injured?.close()
    await database.stop()
  }
}

async function play(
  processes: Processes,
  { database, injured }: { database: ChaosDatabase; injured: HostileWays | undefined },
  running: ChaosProcess[],
  metrics: Metrics,
  options: ChaosOptions,
): Promise<ChaosReport> {
  const { recorder, print } = options
  const rootTokenFile = join(processes.folder, 'root-token')
  await using provider = await startPeopleProvider(processes.folder)
  const settings = {
    ROOT_TOKEN_FILE: rootTokenFile,
    OIDC_FILE: provider.file,
    MAX_STALENESS_MS: String(maxStalenessMs),
    POLL_INTERVAL_MS: '200',
    DRAIN_TIMEOUT_MS: '2000',
    // The default: requests that hang on a server that cannot commit fail as early as in
    // production.
    DATABASE_STATEMENT_TIMEOUT_MS: '5000',
    // A hanging write renews the pool as a side effect: without one, a deposed primary is read for
    // long.
    USE_FLUSH_MS: options.failovers > 0 ? '60000' : '1000',
  }
  const lots = new Random(options.seed + 5)
  const draw = () => lots.next()
  const ways = injured ?? database
  const instances: ChaosInstance[] = []
  const hasEdges = options.edges > 0
  for (const [place, rate] of clockRates.entries()) {
    const name = 'abc'.charAt(place)
    const instance = await ChaosInstance.create(name, rate, draw, processes, ways, {
      ...settings,
      ...(hasEdges && edgeSettings),
      ...(hasEdges && name === nameWithWorkers && { WORKERS: '2', PORT: String(await freePort()) }),
    })
    instances.push(instance)
    running.push(instance)
    await instance.start()
  }
  const rootToken = (await readFile(rootTokenFile, 'utf8')).trim()
  processes.canaries.addToken(rootToken)
  const [first, ...others] = instances
  if (first === undefined) throw new Error('There is no instance.')

  const caller = new Caller(rootToken, recorder.record)
  const edges = await createEdges({
    count: options.edges,
    rates: clockRates,
    draw,
    caller,
    processes,
    instances: [first, ...others],
  })
  running.push(...edges)
  await Promise.all(edges.map((edge) => edge.start()))
  const clients = new Clients({
    caller,
    random: new Random(options.seed),
    instances: [first, ...others],
    edges,
    provider,
    // Failovers are counted, and revocations go on meanwhile.
    revocations: options.failovers > 0 ? Number.POSITIVE_INFINITY : options.revocations,
    maxStalenessMs,
  })
  const note = (event: string) => {
    recorder.note(event)
    print(event)
  }
  const faults = new Faults({
    seed: options.seed + 1,
    instances: [first, ...others],
    database,
    leaseMs,
    edges,
    edgeLeaseMs,
    withWorkers: hasEdges ? instances.filter(({ name }) => name === nameWithWorkers) : [],
    note,
  })
  const startedAt = performance.now()
  metrics.start()
  await clients.start()
  faults.start()
  await Promise.race([clients.failed, faults.failed, whenDone(clients, faults, startedAt, options)])
  note('no more faults')
  await faults.end()
  const problems = [...(await settle(instances, clients, note)), ...(await settleEdges(edges))]
  await clients.end()
  note('looking everything up')
  problems.push(...(await lookUpAll(caller, clients, first)))
  await metrics.stop()
  if (injured !== undefined) {
    print(`injured: ${JSON.stringify(injured.counts)}`)
    if (Object.keys(injured.counts).length === 0) problems.push('the proxy injured nothing')
  }
  const seconds = (performance.now() - startedAt) / 1000
  if (database.deadlocks > 0) problems.push(`${database.deadlocks} deadlocks`)
  problems.push(
    ...problemsOf(running, options.failovers > 0),
    ...clients.stuck.map((one) => `never complete: ${one}`),
  )
  return {
    violations: check(recorder.calls, maxStalenessMs),
    problems,
    figures: figuresOf({
      history: recorder.calls,
      clients,
      faults,
      metrics,
      processes: running,
      seconds,
    }),
  }
}

async function whenDone(
  clients: Clients,
  faults: Faults,
  startedAt: number,
  options: ChaosOptions,
): Promise<void> {
  const { failovers, revocations, seconds } = options
  const isDone = () => clients.revocationsComplete >= revocations && faults.failovers >= failovers
  let toldAt = startedAt
  while (!isDone() && performance.now() < startedAt + seconds * 1000) {
    await sleep(100)
    if (performance.now() < toldAt + 10_000) continue
    toldAt = performance.now()
    const { revocationsComplete, revocationsAcknowledged, keys } = clients
    options.print(
      `${keys.length} keys, ${revocationsAcknowledged} revoked, ${revocationsComplete} of them complete, ${options.recorder.calls.length} calls`,
    )
  }
}

/**
 * `hasFailovers`: a process that is stopped while its database cannot commit exits at its time
 * limit, and logs that: no fault, as long as no answer was wrong.
 */
function problemsOf(processes: readonly ChaosProcess[], hasFailovers: boolean): readonly string[] {
  return processes.flatMap(({ surprises, launched }) => {
    const lines = launched.flatMap(({ log }) => log)
    const unforeseen = lines.filter(
      ({ level, message }) =>
        (level === 'fatal' && !(hasFailovers && message === 'stopping took too long')) ||
        message === 'unexpected error',
    )
    return [...surprises, ...unforeseen.map((line) => JSON.stringify(line))]
  })
}
