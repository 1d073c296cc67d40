import cluster, { type Worker } from 'node:cluster'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStream, Logger } from 'pino'
import { AggregatorRegistry } from 'prom-client'
import type { Database } from '../store/database.ts'
import { deleteInstance, hasInstances } from '../store/instances.ts'
import { standardOutput } from './log.ts'
import { createLogOutput } from './log-output.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'
import { passOnLines } from './worker-output.ts'

/** A worker process that dies sooner than this after its start is restarted after a pause. */
const restartPauseMs = 1_000

interface WorkersOptions {
  readonly db: Database
  readonly env: Record<string, string>
  /** How long after the end of a worker one of its edges may still answer from memory. */
  readonly edgesOutliveMs: number
  readonly log: Logger
}

/** The worker processes of a parent: they are started, replaced when they end, and stopped. */
export class Workers {
  readonly #db: Database
  readonly #edgesOutliveMs: number
  readonly #env: Record<string, string>
  readonly #log: Logger
  readonly #metrics = new AggregatorRegistry()
  /** The ids under which each worker is or was registered. */
  readonly #registrations = new Map<number, string[]>()
  /** Pending deletions of the rows of workers that have ended. */
  readonly #deregistering = new Set<Promise<void>>()
  readonly #listening = new Set<Worker>()
  /** What workers write is passed on until these resolve. */
  readonly #outputs = new Set<Promise<unknown>>()
  readonly #errorOutput = createLogOutput(process.stderr)
  #isStopping = false

  constructor({ db, env, edgesOutliveMs, log }: WorkersOptions) {
    this.#db = db
    this.#env = env
    this.#edgesOutliveMs = edgesOutliveMs
    this.#log = log
    cluster.setupPrimary({ stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  /**
   * Starts `count` workers, the first one alone, and resolves with their address. Rejects with the
   * reason when a worker cannot start.
   */
  async start(count: number): Promise<string> {
    const address = await this.#startOne()
    await Promise.all(Array.from({ length: count - 1 }, () => this.#startOne()))
    return address
  }

  /**
   * Lets each worker answer what is in flight; resolves when all workers have ended, what they
   * wrote is passed on, and their rows are deleted. Rejects when a worker did not stop cleanly.
   */
  async stop(): Promise<void> {
    this.#isStopping = true
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    const areClean = await Promise.all(workers.map((worker) => this.#stopOne(worker)))
    await Promise.all([...this.#deregistering, ...this.#outputs])
    if (!areClean.every(Boolean)) throw new Error('A worker process did not stop cleanly.')
  }

  /** Resolves when a worker has ended; with false when requests may have been cut off. */
  async #stopOne(worker: Worker): Promise<boolean> {
    if (worker.isDead()) return true
    const hasServed = this.#listening.has(worker)
    const { promise: ended, resolve } = Promise.withResolvers<number | null>()
    worker.once('exit', resolve)
    worker.process.kill('SIGTERM')
    return (await ended) === 0 || !hasServed
  }

  #startOne(): Promise<string> {
    const worker = cluster.fork(this.#env)
    const startedAt = performance.now()
    const listening = Promise.withResolvers<string>()
    this.#passOn(worker.process.stdout, standardOutput())
    this.#passOn(worker.process.stderr, this.#errorOutput)
    worker.on('error', (err) => this.#onWriteError(worker, err))
    worker.on('message', (message: FromWorker) => {
      switch (message?.kind) {
        case 'registered':
          return this.#recordRegistration(worker, message.id)
        case 'metrics_requested':
          return void this.#answerMetrics(worker, message.requestId)
        case 'listening':
          this.#listening.add(worker)
          return listening.resolve(message.address)
        case 'cannot_start':
          return listening.reject(new Error(message.reason))
      }
    })
    worker.once('exit', (code, signal) => {
      this.#listening.delete(worker)
      listening.reject(new Error(`A worker process ended before it listened (${signal ?? code}).`))
      this.#replace(worker, performance.now() - startedAt).catch((error: unknown) => {
        if (this.#isStopping) return
        this.#log.error({ err: error }, 'failed to replace a worker process')
      })
    })
    return listening.promise
  }

  #passOn(from: Readable | null, to: DestinationStream): void {
    // A worker that could not be created has no outputs.
    if (from === null) return
    const passed = passOnLines(from, to).catch((error: unknown) =>
      this.#log.warn({ err: error }, 'failed to read what a worker process writes'),
    )
    this.#outputs.add(passed)
    void passed.finally(() => this.#outputs.delete(passed))
  }

  /**
   * What is written to a worker that has just ended, a connection or an answer, fails with EPIPE
   * before the parent knows that it has ended. 'exit' reports that, but for a worker that could not
   * be created.
   */
  #onWriteError(worker: Worker, err: Error): void {
    if (worker.process.pid === undefined) throw err
    this.#log.debug({ err, pid: worker.process.pid }, 'failed to write to a worker process')
  }

  #recordRegistration(worker: Worker, id: string): void {
    this.#registrations.set(worker.id, [...(this.#registrations.get(worker.id) ?? []), id])
  }

  async #replace(worker: Worker, livedMs: number): Promise<void> {
    const deregistering = this.#deregister(worker)
    this.#deregistering.add(deregistering)
    void deregistering.finally(() => this.#deregistering.delete(deregistering))
    // The replacement answers by reading the database while edges of this worker may live.
    if (this.#edgesOutliveMs === 0) await deregistering
    if (this.#isStopping) return
    this.#log.error({ pid: worker.process.pid }, 'a worker process ended; starting a replacement')
    if (livedMs < restartPauseMs) await sleep(restartPauseMs)
    if (!this.#isStopping) await this.#startOne()
  }

  /**
   * A process that has ended answers nothing any more, and its edges answer nothing once their
   * leases have ended: its rows need not wait to be evicted. Whether it had edges is not asked,
   * since the word of it may be lost with the process.
   */
  async #deregister(worker: Worker): Promise<void> {
    const ids = this.#registrations.get(worker.id) ?? []
    this.#registrations.delete(worker.id)
    if (this.#edgesOutliveMs > 0) {
      const isLeft = await hasInstances(this.#db, ids).catch(() => true)
      if (!isLeft) return
      await sleep(this.#edgesOutliveMs)
    }
    for (const id of ids) {
      await deleteInstance(this.#db, id).catch((error: unknown) =>
        this.#log.warn(
          { err: error, instance: id },
          'failed to deregister the instance of a worker process',
        ),
      )
    }
  }

  /** A worker that has just ended, or is too busy, lets the collection fail after 5 seconds. */
  async #answerMetrics(worker: Worker, requestId: number): Promise<void> {
    const text = await this.#metrics.clusterMetrics().catch((error: unknown) => {
      this.#log.warn({ err: error }, 'failed to collect the metrics of all worker processes')
      return undefined
    })
    const answer: ToWorker = { kind: 'metrics', requestId, ...(text !== undefined && { text }) }
    if (worker.isConnected()) worker.send(answer)
  }
}
