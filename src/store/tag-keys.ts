import { deriveTagKey, type TagKey } from '../domain/tag.ts'
import type { Executor, StoreTransaction } from './database.ts'

/** The tag keys of this deployment: one signs new tokens, all verify. */
export interface TagRing {
  readonly keys: readonly TagKey[]
  readonly signing: TagKey
}

/** Reads the ring. Undefined before the first start has made a tag key. */
export async function findTagRing(db: Executor): Promise<TagRing | undefined> {
  const rows = await db
    .selectFrom('tag_key')
    .select(['id', 'key', 'signs'])
    .orderBy('created_at', 'desc')
    .execute()
  const keys = rows.map((row) => deriveTagKey(row.id, row.key))
  const signing = keys[rows.findIndex((row) => row.signs)]
  return signing && { keys, signing }
}

export async function insertTagKey(
  trx: StoreTransaction,
  tagKey: { readonly id: string; readonly key: Buffer; readonly now: Date },
): Promise<void> {
  await trx
    .insertInto('tag_key')
    .values({ id: tagKey.id, key: tagKey.key, signs: true, created_at: tagKey.now })
    .execute()
}
