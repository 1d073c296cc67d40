import { LRUCache } from 'lru-cache'
import type { RoleRef } from '../../domain/role.ts'

/** More roles or accounts than these are remembered twice. */
const maxRemembered = 10_000
const roles = new LRUCache<string, RoleRef>({ max: maxRemembered })
const accountIds = new LRUCache<string, string>({ max: maxRemembered })

/*
 * The driver makes every text of every row anew. What the keys of a role or of an account have in common
 * is one value for all of them: a cached key takes less, and a verification finds it where the one before
 * it did.
 */

export function sharedRole(id: string, name: string): RoleRef {
  const text = `${id} ${name}`
  const known = roles.get(text)
  if (known !== undefined) return known
  const role = { id, name }
  roles.set(text, role)
  return role
}

export function sharedAccountId(id: string): string {
  const known = accountIds.get(id)
  if (known !== undefined) return known
  accountIds.set(id, id)
  return id
}
