import {
  type ChainBreak,
  type ChainFault,
  emptyChain,
  verifyNext,
} from '../../domain/audit/chain-check.ts'
import type { Checkpoint, KeptHead } from '../../domain/audit/checkpoint.ts'
import type { ChainHead } from '../../domain/audit/entry-hash.ts'
import { findHead, listChains, loadAuditLog } from '../../store/audit-log.ts'
import type { ManagementDeps } from '../deps.ts'

/** Events that one statement reads. */
const batchSize = 500

export interface AuditLogReport {
  readonly events: number
  /** Events whose entry hash has no audit key: any writer of the database can compute the hash. */
  readonly unkeyed: number
  /** The first break of each chain that is broken. */
  readonly breaks: readonly ChainBreak[]
  /** The last entry of each chain up to which the chain is intact. */
  readonly heads: readonly KeptHead[]
}

/**
 * Verifies every hash chain from its first event on, and compares it with its stored head and with
 * checkpoints. Events that are appended meanwhile do not disturb the verification.
 */
export async function verifyAuditLog(
  deps: Pick<ManagementDeps, 'db' | 'auditKeys'>,
  checkpoints: readonly Checkpoint[],
): Promise<AuditLogReport> {
  const kept = new Map<string, KeptHead[]>()
  for (const head of checkpoints.flatMap((checkpoint) => checkpoint.heads)) {
    kept.set(head.accountId, [...(kept.get(head.accountId) ?? []), head])
  }
  const breaks: ChainBreak[] = []
  const heads: KeptHead[] = []
  const counts = { events: 0, unkeyed: 0 }
  const accountIds = new Set([...(await listChains(deps.db)), ...kept.keys()])
  for (const accountId of [...accountIds].sort()) {
    const { head, broken } = await walk(deps, accountId, kept.get(accountId) ?? [], counts)
    if (broken !== undefined) breaks.push({ accountId, ...broken })
    if (head.number > 0) heads.push(keep(accountId, head))
  }
  return { ...counts, breaks, heads }
}

interface WalkedChain {
  readonly head: ChainHead
  readonly broken?: { readonly number: number; readonly fault: ChainFault }
}

async function walk(
  deps: Pick<ManagementDeps, 'db' | 'auditKeys'>,
  accountId: string,
  kept: readonly KeptHead[],
  counts: { events: number; unkeyed: number },
): Promise<WalkedChain> {
  // Read first, so that events appended meanwhile come after the stored head.
  const stored = await findHead(deps.db, accountId)
  const expected = stored === undefined ? kept : [...kept, keep(accountId, stored)]
  let state = emptyChain
  for (;;) {
    const events = await loadAuditLog(deps.db, accountId, state.number, batchSize)
    for (const event of events) {
      const step = verifyNext(state, event, deps.auditKeys)
      if (typeof step === 'string') {
        // A missing number comes before the event that was found in its place.
        const number = step === 'missing' ? state.number + 1 : event.number
        return { head: state, broken: { number, fault: step } }
      }
      if (expected.some((head) => contradicts(head, step))) {
        return { head: state, broken: { number: step.number, fault: 'rewritten' } }
      }
      state = step
      counts.events += 1
      if (!step.isKeyed) counts.unkeyed += 1
    }
    if (events.length < batchSize) break
  }
  const furthest = Math.max(0, ...expected.map((head) => head.number))
  if (furthest > state.number || (stored === undefined && state.number > 0)) {
    return { head: state, broken: { number: state.number + 1, fault: 'missing' } }
  }
  return { head: state }
}

function keep(accountId: string, { number, entryHash }: ChainHead): KeptHead {
  return { accountId, number, entryHash: entryHash.toString('hex') }
}

/** Whether a recorded head differs from the event found at its number. */
function contradicts(kept: KeptHead, found: ChainHead): boolean {
  return kept.number === found.number && kept.entryHash !== found.entryHash.toString('hex')
}
