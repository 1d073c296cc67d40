import type { Keys } from './keys.ts'
import { startServer } from './server-process.ts'
import { verifyEach } from './verify-once.ts'

/** Resident bytes of fresh service processes, each before and after verifying every key once. */
export interface MemoryUse {
  readonly startedBytes: readonly number[]
  readonly verifiedBytes: readonly number[]
}

export async function measureMemory(
  databaseUrl: string,
  keys: Keys,
  runs: number,
): Promise<MemoryUse> {
  const use = { startedBytes: [] as number[], verifiedBytes: [] as number[] }
  for (let run = 0; run < runs; run += 1) {
    const server = await startServer({
      script: 'src/main.ts',
      settings: { DATABASE_URL: databaseUrl },
      reportsUsage: true,
    })
    try {
      use.startedBytes.push((await server.usage()).residentBytes)
      await verifyEach(server.url, keys.rootToken, keys.tokens)
      use.verifiedBytes.push((await server.usage()).residentBytes)
    } finally {
      await server.stop()
    }
  }
  return use
}
