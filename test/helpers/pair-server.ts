import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { Binaries } from '../../src/embedded/binaries.ts'
import { answers, type Connection, serviceConnection } from '../../src/embedded/connection.ts'
import { type DataDir, openDataDir } from '../../src/embedded/data-dir.ts'
import { launchServer, type Server } from '../../src/embedded/server.ts'
import { createServerLog } from '../../src/embedded/server-log.ts'
import { serverArguments } from '../../src/embedded/settings.ts'
import { makeSocketFolder, SOCKET_PORT, socketFolder } from '../../src/embedded/socket-folder.ts'
import type { Json } from './api.ts'
import { until } from './until.ts'

export interface PairServerOptions {
  /** Created when it is missing, removed by `discard`. */
  readonly folder: string
  readonly binaries: Binaries
  /** The server that this one follows as a standby; undefined: it starts as a primary. */
  readonly follows?: PairServer
  readonly onLogLine?: (line: string) => void
}

/** Later arguments override those of the embedded server, which has no standby. */
const replication = {
  wal_level: 'replica',
  max_wal_senders: '8',
  wal_keep_size: '256MB',
  wal_retrieve_retry_interval: '100ms',
  hot_standby: 'on',
  // Every standby that attaches is synchronous: a server acknowledges nothing that no standby has.
  synchronous_standby_names: '*',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // A backend that waits for a lost standby does not notice that its client is gone.
  max_connections: '300',
  // In the data directory, so that what a kill leaves behind is removed with it.
  dynamic_shared_memory_type: 'mmap',
}

const patienceMs = 60_000

/** One PostgreSQL server of a pair: a primary, its standby, or a primary that was deposed. */
export class PairServer {
  readonly connection: Connection
  readonly socketPath: string
  readonly #dataDir: DataDir
  readonly #socketDir: string
  readonly #options: PairServerOptions
  #running: Server | undefined
  #thaw: (() => Promise<void>) | undefined

  private constructor(options: PairServerOptions, dataDir: DataDir) {
    this.#options = options
    this.#dataDir = dataDir
    this.#socketDir = socketFolder(dataDir)
    this.connection = serviceConnection(this.#socketDir)
    this.socketPath = join(this.#socketDir, `.s.PGSQL.${SOCKET_PORT}`)
  }

  /** Creates a server without starting it. */
  static async create(options: PairServerOptions): Promise<PairServer> {
    return new PairServer(options, await openDataDir(options.folder))
  }

  get dataDir(): DataDir {
    return this.#dataDir
  }

  get socketDir(): string {
    return this.#socketDir
  }

  /** Resolves when the server accepts sessions; a standby accepts readers only. */
  async start(): Promise<void> {
    const { binaries, follows, onLogLine } = this.#options
    const settings = { ...replication, ...(follows && { primary_conninfo: follows.#conninfo }) }
    const command = [
      binaries.postgres,
      // A kill of a process loses nothing that was handed to the operating system.
      ...serverArguments(this.#dataDir.clusterDir, this.#socketDir, false),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]
    await makeSocketFolder(this.#socketDir, this.#dataDir)
    for (let attempt = 1; ; attempt += 1) {
      const log = createServerLog({ info() {}, warn() {}, error() {} })
      const add = (line: string) => {
        onLogLine?.(line)
        log.add(line)
      }
      const server = launchServer(command, this.#dataDir.account, { ...log, add })
      this.#running = server
      let hasEnded = false
      void server.ended.then(() => {
        hasEnded = true
      })
      await until(
        'the server answers or has ended',
        async () => hasEnded || (await answers(this.#socketDir)),
        patienceMs,
      )
      if (!hasEnded) return
      // The last child of a killed server may still hold its shared memory.
      if (attempt === 20) throw new Error(`PostgreSQL cannot start: ${log.lastLines()}`)
      await sleep(100)
    }
  }

  /** Runs `use` on a session of the server's own database. */
  async session<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      ...this.connection,
      database: 'postgres',
      application_name: 'a test',
      connectionTimeoutMillis: 10_000,
    })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await use(client)
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  async ask(text: string): Promise<Json[]> {
    return this.session(async (client) => (await client.query(text)).rows)
  }

  /** Kills all its processes at once, as a loss of power does. */
  async kill(): Promise<void> {
    for (const pid of await this.#pids()) signal(pid, 'SIGKILL')
    await this.#thaw?.()
    await this.#running?.ended
  }

  /** Stops all its processes (SIGSTOP), until `thaw` or until this process ends in any way. */
  async freeze(): Promise<void> {
    const stopped = await this.#pids((pid) => signal(pid, 'SIGSTOP'))
    const thawer = spawn('/bin/sh', ['-c', 'read -r end; kill -CONT "$@"', 'sh', ...stopped], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    const ended = once(thawer, 'exit')
    this.#thaw = async () => {
      this.#thaw = undefined
      thawer.stdin.end()
      await ended
    }
  }

  async thaw(): Promise<void> {
    await this.#thaw?.()
  }

  /** Ends the server if it still runs, and removes its files. */
  async discard(): Promise<void> {
    const { path, clusterDir } = this.#dataDir
    const memory = await sharedMemoryOf(clusterDir)
    await this.kill()
    // A killed server leaves a small block of shared memory, of which a system has a limited
    // number.
    if (memory !== undefined) await run('ipcrm', ['-m', memory]).catch(() => undefined)
    await rm(path, { recursive: true, force: true, maxRetries: 5 })
    await rm(this.#socketDir, { recursive: true, force: true })
  }

  get #conninfo(): string {
    const { host, port, user } = this.connection
    return `host='${host}' port=${port} user=${user} application_name=standby`
  }

  /**
   * The server's first process, and then its children: `each` is called with one before the next
   * are looked up.
   */
  async #pids(each: (pid: string) => void = () => undefined): Promise<readonly string[]> {
    const [first] = await postmasterLines(this.#dataDir.clusterDir)
    if (first === undefined || !(await isServer(first))) return []
    each(first)
    const children = await childrenOf(first)
    for (const child of children) each(child)
    return [first, ...children]
  }
}

const run = promisify(execFile)

async function postmasterLines(clusterDir: string): Promise<readonly string[]> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '')
  return text === '' ? [] : text.split('\n').map((line) => line.trim())
}

/** The seventh line holds the key and the id of the block of shared memory. */
async function sharedMemoryOf(clusterDir: string): Promise<string | undefined> {
  const lines = await postmasterLines(clusterDir)
  return lines[6]?.split(/\s+/)[1]
}

/** The pid in a killed server's file may belong to another program by now. */
async function isServer(pid: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return /(^|\/)postgres\0/.test(command)
}

async function childrenOf(pid: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter((one) => one !== '')
}

function signal(pid: string, name: NodeJS.Signals): void {
  try {
    process.kill(Number(pid), name)
  } catch {
    // The process has ended by itself meanwhile.
  }
}
