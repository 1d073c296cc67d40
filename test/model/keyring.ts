import type { TagKey } from '../../src/domain/token/tag.ts'
import { BatchLoads } from './batch-loads.ts'
import type { Reads } from './reads.ts'
import { tagKeys } from './tokens.ts'

/**
 * The ring of tag keys as one instance has it in memory, loaded by the same rules as in TagKeyring.
 */
export class SimulatedKeyring {
  readonly #loads: BatchLoads<number>
  #count = 1

  constructor(reads: Reads) {
    this.#loads = new BatchLoads((done) =>
      reads.read(
        (db) => (db.isStandby ? undefined : db.tagKeyCount),
        (count) => {
          this.#count = count ?? this.#count
          done(count)
        },
      ),
    )
  }

  get keys(): readonly TagKey[] {
    return tagKeys.slice(0, this.#count)
  }

  reload(done: (isLoaded: boolean) => void): void {
    this.#loads.load((count) => done(count !== undefined))
  }
}
