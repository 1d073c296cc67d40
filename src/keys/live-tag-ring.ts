import type { TagKey } from '../domain/tag.ts'
import type { Database } from '../store/database.ts'
import { findTagRing, type TagRing } from '../store/tag-keys.ts'

/** The ring of tag keys as this instance knows it. The change feed has it read again when it changed. */
export class LiveTagRing implements TagRing {
  readonly #db: Database
  #ring: TagRing

  private constructor(db: Database, ring: TagRing) {
    this.#db = db
    this.#ring = ring
  }

  /** Throws an Error when the database has no tag key that signs. */
  static async open(db: Database): Promise<LiveTagRing> {
    return new LiveTagRing(db, await readRing(db))
  }

  static of(db: Database, ring: TagRing): LiveTagRing {
    return new LiveTagRing(db, ring)
  }

  get keys(): readonly TagKey[] {
    return this.#ring.keys
  }

  get signing(): TagKey {
    return this.#ring.signing
  }

  async reload(): Promise<void> {
    this.#ring = await readRing(this.#db)
  }
}

async function readRing(db: Database): Promise<TagRing> {
  const ring = await findTagRing(db)
  if (ring === undefined) throw new Error('The database has no tag key that signs.')
  return ring
}
