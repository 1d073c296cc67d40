import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientConfig } from 'pg'
import { freePort } from '../helpers/free-port.ts'
import { killWithParent } from './kill-with-parent.ts'
import { type Account, ownFolder, type Program, postgresPrograms, startProgram } from './program.ts'

export interface Timeouts {
  readonly ttl: number
  readonly loopWait: number
  readonly retryTimeout: number
}

export interface NodeOptions {
  readonly name: string
  readonly folder: string
  readonly account: Account | undefined
  readonly etcdPort: number
  readonly timeouts: Timeouts
}

/** A PostgreSQL under Patroni, in strict synchronous mode: it commits what a standby has too. */
export class PatroniNode {
  readonly name: string
  readonly port: number
  readonly restPort: number
  readonly #dataDir: string
  readonly #patroni: Program
  readonly #guard: { end(): void }

  private constructor(
    name: string,
    ports: readonly [port: number, restPort: number],
    dataDir: string,
    patroni: Program,
  ) {
    this.name = name
    this.port = ports[0]
    this.restPort = ports[1]
    this.#dataDir = dataDir
    this.#patroni = patroni
    this.#guard = killWithParent(join(dataDir, 'postmaster.pid'))
  }

  static async start(options: NodeOptions): Promise<PatroniNode> {
    const { name, account } = options
    const folder = await ownFolder(options.folder, name, account)
    const ports = [await freePort(), await freePort()] as const
    const config = join(folder, 'patroni.json')
    // YAML is a superset of JSON.
    const content = JSON.stringify(configOf(options, folder, ports, await postgresPrograms()))
    await writeFile(config, content, { mode: 0o644 })
    const patroni = startProgram(process.env.PATRONI ?? '/usr/bin/patroni', [config], account)
    return new PatroniNode(name, ports, join(folder, 'data'), patroni)
  }

  get connection(): ClientConfig {
    return { host: '127.0.0.1', port: this.port, user: 'postgres', database: 'postgres' }
  }

  log(): string {
    return this.#patroni.log()
  }

  async isLeader(): Promise<boolean> {
    return this.#answers('/leader')
  }

  async isSynchronousStandby(): Promise<boolean> {
    return this.#answers('/synchronous')
  }

  /** As a loss of power does: Patroni and every process of PostgreSQL. */
  async kill(): Promise<void> {
    await this.#signalAll('SIGKILL')
  }

  async freeze(): Promise<void> {
    await this.#signalAll('SIGSTOP')
  }

  async thaw(): Promise<void> {
    await this.#signalAll('SIGCONT')
  }

  /** PostgreSQL goes on. */
  async killPatroni(): Promise<void> {
    await this.#patroni.end()
  }

  async stop(): Promise<void> {
    await this.thaw()
    await this.kill()
    await this.#patroni.end()
    this.#guard.end()
  }

  async #answers(path: string): Promise<boolean> {
    const signal = AbortSignal.timeout(2_000)
    const asked = fetch(`http://127.0.0.1:${this.restPort}${path}`, { signal })
    return asked.then(
      ({ status }) => status === 200,
      () => false,
    )
  }

  async #signalAll(name: NodeJS.Signals): Promise<void> {
    this.#patroni.signal(name)
    const text = await readFile(join(this.#dataDir, 'postmaster.pid'), 'utf8').catch(() => '')
    const first = Number.parseInt(text, 10)
    if (Number.isNaN(first)) return
    const children = await readFile(`/proc/${first}/task/${first}/children`, 'utf8').catch(() => '')
    for (const pid of [first, ...children.split(' ').filter(Boolean).map(Number)]) {
      try {
        process.kill(pid, name)
      } catch {
        // It has ended by itself meanwhile.
      }
    }
  }
}

function configOf(
  { name, etcdPort, timeouts }: NodeOptions,
  folder: string,
  [port, restPort]: readonly [number, number],
  programs: string,
): object {
  const address = `127.0.0.1:${port}`
  const user = { username: 'postgres' }
  const { ttl, loopWait, retryTimeout } = timeouts
  return {
    scope: 'ha',
    name,
    restapi: { listen: `127.0.0.1:${restPort}`, connect_address: `127.0.0.1:${restPort}` },
    etcd3: { hosts: `127.0.0.1:${etcdPort}` },
    bootstrap: {
      dcs: {
        ttl,
        loop_wait: loopWait,
        retry_timeout: retryTimeout,
        synchronous_mode: true,
        // Otherwise a primary without a standby acknowledges alone, and what it acknowledged may be
        // lost.
        synchronous_mode_strict: true,
        postgresql: {
          use_pg_rewind: true,
          parameters: { wal_log_hints: 'on', max_connections: 300, shared_buffers: '32MB' },
        },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, { auth: 'trust' }],
      pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
    },
    postgresql: {
      listen: address,
      connect_address: address,
      data_dir: join(folder, 'data'),
      bin_dir: programs,
      authentication: { superuser: user, replication: user, rewind: user },
      parameters: { unix_socket_directories: folder },
    },
  }
}
