/**
 * The service as operators run it: real processes, started by settings, called over sockets, ended
 * by signals.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseToken } from '../../src/domain/token/token.ts'
import { type EmbeddedPostgres, findRunningEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { type Api, createSocketApi, type Json } from './api.ts'
import { Canaries } from './canaries.ts'
import { endWithParent } from './end-with-parent.ts'
import { unmeasured } from './unmeasured.ts'
import { until } from './until.ts'

export type Settings = Readonly<Record<string, string>>

export interface LaunchOptions {
  readonly settings?: Settings
  /** The source to run, and its arguments. Default: src/main.ts without arguments. */
  readonly script?: readonly [path: string, ...args: string[]]
  /** The root of the sources. Default: this checkout. */
  readonly checkout?: string
}

/** A process that was started; it may have ended since. */
export interface Launched {
  readonly pid: number
  /** Everything written to stdout so far. */
  readonly stdout: string
  readonly stderr: string
  /** The lines of its log so far. */
  readonly log: readonly Json[]
  /** The text for people on stdout, without the log. */
  readonly shown: string
  /** The exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Its address, once it listens. Rejects with everything that it wrote when it ends instead. */
  readonly listening: Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Sends SIGTERM, and resolves as `ended` does. */
  stop(): Promise<number | NodeJS.Signals>
}

/** The processes of a test, which share a folder and canaries. */
export interface Processes {
  /** An empty folder, removed at the end. */
  readonly folder: string
  readonly canaries: Canaries
  launch(options?: LaunchOptions): Launched
  /** Launches the service and waits until it listens. */
  start(options?: LaunchOptions): Promise<Launched>
  /** Runs a process that ends by itself: a start that is refused, or an admin command. */
  run(options?: LaunchOptions): Promise<Launched & { readonly status: number | NodeJS.Signals }>
  /** The child processes of a process that run node: its workers. */
  childrenOf(pid: number): Promise<number[]>
  /** Calls the service at an address. */
  api(url: string, token: string | undefined): Api
  /**
   * Ends all processes, removes the folder, and searches everything that was written for secrets.
   * Rejects when a secret is found, or when a PostgreSQL is left over in the folder.
   */
  end(): Promise<void>
}

const checkoutOfTests = join(import.meta.dirname, '../..')
const compileCache = join(checkoutOfTests, 'node_modules/.cache/aeon-keys-test')

export async function createProcesses(): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-process-'))
  // When root runs the tests, PostgreSQL has another account, which must be able to enter the
  // folder.
  await chmod(folder, 0o711)
  const canaries = new Canaries()
  const all: Launched[] = []

  function launch(options: LaunchOptions = {}): Launched {
    const launched = spawnSource(options, folder)
    all.push(launched)
    return launched
  }

  return {
    folder,
    canaries,
    launch,
    async start(options) {
      const launched = launch(options)
      await launched.listening
      return launched
    },
    async run(options) {
      const launched = launch(options)
      const status = await launched.ended
      return Object.assign(launched, { status })
    },
    childrenOf,
    api: (url, token) => createSocketApi(url, canaries, token),
    async end() {
      for (const launched of all) launched.signal('SIGKILL')
      for (const launched of all) {
        await launched.ended
        for (const text of leakable(launched)) canaries.addText(text)
      }
      await until(
        'no PostgreSQL is left over',
        async () => (await processesIn(folder)).length === 0,
      )
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      await canaries.check()
    },
  }
}

/**
 * The root token that a first start shows as soon as it listens. Everything else on stdout must
 * hold no secret: `end` checks that.
 */
export async function shownRootToken(launched: Launched): Promise<string> {
  await until('the root token is shown', () => welcomePattern.test(launched.shown))
  const [, token] = welcomePattern.exec(launched.shown) ?? []
  if (token === undefined) throw new Error('The start showed no token.')
  return token
}

/** The connection to the embedded server that runs on a DATA_DIR; throws when none does. */
export async function embeddedConnection(dataDir: string): Promise<EmbeddedPostgres['connection']> {
  const connection = await findRunningEmbeddedPostgres(dataDir)
  if (connection === undefined) throw new Error('No private PostgreSQL answers there.')
  return connection
}

/** The URL of that connection, for DATABASE_URL and for pg. */
export async function embeddedUrl(dataDir: string): Promise<string> {
  const { user, database, host, port } = await embeddedConnection(dataDir)
  return `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
}

/** The pid of the PostgreSQL that has, or had, this DATA_DIR; undefined when none was started. */
export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return Number.isNaN(pid) ? undefined : pid
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * The processes whose arguments or working folder name a folder: PostgreSQL with all its children,
 * and its watchdog. Empty where there is no /proc.
 */
export async function processesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, place] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
        readlink(`/proc/${pid}/cwd`).catch(() => ''),
      ])
      const isOurs = command.includes(folder) || place.startsWith(folder)
      // A process that has ended and has not been waited for has an empty command.
      return isOurs && command !== '' ? `${pid} ${command.replaceAll('\0', ' ')}` : undefined
    }),
  )
  return found.filter((one) => one !== undefined)
}

async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const status = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')
    const [, name, , parent] = /^\d+ \((.*)\) (\S) (\d+)/.exec(status) ?? []
    if (Number(parent) === pid && /node|MainThread/.test(name ?? '')) children.push(Number(entry))
  }
  return children
}

const welcomePattern =
  /^\naeon-keys (?:is ready at \S+ \(browse \S+\)|created its database\.)\n\n(?:Open the console\. .*:\n\n {2}\S+#sign-in=\S+\n\n)?The root token .*:\n\n {2}(\S+)\n\n(?:Try it:\n\n {2}curl -s \S+ -H 'Authorization: Bearer \1'\n\n)?$/

function spawnSource(options: LaunchOptions, folder: string): Launched {
  const { settings = {}, checkout = checkoutOfTests, script = ['src/main.ts'] } = options
  const [source, ...args] = script
  // Of this process's own environment only what any program needs.
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(...unmeasured(join(checkout, source), ...args), {
    cwd: folder,
    // A process group of its own, so that its workers end with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...{ PATH, HOME, TMPDIR },
      // Half of the time of a start is spent on compiling.
      NODE_COMPILE_CACHE: checkout === checkoutOfTests ? compileCache : join(folder, 'cache'),
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      // The arrays of the cache are made for this many: for the default that takes 25 ms.
      CACHE_MAX_KEYS: '10000',
      // On a busy machine all of these may take longer than callers should wait.
      DATABASE_CONNECT_TIMEOUT_MS: '60000',
      DATABASE_STATEMENT_TIMEOUT_MS: '60000',
      HASH_WAIT_MAX_MS: '60000',
      DRAIN_TIMEOUT_MS: '60000',
      ...settings,
    },
  })
  endWithParent(child)
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  const ended = endOf(child)
  const launched = {
    pid: child.pid ?? 0,
    get stdout() {
      return written.stdout
    },
    get stderr() {
      return written.stderr
    },
    get log() {
      // A process that was killed may have written part of a line.
      return linesOf(written.stdout)
        .filter((line) => isLogLine(line) && line.endsWith('}\n'))
        .map((line): Json => JSON.parse(line))
    },
    get shown() {
      return linesOf(written.stdout)
        .filter((line) => !isLogLine(line))
        .join('')
    },
    ended,
    listening: addressOf(child, written, ended),
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
  return launched
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const { promise, resolve, reject } = Promise.withResolvers<number | NodeJS.Signals>()
  child.on('error', reject)
  child.on('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'))
  return promise
}

function addressOf(
  child: ChildProcess,
  written: { readonly stdout: string; readonly stderr: string },
  ended: Promise<number | NodeJS.Signals>,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.stdout?.on('data', () => {
    const [, address] = /Server listening at (http:[^"]+)"}\n/.exec(written.stdout) ?? []
    if (address !== undefined) resolve(address)
  })
  ended.then(
    (status) =>
      reject(new Error(`It ended (${status}) instead:\n${written.stdout}${written.stderr}`)),
    reject,
  )
  // A start that is expected to fail is never asked for its address.
  promise.catch(() => undefined)
  return promise
}

/**
 * Everything that a process wrote, except the two places that show a token: the welcome, and an
 * admin command's answer.
 */
function leakable({ stdout, stderr, shown }: Launched): readonly string[] {
  const isWelcome = welcomePattern.test(shown)
  const isToken = parseToken(shown.trimEnd()) !== undefined
  return [stderr, ...linesOf(stdout).filter(isLogLine), ...(isWelcome || isToken ? [] : [shown])]
}

function isLogLine(line: string): boolean {
  return line.startsWith('{')
}

function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/)
}
