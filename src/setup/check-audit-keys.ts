import type { ActDeps } from '../acts/deps.ts'
import { verifyNext } from '../domain/audit/chain-check.ts'
import { genesisHash } from '../domain/audit/entry-hash.ts'
import { findPlatformAccount } from '../store/accounts.ts'
import { findHead, loadAuditLog } from '../store/audit-log.ts'

/**
 * Checks the configured audit keys against the last event of the platform's chain: with a wrong or
 * missing key, the service would append entry hashes that nobody can verify. Throws an Error that
 * says so.
 */
export async function checkAuditKeys(deps: Pick<ActDeps, 'db' | 'auditKeys'>): Promise<void> {
  const { db, auditKeys } = deps
  const platform = await findPlatformAccount(db)
  const head = platform && (await findHead(db, platform.id))
  if (platform === undefined || head === undefined || head.number === 0) return
  const [before, last] = await loadAuditLog(db, platform.id, head.number - 2, 2)
  const event = head.number === 1 ? before : last
  if (event === undefined) return
  const previous = {
    number: event.number - 1,
    entryHash: head.number === 1 ? genesisHash : (before?.entryHash ?? genesisHash),
    isKeyed: false,
  }
  const step = verifyNext(previous, event, auditKeys)
  if (step === 'unknown_key') {
    throw new Error('AUDIT_KEY_FILE lacks the key of the latest audit log entries.')
  }
  if (step === 'link_differs' && auditKeys.current !== undefined) {
    throw new Error(
      'AUDIT_KEY_FILE lacks the key of the latest audit log entries, or the audit log was altered. Run `npm run admin -- audit-verify`.',
    )
  }
}
