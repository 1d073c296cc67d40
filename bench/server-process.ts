import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import packageJson from '../package.json' with { type: 'json' }
import type { Usage } from './usage-reporter.ts'

/** A server under measurement, in a process of its own, listening on 127.0.0.1. */
export interface ServerProcess {
  readonly url: string
  /** When the process was about to be made, by performance.now(). */
  readonly spawnedAt: number
  usage(): Promise<Usage>
  /** SIGTERM, and waits for the end. Rejects when the process ended badly. */
  stop(): Promise<void>
}

export interface ServerOptions {
  /** Relative to the project's folder. */
  readonly script: string
  readonly settings: Readonly<Record<string, string>>
  /** Whether `usage` can be asked. Starts are timed without. */
  readonly reportsUsage: boolean
}

const projectFolder = join(import.meta.dirname, '..')
const pollMs = 3
const maxStartMs = 30_000

/** How `npm start` runs the service. */
const start = readStartScript(packageJson.scripts.start)

/** Starts the process; it does not answer yet: see untilAnswered. */
export async function spawnServer(options: ServerOptions): Promise<ServerProcess> {
  const port = await freePort()
  const preload = options.reportsUsage ? ['--import', './bench/usage-reporter.ts'] : []
  const spawnedAt = performance.now()
  const child = spawn(process.execPath, [...start.flags, ...preload, options.script], {
    cwd: projectFolder,
    env: {
      ...ownEnvironment(),
      ...start.environment,
      HOST: '127.0.0.1',
      PORT: String(port),
      ...options.settings,
    },
    stdio: ['ignore', 'ignore', 'inherit', ...(options.reportsUsage ? (['ipc'] as const) : [])],
  })
  return {
    url: `http://127.0.0.1:${port}`,
    spawnedAt,
    usage: () => askUsage(child),
    stop: () => stop(child, options.script),
  }
}

/** Starts a server and waits until it answers. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const server = await spawnServer(options)
  try {
    await untilAnswered(async () => (await fetch(`${server.url}/livez`)).ok)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Asks again and again, every few milliseconds, until the answer is true; a failed attempt counts as false. */
export async function untilAnswered(ask: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + maxStartMs
  while (performance.now() < giveUpAt) {
    if (await ask().catch(() => false)) return
    await sleep(pollMs)
  }
  throw new Error(`No answer within ${maxStartMs} ms.`)
}

function readStartScript(script: string) {
  const environment = /^(\w+)=(\S+) exec node /.exec(script)
  if (environment?.[1] === undefined) throw new Error('npm start is written in another way.')
  return {
    flags: script.match(/--\S+/g) ?? [],
    environment: { [environment[1]]: environment[2] },
  }
}

/** The settings of whoever runs the benchmark are not those of the measured servers. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, TMPDIR }
}

async function askUsage(child: ChildProcess): Promise<Usage> {
  const answered = once(child, 'message', { signal: AbortSignal.timeout(5_000) })
  child.send('usage')
  const [usage] = await answered
  return usage as Usage
}

async function stop(child: ChildProcess, script: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  if (child.exitCode !== 0) {
    throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode}.`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
