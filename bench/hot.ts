import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Keys } from './keys.ts'
import { type Generator, type Load, writeRequests } from './load/load.ts'
import { type MemoryUse, verifyAllIn } from './memory.ts'
import { alternate, type Contender, type Rounds, type Slice } from './rates.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { askVerdict } from './verify-once.ts'

/** Slices of the floor and of verifications that memory answers, and what it took to fill that memory. */
export interface HotRates {
  readonly floor: readonly Slice[]
  readonly oneKey: readonly Slice[]
  readonly manyKeys: readonly Slice[]
  /** One key, with the freshness protocol taken out. */
  readonly withoutProtocol: readonly Slice[]
  readonly memory: MemoryUse
}

const connections = 32

/** Compares hot verifications, of one key and of all keys in rotation, with the floor. */
export async function measureHot(
  databaseUrl: string,
  keys: Keys,
  rounds: Rounds,
  generator: Generator,
): Promise<HotRates> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-bench-'))
  const servers: ServerProcess[] = []
  const start = async (script: string, settings: Readonly<Record<string, string>>) => {
    const server = await startServer({
      script,
      settings: { DATABASE_URL: databaseUrl, ...settings },
      reportsUsage: true,
    })
    servers.push(server)
    return server
  }
  try {
    const service = await start('src/main.ts', {})
    const memory = await verifyAllIn(service, keys)
    const hotTokens = keys.tokens.slice(0, 1)
    const answer = await askVerdict(service.url, keys.rootToken, hotTokens[0] ?? '')
    const constant = await start('bench/floor.ts', { FLOOR_ANSWER: JSON.stringify(answer) })

    const oneKeyFile = join(folder, 'one-key')
    const manyKeysFile = join(folder, 'many-keys')
    await writeRequests(oneKeyFile, keys.rootToken, hotTokens)
    await writeRequests(manyKeysFile, keys.rootToken, keys.tokens)

    const floor: Contender = {
      name: 'floor',
      server: constant,
      load: loadOf(`${constant.url}/v1/floor`, oneKeyFile),
      verdictsPerRequest: 0,
    }
    const oneKey: Contender = {
      name: 'one hot key',
      server: service,
      load: loadOf(`${service.url}/v1/verify`, oneKeyFile),
      verdictsPerRequest: 2,
    }
    const manyKeys: Contender = {
      ...oneKey,
      name: 'all keys in rotation',
      load: loadOf(`${service.url}/v1/verify`, manyKeysFile),
    }
    const unprotected = await start('bench/without-protocol.ts', {})
    await askVerdict(unprotected.url, keys.rootToken, hotTokens[0] ?? '')
    const withoutProtocol: Contender = {
      ...oneKey,
      name: 'one hot key, no protocol',
      server: unprotected,
      load: loadOf(`${unprotected.url}/v1/verify`, oneKeyFile),
    }
    const contenders = [floor, oneKey, manyKeys, withoutProtocol]
    const slices = await alternate(contenders, rounds, generator)
    return {
      floor: slices.get(floor) ?? [],
      oneKey: slices.get(oneKey) ?? [],
      manyKeys: slices.get(manyKeys) ?? [],
      withoutProtocol: slices.get(withoutProtocol) ?? [],
      memory,
    }
  } finally {
    for (const server of servers) await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function loadOf(url: string, requestsFile: string): Load {
  return { url, requestsFile, connections }
}
