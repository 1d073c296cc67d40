import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Rounds } from './benchmark.ts'
import type { Dataset } from './datasets/dataset.ts'
import { type Requests, writeRequests } from './load/load.ts'
import { drawZipf } from './load/zipf.ts'
import { type ServerOptions, type ServerProcess, startServer } from './servers/server-process.ts'

/** What a scenario needs: servers and files, which are removed when the scenario is over. */
export interface Harness {
  readonly rounds: Rounds
  readonly isQuick: boolean
  readonly soakMinutes: number
  readonly datasets: Datasets
  /** For files that the scenario writes itself. */
  readonly folder: string
  tell(step: string): void
  start(options: ServerOptions): Promise<ServerProcess>
  /** Registers a server that was started elsewhere, to be stopped at the end. */
  adopt(server: ServerProcess): void
  /** The service on the database of a dataset. */
  startService(
    dataset: Dataset,
    settings?: Readonly<Record<string, string>>,
  ): Promise<ServerProcess>
  /** An edge of a service, by its settings; its health is on a port. */
  startEdge(settings: Readonly<Record<string, string>>): Promise<ServerProcess>
  /** Resolves with the name of the file. */
  writeRequests(requests: Requests): Promise<string>
  /** Writes a Zipf mix of so many requests. Resolves with the name of the file. */
  writeZipf(requests: number): Promise<string>
}

/** Databases that scenarios share, each created on first use. */
export interface Datasets {
  /** The dataset of most scenarios: as many tokens as keys. */
  main(): Promise<Dataset>
  /** A dataset with an account of so many keys. */
  ofSize(keys: number): Promise<Dataset>
  /** A dataset whose neighbour has 120,000 keys. */
  besideNeighbour(): Promise<Dataset>
  /** The URL of an empty database. */
  empty(): Promise<string>
}

export const connections = 32

const zipfDraws = 200_000

/** Runs `act` with a harness of its own. */
export async function withHarness<T>(
  given: Pick<Harness, 'rounds' | 'isQuick' | 'soakMinutes' | 'datasets' | 'tell'>,
  act: (harness: Harness) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-bench-'))
  const servers: ServerProcess[] = []
  let files = 0
  const nextFile = () => {
    files += 1
    return join(folder, String(files))
  }
  const start = async (options: ServerOptions) => {
    const server = await startServer(options)
    servers.push(server)
    return server
  }
  const harness: Harness = {
    ...given,
    folder,
    start,
    adopt: (server) => servers.push(server),
    startService: ({ databaseUrl }, settings) =>
      start({ script: 'src/main.ts', settings: { DATABASE_URL: databaseUrl, ...settings } }),
    startEdge: (settings) =>
      start({
        script: 'src/main.ts',
        portSetting: 'OPERATIONS_PORT',
        readyPath: '/readyz',
        settings,
      }),
    async writeRequests(requests) {
      const file = nextFile()
      await writeRequests(file, requests)
      return file
    },
    async writeZipf(requests) {
      const file = nextFile()
      await writeFile(file, drawZipf(requests, zipfDraws, Math.random).join('\n'))
      return file
    },
  }
  try {
    const result = await act(harness)
    for (const server of servers) await server.stop()
    return result
  } finally {
    // Servers still run only because something failed, and the caller gets that failure.
    await Promise.allSettled(servers.map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}
