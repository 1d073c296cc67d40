import type { Keys } from './keys.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { verifyEach } from './verify-once.ts'

/** Resident bytes of a fresh service process, before and after it verified every key once. */
export interface MemoryUse {
  readonly startedBytes: number
  readonly verifiedBytes: number
}

/** Measures fresh processes, one after the other. */
export async function measureMemory(
  databaseUrl: string,
  keys: Keys,
  runs: number,
): Promise<MemoryUse[]> {
  const uses: MemoryUse[] = []
  for (let run = 0; run < runs; run += 1) {
    const settings = { DATABASE_URL: databaseUrl }
    const server = await startServer({ script: 'src/main.ts', settings, reportsUsage: true })
    try {
      uses.push(await verifyAllIn(server, keys))
    } finally {
      await server.stop()
    }
  }
  return uses
}

/** Has a service that was just started verify every key once. */
export async function verifyAllIn(server: ServerProcess, keys: Keys): Promise<MemoryUse> {
  const started = await server.usage()
  await verifyEach(server.url, keys.rootToken, keys.tokens)
  const verified = await server.usage()
  return { startedBytes: started.residentBytes, verifiedBytes: verified.residentBytes }
}
