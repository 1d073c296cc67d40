import { EMPTY_ADDRESS_SET } from '../../src/domain/network/address-set.ts'
import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import type { KeyFacts } from '../../src/domain/verdict.ts'

/** The keys of every schedule. No event ever narrows the last key: it is never denied. */
export const keys = [
  { id: '00000000-0000-4000-8000-000000000000', accountId: 'account-a' },
  { id: '00000000-0000-4000-8000-000000000001', accountId: 'account-a' },
  { id: '00000000-0000-4000-8000-000000000002', accountId: 'account-b' },
  { id: '00000000-0000-4000-8000-000000000003', accountId: 'account-c' },
] as const

/** The number of keys that are revoked, disabled and edited. */
export const narrowed = keys.length - 1

/** What acts change of a key. `version` stands for its role and lists. */
export interface KeyState {
  readonly revokedAt: Date | null
  readonly disabledAt: Date | null
  readonly version: number
}

export interface KeyRow {
  readonly state: KeyState
  readonly facts: KeyFacts
  /** The revision that changed the key last. */
  readonly changed: RevisionRef | undefined
}

export function newKey(name: { readonly id: string; readonly accountId: string }): KeyRow {
  const state = { revokedAt: null, disabledAt: null, version: 1 }
  return { state, facts: factsOf(name, state), changed: undefined }
}

export function withState(row: KeyRow, state: KeyState, changed: RevisionRef): KeyRow {
  return { state, facts: factsOf(row.facts, state), changed }
}

function factsOf(
  name: { readonly id: string; readonly accountId: string },
  state: KeyState,
): KeyFacts {
  return {
    id: name.id,
    accountId: name.accountId,
    platform: false,
    name: name.id,
    role: { id: 'role', name: 'role' },
    permissions: [],
    holds: new Set(),
    reach: 'anywhere',
    allowListIds: [],
    addresses: EMPTY_ADDRESS_SET,
    generation: state.version,
    issuedAt: new Date(0),
    issuedFor: null,
    expiresAt: null,
    expiresAtText: null,
    disabledAt: state.disabledAt,
    revokedAt: state.revokedAt,
    released: false,
    endedAt: null,
    endsAt: null,
  }
}
