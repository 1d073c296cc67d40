import { type RawBuilder, sql } from 'kysely'
import { type KeyStatus, keyStatuses } from '../domain/key/api-key.ts'
import { expiry } from './paging.ts'

const isUnrevoked = sql`api_key.revoked_at is null`

/** A status, or all statuses but revoked, which share their indexes. Each key is in one group. */
export type Group = KeyStatus | 'unrevoked'

/** The groups that cover the statuses, each with an index for every order. */
export function groupsOf(statuses: readonly KeyStatus[]): Group[] {
  const asked = keyStatuses.filter((status) => statuses.includes(status))
  const unrevoked = asked.filter((status) => status !== 'revoked')
  if (unrevoked.length < keyStatuses.length - 1) return asked
  return asked.includes('revoked') ? ['unrevoked', 'revoked'] : ['unrevoked']
}

/** statusOf in SQL: each status excludes those before it. */
export function groupCondition(group: Group, now: Date): RawBuilder<unknown> {
  const isEnabled = sql`${isUnrevoked} and api_key.disabled_at is null`
  switch (group) {
    case 'unrevoked':
      return isUnrevoked
    case 'revoked':
      return sql`api_key.revoked_at is not null`
    case 'disabled':
      return sql`${isUnrevoked} and api_key.disabled_at is not null`
    case 'expired':
      return sql`${isEnabled} and ${expiry} <= ${now}`
    case 'active':
      return sql`${isEnabled} and ${expiry} > ${now}`
  }
}

/**
 * The part of the condition that an index by expiry can decide, so that a limited read of the index
 * skips nothing.
 */
export function indexedByExpiry(group: Group, now: Date): RawBuilder<unknown> {
  if (group === 'expired') return sql`${isUnrevoked} and ${expiry} <= ${now}`
  if (group === 'active') return sql`${isUnrevoked} and ${expiry} > ${now}`
  return groupCondition(group, now)
}
