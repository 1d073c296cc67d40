import type { TagKey } from '../domain/token/tag.ts'
import type { CurrentReads } from '../freshness/current-reads.ts'
import type { Executor } from '../store/database.ts'
import { findTagKeys, type StoredTagKeys } from '../store/tag-keys.ts'
import { BatchLoader } from './batch-loader.ts'

/** The tag keyring as this instance knows it. The change feed reloads it when it has changed. */
export class TagKeyring implements StoredTagKeys {
  readonly #loader: BatchLoader<null, StoredTagKeys>
  #keyring: StoredTagKeys

  private constructor(currentReads: CurrentReads, keyring: StoredTagKeys) {
    this.#keyring = keyring
    this.#loader = new BatchLoader({
      keyOf: () => '',
      maxWaiting: 1,
      load: async () => {
        this.#keyring = await currentReads.read(loadKeyring)
        return new Map()
      },
    })
  }

  /** Throws an Error when the database has no signing tag key. */
  static async open(currentReads: CurrentReads): Promise<TagKeyring> {
    return new TagKeyring(currentReads, await currentReads.read(loadKeyring))
  }

  get keys(): readonly TagKey[] {
    return this.#keyring.keys
  }

  get signing(): TagKey {
    return this.#keyring.signing
  }

  /**
   * Reloads the keyring by a statement sent from now on, which concurrent callers share: a flood of
   * forged tokens past the lease costs one statement at a time, and an older keyring never replaces
   * a newer one.
   */
  async reload(): Promise<void> {
    await this.#loader.load(null)
  }
}

async function loadKeyring(db: Executor): Promise<StoredTagKeys> {
  const keyring = await findTagKeys(db)
  if (keyring === undefined) throw new Error('The database has no tag key that signs.')
  return keyring
}
