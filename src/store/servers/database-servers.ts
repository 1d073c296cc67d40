import type { ClientConfig } from 'pg'
import { type Connection, type DatabaseUrl, parseConnection } from '../database-url.ts'
import { ConnectionError, NoServerError, StandbyError, UnfitDatabaseError } from '../faults.ts'
import type { Log } from '../log.ts'
import { types } from '../types.ts'
import { ClusterRule, refusesWrites } from './cluster-rule.ts'
import { endpointOptions } from './endpoint-options.ts'
import { probeServer } from './probe.ts'
import { resolveWithin } from './resolve-endpoints.ts'
import { searchServers } from './search-servers.ts'
import { type Endpoint, nameOf } from './server-address.ts'

export interface DatabaseServersOptions {
  readonly connection: Connection
  /** How long one connection may take, in milliseconds. */
  readonly connectTimeoutMs: number
  readonly log?: Pick<Log, 'info' | 'warn'> | undefined
  /**
   * How long a server that accepts writes waits for another that was promoted later, in
   * milliseconds. Default: 100.
   */
  readonly graceMs?: number | undefined
}

/**
 * The servers of one database URL, and which of them connections lead to: the primary, as far as it
 * is known. A server at one address is always the one. Several are asked, and the one that was
 * found is kept until a connection to it fails.
 */
export class DatabaseServers {
  readonly #url: DatabaseUrl
  readonly #connectTimeoutMs: number
  readonly #log: Pick<Log, 'info' | 'warn'> | undefined
  readonly #graceMs: number | undefined
  readonly #rule: ClusterRule
  #found: readonly Endpoint[] = []
  #latest: Endpoint
  /** Whether there was a choice when the latest was found. */
  #areSeveral = false
  #limitMs: number
  #search: Promise<void> | undefined
  #logged: string | undefined

  constructor({ connection, connectTimeoutMs, log, graceMs }: DatabaseServersOptions) {
    this.#url = parseConnection(connection)
    this.#connectTimeoutMs = connectTimeoutMs
    this.#limitMs = connectTimeoutMs
    this.#log = log
    this.#graceMs = graceMs
    this.#rule = new ClusterRule(this.#url)
    const [first = { host: 'localhost', port: 5432 }] = this.#url.servers
    this.#latest = { ...first, address: first.host }
  }

  /** The options of `pg` for a new connection, to the server that was chosen last. */
  get options(): ClientConfig {
    return this.#optionsFor(this.#latest, this.#limitMs)
  }

  /** A connection to the server that was found failed, or is to be refused: search again. */
  distrust(): void {
    this.#found = []
  }

  /**
   * Makes a connection by `attempt`, which uses `options`: to the server that was found last and,
   * if that fails and there are others, to the one that a new search finds. Rejects with an error
   * that names the servers and why each of them is not usable.
   */
  async connect<T>(attempt: () => Promise<T>): Promise<T> {
    // Less time for a server that may have become silent, since a search may follow.
    const limitMs = this.#areSeveral ? 0.4 * this.#connectTimeoutMs : this.#connectTimeoutMs
    const known = this.#choose(limitMs)
    if (known !== undefined) {
      try {
        return await attempt()
      } catch (error) {
        if (isPoolFault(error)) throw error
        this.#forget(known)
        if (!this.#areSeveral) throw named(known, error)
      }
    }
    await this.#findOnce()
    const found = this.#choose(this.#connectTimeoutMs) ?? this.#latest
    try {
      return await attempt()
    } catch (error) {
      if (isPoolFault(error)) throw error
      this.#forget(found)
      throw named(found, error)
    }
  }

  /**
   * Whether a server was promoted later than all that were met: then connections to come lead to
   * it. Ask when a commit hangs: a deposed primary never acknowledges it.
   */
  async findsLater(): Promise<boolean> {
    if (!this.#areSeveral) return false
    const { timeline } = this.#rule
    await this.#findOnce().catch(() => undefined)
    return this.#rule.timeline > timeline
  }

  #findOnce(): Promise<void> {
    this.#search ??= this.#find().finally(() => {
      this.#search = undefined
    })
    return this.#search
  }

  /** Chooses a server for the next connection, if one is known. */
  #choose(limitMs: number): Endpoint | undefined {
    const place = this.#url.isBalanced ? Math.floor(Math.random() * this.#found.length) : 0
    const chosen = this.#found[place]
    if (chosen === undefined) return undefined
    this.#latest = chosen
    this.#limitMs = limitMs
    return chosen
  }

  #forget(endpoint: Endpoint): void {
    if (this.#found.includes(endpoint)) this.#found = []
  }

  async #find(): Promise<void> {
    const withinMs = Math.min(
      0.5 * this.#connectTimeoutMs,
      this.#url.connectWithinMs ?? Number.POSITIVE_INFINITY,
    )
    const causes = new Map<string, unknown>()
    const resolved = await Promise.all(
      this.#url.servers.map(async (server) => {
        try {
          return await resolveWithin(server, withinMs)
        } catch (error) {
          causes.set(nameOf({ ...server, address: server.host }), error)
          return []
        }
      }),
    )
    const endpoints = resolved.flat()
    this.#areSeveral = this.#url.servers.length > 1 || endpoints.length > 1
    this.#found = this.#areSeveral ? await this.#ask(endpoints, withinMs, causes) : endpoints
    if (this.#found.length === 0) throw this.#noServer(causes)
    if (this.#areSeveral) this.#logChoice(causes)
  }

  async #ask(
    endpoints: readonly Endpoint[],
    withinMs: number,
    causes: Map<string, unknown>,
  ): Promise<readonly Endpoint[]> {
    const result = await searchServers({
      endpoints,
      probe: (endpoint, signal) =>
        probeServer(this.#optionsFor(endpoint, withinMs), withinMs, signal),
      refusalOf: (report) => this.#rule.refusalOf(report),
      withinMs,
      graceMs: this.#graceMs,
    })
    for (const [endpoint, cause] of result.causes) causes.set(nameOf(endpoint), cause)
    try {
      const chosen = this.#rule.choose(result.found).map(({ endpoint }) => endpoint)
      for (const { endpoint } of result.found) {
        if (!chosen.includes(endpoint)) causes.set(nameOf(endpoint), 'was deposed')
      }
      // In the order of the URL.
      return endpoints.filter((endpoint) => chosen.includes(endpoint))
    } catch (error) {
      const names = result.found.map(({ endpoint }) => nameOf(endpoint))
      throw new NoServerError(
        `Which server to use is unknown: ${names.join(', ')}: ${wordsOf(error)}.`,
      )
    }
  }

  #optionsFor(endpoint: Endpoint, limitMs: number): ClientConfig {
    const { options, connectWithinMs = limitMs } = this.#url
    return {
      ...endpointOptions({ ...options, types }, endpoint),
      connectionTimeoutMillis: Math.min(limitMs, connectWithinMs),
    }
  }

  #noServer(causes: ReadonlyMap<string, unknown>): Error {
    const message = `No server of the database URL accepts writes: ${listOf(causes)}.`
    const all = [...causes.values()]
    return all.every(refusesWrites) ? new StandbyError(message) : new NoServerError(message)
  }

  /** Logs which server was found, and why not the others, once until one of both changes. */
  #logChoice(causes: ReadonlyMap<string, unknown>): void {
    const server = this.#found.map(nameOf).join(', ')
    const others = listOf(causes)
    if (this.#logged === `${server} ${others}`) return
    this.#logged = `${server} ${others}`
    const areStandbys = [...causes.values()].every(refusesWrites)
    const level = areStandbys ? 'info' : 'warn'
    this.#log?.[level]({ server, others }, 'found the database server that accepts writes')
  }
}

function listOf(causes: ReadonlyMap<string, unknown>): string {
  return [...causes].map(([name, cause]) => `${name}: ${wordsOf(cause)}`).join('; ')
}

/** No fault of a server: the pool is full or closed. */
function isPoolFault(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(timeout exceeded when trying to connect|Cannot use a pool after)/.test(error.message)
  )
}

/** Every failure to connect is an outage, whatever its code. */
function named(endpoint: Endpoint, error: unknown): Error {
  if (error instanceof StandbyError) return error
  const message = `${nameOf(endpoint)}: ${wordsOf(error)}`
  return error instanceof UnfitDatabaseError
    ? new UnfitDatabaseError(message)
    : new ConnectionError(error, message)
}

/** A name with several addresses fails with one error for each, inside one without a message. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
