import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { isAlive, type Launched, type LaunchOptions, type Processes } from '../helpers/process.ts'
import type { Link } from './link.ts'

const retryStartMs = 300
const clockPreload = pathToFileURL(join(import.meta.dirname, 'shifted-clock.ts')).href

/** Something that verifies tokens, at an address that it has while it listens. */
export interface Acceptor {
  readonly name: string
  readonly url: string | undefined
}

export interface ChaosProcessOptions {
  readonly name: string
  /** How fast its monotonic clock runs. */
  readonly rate: number
  readonly processes: Processes
  /** What its connections lead through. */
  readonly links: readonly Link[]
  readonly launch: LaunchOptions
}

/** A program that is killed, stopped and restarted, under one name however often it is. */
export class ChaosProcess implements Acceptor {
  readonly name: string
  readonly links: readonly Link[]
  readonly #processes: Processes
  readonly #launch: LaunchOptions
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
  /** Raised by each start and each end: what an earlier one began is over. */
  #turn = 0

  constructor({ name, rate, processes, links, launch }: ChaosProcessOptions) {
    this.name = name
    this.links = links
    this.#processes = processes
    this.#clockFile = join(processes.folder, `clock-${name}`)
    writeFileSync(this.#clockFile, '0')
    this.#launch = {
      ...launch,
      settings: {
        ...launch.settings,
        NODE_OPTIONS: `--import=${clockPreload}`,
        CHAOS_CLOCK_FILE: this.#clockFile,
        CHAOS_CLOCK_RATE: String(rate),
      },
    }
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
   * is away. An end during that ends it: with a start after it, two would start processes in turns,
   * of which one finds its port taken by that of the other, for ever.
   */
  async start(): Promise<void> {
    this.#turn += 1
    const turn = this.#turn
    while (!this.#isClosed && turn === this.#turn) {
      const launched = this.#processes.launch(this.#launch)
      this.launched.push(launched)
      this.#isToEnd = false
      try {
        const url = await launched.listening
        if (turn === this.#turn) this.#url = url
        void launched.ended.then((status) => this.#noteEnd(launched, status))
        return
      } catch {
        if (turn !== this.#turn) return
        this.failedStarts += 1
        await sleep(retryStartMs)
      }
    }
  }

  /** Ends the process, by SIGKILL or SIGTERM. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#turn += 1
    this.#isToEnd = true
    this.#url = undefined
    this.process?.signal(signal)
    await this.process?.ended
  }

  /**
   * Kills one of its workers, if it has any; the process itself goes on. A start whose first worker
   * is killed is refused, and on a busy machine would be for ever.
   */
  async killWorker(): Promise<void> {
    if (this.process === undefined || this.#url === undefined) return
    const [worker] = await this.#processes.childrenOf(this.process.pid)
    // It may have ended since.
    if (worker !== undefined && isAlive(worker)) process.kill(worker, 'SIGKILL')
  }

  /** Ends the process and all its links for good, whatever is under way. */
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
    if (this.#isToEnd || launched !== this.process) return
    this.#url = undefined
    // Its first worker listened, and the database went away before the others had started.
    if (launched.stderr.includes('aeon-keys cannot start.')) {
      this.failedStarts += 1
      void this.start()
      return
    }
    this.surprises.push(
      `${this.name} (${launched.pid}) ended by itself: ${status}\n${launched.stderr}`,
    )
  }
}
