import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import packageJson from '../../package.json' with { type: 'json' }
import { endWithParent } from '../../test/helpers/end-with-parent.ts'
import { type ProcessUsage, usageOfTree } from './process-usage.ts'

/** A server under measurement, in a process of its own, listening on 127.0.0.1. */
export interface ServerProcess {
  readonly url: string
  /** When the process was about to be made, by performance.now(). */
  readonly spawnedAt: number
  readonly child: ChildProcess
  /** Of the process and its children. */
  usage(): Promise<ProcessUsage>
  /** SIGTERM, and waits for the end. Rejects when the process ended badly. */
  stop(): Promise<void>
}

export interface ServerOptions {
  /** Relative to the project's folder. */
  readonly script: string
  readonly settings: Readonly<Record<string, string>>
  /** The setting of the port that answers health checks. Default: PORT. */
  readonly portSetting?: string
  /** To node, besides those of `npm start`. */
  readonly flags?: readonly string[]
  /**
   * Whether node runs with its own defaults instead of the flags of `npm start`: for servers that
   * are not the service.
   */
  readonly isOther?: boolean
  /** Whether the process can be talked to by messages. */
  readonly hasChannel?: boolean
  /** What answers once the server is ready. */
  readonly readyPath?: string
  readonly maxStartMs?: number
}

const projectFolder = join(import.meta.dirname, '../..')
const pollMs = 3
const maxStartMs = 120_000

/** How `npm start` runs the service. */
const start = readStartScript(packageJson.scripts.start)

/** Starts the process; it does not answer yet: see untilAnswered. */
export async function spawnServer(options: ServerOptions): Promise<ServerProcess> {
  const port = await freePort()
  const spawnedAt = performance.now()
  const flags = [...(options.isOther ? [] : start.flags), ...(options.flags ?? [])]
  const child = spawn(process.execPath, [...flags, options.script], {
    cwd: projectFolder,
    env: {
      ...ownEnvironment(),
      ...(options.isOther ? {} : start.environment),
      HOST: '127.0.0.1',
      [options.portSetting ?? 'PORT']: String(port),
      ...options.settings,
    },
    stdio: ['ignore', 'ignore', 'inherit', ...(options.hasChannel ? (['ipc'] as const) : [])],
  })
  endWithParent(child)
  const { pid } = child
  if (pid === undefined) throw new Error(`${options.script} could not be started.`)
  return {
    url: `http://127.0.0.1:${port}`,
    spawnedAt,
    child,
    usage: () => usageOfTree(pid),
    stop: () => stop(child, options.script),
  }
}

/** Starts a server and waits until it answers. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const server = await spawnServer(options)
  const ready = `${server.url}${options.readyPath ?? '/livez'}`
  try {
    await untilAnswered(async () => {
      if (server.child.exitCode !== null) throw new Error(`${options.script} ended.`)
      return fetch(ready).then(
        (answer) => answer.ok,
        () => false,
      )
    }, options.maxStartMs)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/**
 * Polls every few milliseconds until the answer is true. Rejects when it never is, or polling
 * fails.
 */
export async function untilAnswered(
  ask: () => Promise<boolean>,
  withinMs: number = maxStartMs,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  while (performance.now() < giveUpAt) {
    if (await ask()) return
    await sleep(pollMs)
  }
  throw new Error(`No answer within ${withinMs} ms.`)
}

function readStartScript(script: string) {
  const [assignments, command] = script.split('exec node ')
  if (command === undefined) throw new Error('npm start is written in another way.')
  const environment = assignments?.matchAll(/(\w+)=(\S+)/g) ?? []
  return {
    flags: command.match(/--\S+/g) ?? [],
    environment: Object.fromEntries(Array.from(environment, ([, name, value]) => [name, value])),
  }
}

/** The settings of the operator of the benchmark do not apply to the measured servers. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, TMPDIR }
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

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
