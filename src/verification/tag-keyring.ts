import type { TagKey } from '../domain/token/tag.ts'
import type { CurrentReads } from '../freshness/current-reads.ts'
import type { Executor } from '../store/database.ts'
import { findTagRing, type TagRing } from '../store/tag-keys.ts'
import { BatchReader } from './batch-loader.ts'

/** The ring of tag keys as this instance knows it. The change feed has it read again when it changed. */
export class LiveTagRing implements TagRing {
  readonly #reader: BatchReader<null, TagRing>
  #ring: TagRing

  private constructor(currentReads: CurrentReads, ring: TagRing) {
    this.#ring = ring
    this.#reader = new BatchReader({
      keyOf: () => '',
      maxWaiting: 1,
      read: async () => {
        this.#ring = await currentReads.read(readRing)
        return new Map()
      },
    })
  }

  /** Throws an Error when the database has no tag key that signs. */
  static async open(currentReads: CurrentReads): Promise<LiveTagRing> {
    return new LiveTagRing(currentReads, await currentReads.read(readRing))
  }

  get keys(): readonly TagKey[] {
    return this.#ring.keys
  }

  get signing(): TagKey {
    return this.#ring.signing
  }

  /**
   * Reads the ring by a statement sent from now on, which all share who ask meanwhile: a flood of
   * forged tokens past the lease costs one statement at a time, and no older ring replaces a newer one.
   */
  async reload(): Promise<void> {
    await this.#reader.read(null)
  }
}

async function readRing(db: Executor): Promise<TagRing> {
  const ring = await findTagRing(db)
  if (ring === undefined) throw new Error('The database has no tag key that signs.')
  return ring
}
