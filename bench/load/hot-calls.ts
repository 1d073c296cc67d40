import type { Candidate } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness } from '../harness.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { fromMemory } from '../work.ts'
import { expectedAnswers, verifyRequests } from './load.ts'

/** Single calls over HTTP for tokens that a server has in memory. */
export async function hotCalls(
  name: string,
  harness: Harness,
  server: ServerProcess,
  { rootToken, databaseUrl }: Dataset,
  tokens: readonly string[],
): Promise<Candidate> {
  return {
    name,
    server,
    load: {
      origin: server.url,
      requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
      connections,
      expected: expectedAnswers.good,
    },
    requireWork: fromMemory('valid'),
    databaseUrl,
  }
}
