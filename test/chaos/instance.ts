import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Launched, Processes, Settings } from '../helpers/process.ts'
import type { ChaosDatabase } from './database.ts'
import { type Link, openLink } from './link.ts'

const retryStartMs = 300
const clockPreload = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts')).href

/** One instance of the service, under one name however often its process is restarted. */
export class ChaosInstance {
  readonly name: string
  readonly links: readonly Link[]
  readonly #processes: Processes
  readonly #settings: Settings
  readonly #clockFile: string
  /** All its processes so far: their output is read at the end. */
  readonly launched: Launched[] = []
  /** Process exits that no fault caused. */
  readonly surprises: string[] = []
  /** Starts that were refused because the database could not be reached. */
  failedStarts = 0
  #url: string | undefined
  #isToEnd = true
  #isClosed = false

  private constructor(
    name: string,
    processes: Processes,
    links: readonly Link[],
    clockFile: string,
    settings: Settings,
  ) {
    this.name = name
    this.links = links
    this.#processes = processes
    this.#settings = settings
    this.#clockFile = clockFile
  }

  /**
   * An instance that is not started yet. `rate`: how fast its monotonic clock runs; `draw` gives
   * the random numbers of its connections.
   */
  static async create(
    name: string,
    rate: number,
    draw: () => number,
    processes: Processes,
    database: Pick<ChaosDatabase, 'connection' | 'openWay'>,
    settings: Settings,
  ): Promise<ChaosInstance> {
    const links = [
      await openLink(await database.openWay(name), draw),
      await openLink(await database.openWay(name), draw),
    ] as const
    const [toDatabase, toListen] = links
    const { user, database: databaseName } = database.connection
    const url = (link: Link) => `postgresql://${user}@127.0.0.1:${link.port}/${databaseName}`
    const clockFile = join(processes.folder, `clock-${name}`)
    writeFileSync(clockFile, '0')
    return new ChaosInstance(name, processes, links, clockFile, {
      ...settings,
      DATABASE_URL: url(toDatabase),
      DATABASE_LISTEN_URL: url(toListen),
      NODE_OPTIONS: `--import=${clockPreload}`,
      CHAOS_CLOCK_FILE: clockFile,
      CHAOS_CLOCK_RATE: String(rate),
    })
  }

  /** Its address; undefined while no process of it listens. */
  get url(): string | undefined {
    return this.#url
  }

  get process(): Launched | undefined {
    return this.launched.at(-1)
  }

  /**
   * Starts a process, repeatedly until one listens: the service refuses to start while the database
   * is away.
   */
  async start(): Promise<void> {
    while (!this.#isClosed) {
      const launched = this.#processes.launch({ settings: this.#settings })
      this.launched.push(launched)
      this.#isToEnd = false
      try {
        this.#url = await launched.listening
        void launched.ended.then((status) => this.#noteEnd(launched, status))
        return
      } catch {
        this.failedStarts += 1
        await sleep(retryStartMs)
      }
    }
  }

  /** Ends the process, by SIGKILL or SIGTERM. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#isToEnd = true
    this.#url = undefined
    this.process?.signal(signal)
    await this.process?.ended
  }

  /** Ends the process and all links to the database for good, whatever is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.end('SIGKILL')
    for (const link of this.links) await link.close()
  }

  /** Stops the process (SIGSTOP) for a while. */
  async pause(ms: number): Promise<void> {
    this.process?.signal('SIGSTOP')
    await sleep(ms)
    this.process?.signal('SIGCONT')
  }

  setClock(offsetMs: number): void {
    writeFileSync(this.#clockFile, String(offsetMs))
  }

  #noteEnd(launched: Launched, status: number | NodeJS.Signals): void {
    if (this.#isToEnd) return
    this.surprises.push(
      `${this.name} (${launched.pid}) ended by itself: ${status}\n${launched.stderr}`,
    )
    this.#url = undefined
  }
}
