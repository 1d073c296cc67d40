import { LRUCache } from 'lru-cache'
import type { RoleRef } from '../../domain/role.ts'

/** Beyond this many roles or accounts, a value may be held twice. */
const maxRemembered = 10_000
const roles = new LRUCache<string, RoleRef>({ max: maxRemembered })
const accountIds = new LRUCache<string, string>({ max: maxRemembered })

/**
 * The shared copy of a role. The driver allocates every text of every row, and the keys of a role
 * hold equal ones: shared, a cached key takes less memory, and the text is warm in the processor's
 * cache.
 */
export function internRole(id: string, name: string): RoleRef {
  const text = `${id} ${name}`
  const known = roles.get(text)
  if (known !== undefined) return known
  const role = { id, name }
  roles.set(text, role)
  return role
}

/** The shared copy of an account's id. */
export function internAccountId(id: string): string {
  const known = accountIds.get(id)
  if (known !== undefined) return known
  accountIds.set(id, id)
  return id
}
