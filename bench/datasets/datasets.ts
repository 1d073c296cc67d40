import { createEmptyDatabase, type TestDatabase } from '../../test/helpers/database.ts'
import type { Datasets } from '../harness.ts'
import { type Dataset, type DatasetSize, makeDataset } from './dataset.ts'

/** Creates databases on request; `drop` removes those that were created. */
export function createDatasets(
  isQuick: boolean,
  tell: (step: string) => void,
): Datasets & { drop(): Promise<void> } {
  const databases: TestDatabase[] = []
  const made = new Map<number, Promise<Dataset>>()
  const empty = async () => {
    const database = await createEmptyDatabase()
    databases.push(database)
    return database.url
  }
  const make = async (size: DatasetSize) => {
    tell(`making ${size.keys.toLocaleString('en-US')} keys`)
    return makeDataset(await empty(), size)
  }
  const remember = (size: DatasetSize) => {
    const known = made.get(size.keys)
    if (known !== undefined) return known
    const dataset = make(size)
    made.set(size.keys, dataset)
    return dataset
  }
  return {
    empty,
    main: () => remember(isQuick ? mainOfQuick : main),
    ofSize: (keys) => {
      const known = made.get(keys)
      return known ?? remember({ keys, tokens: Math.min(keys / 2, tokensOfSize) })
    },
    besideNeighbour: () => remember(isQuick ? besideNeighbourOfQuick : besideNeighbour),
    async drop() {
      await Promise.allSettled(made.values())
      for (const database of databases) await database.drop()
    },
  }
}

const main: DatasetSize = {
  keys: 101_000,
  tokens: 100_000,
  revocableTokens: 1_000,
  revokedTokens: 100,
  expiredTokens: 100,
}
const besideNeighbour: DatasetSize = { keys: 30_000, tokens: 30_000, neighbourKeys: 120_000 }
const besideNeighbourOfQuick: DatasetSize = { ...besideNeighbour, keys: 6_000, tokens: 6_000 }
const mainOfQuick: DatasetSize = { ...main, keys: 16_000, tokens: 15_000 }
/** Half of a small account at most: of the other half some are revoked and some have expired. */
const tokensOfSize = 20_000
