import { act } from '../acts/act.ts'
import type { ActDeps } from '../acts/deps.ts'
import { newId } from '../acts/ids.ts'
import type { AuditAction, AuditDraft } from '../domain/audit/audit-event.ts'
import { system } from '../domain/principal.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { ManagementDeps } from '../management/deps.ts'
import { requirePlatformId } from '../store/accounts.ts'
import type { StoreTransaction } from '../store/database.ts'
import { insertTagKey, lockTagKeys, makeSigning, retireTagKeys } from '../store/tag-keys.ts'

/** The size of the tag keyring: each key costs a forged token one more HMAC. */
export const maxTagKeys = 8

/** By then every issue that was under way when a key stopped signing is committed. */
const settlingMs = 60 * 60 * 1000

/**
 * Creates a tag key and signs new tokens with it. The key is first published for verification only,
 * and signs once every live instance has loaded it, so that no valid new token is ever `not_found`.
 * Old keys stay in the keyring while a live credential uses them. An interrupted rotation is
 * resumed with the same key.
 *
 * Waits at most `waitMs` milliseconds for the instances. Throws an Error when the keyring is full,
 * or when the wait is over.
 */
export async function rotateTagKey(
  deps: ActDeps & Pick<ManagementDeps, 'receipts'>,
  waitMs: number,
): Promise<{ readonly id: string }> {
  const published = await act(deps, system, {}, async ({ trx, changed }) => {
    changed({ kind: 'tag_key' })
    const { id, isNew } = await publish(deps, trx)
    return { result: id, events: isNew ? [await tagKeyEvent(trx, 'tag_key.published', id)] : [] }
  })
  await requireComplete(deps, published.committed, waitMs)
  const id = published.result
  await act(deps, system, {}, async ({ trx, changed }) => {
    await makeSigning(trx, id)
    changed({ kind: 'tag_key' })
    return { result: undefined, events: [await tagKeyEvent(trx, 'tag_key.rotated', id)] }
  })
  return { id }
}

/** The key that is to sign: that of an interrupted rotation, or a new one. */
async function publish(
  deps: ActDeps,
  trx: StoreTransaction,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const now = deps.now()
  const before = await lockTagKeys(trx)
  await retireTagKeys(trx, settlingMs)
  const keyring = await lockTagKeys(trx)
  const signing = before.find((key) => key.signs)
  const leftOver = keyring.find((key) => signing !== undefined && key.createdAt > signing.createdAt)
  if (leftOver !== undefined) return { id: leftOver.id, isNew: false }
  if (keyring.length >= maxTagKeys) {
    throw new Error(
      `No tag key can be added: keys that are neither revoked nor expired use all ${maxTagKeys} tag keys.`,
    )
  }
  const id = newId(deps)
  await insertTagKey(trx, { id, key: deps.randomBytes(32), signs: false, now })
  return { id, isNew: true }
}

/**
 * The keyring belongs to the deployment: its events are in the audit log of the platform account.
 */
async function tagKeyEvent(
  trx: StoreTransaction,
  action: AuditAction,
  id: string,
): Promise<AuditDraft> {
  return {
    accountId: await requirePlatformId(trx),
    action,
    resource: { type: 'tag_key', id, name: null },
    before: null,
    after: { signs: action === 'tag_key.rotated' },
  }
}

async function requireComplete(
  deps: Pick<ManagementDeps, 'receipts'>,
  committed: RevisionRef | undefined,
  waitMs: number,
): Promise<void> {
  const receipt = committed && (await deps.receipts.waitFor(committed, waitMs))
  if (receipt?.state === 'complete') return
  throw new Error(
    'Not every instance has the new tag key yet, so the previous tag key still signs. Run the command again.',
  )
}
