import type { Grantor } from './grant.ts'
import type { RoleRef } from './role-ref.ts'

/** What a caller may do: a key, or a person as a user of an account. */
export interface Rights extends Omit<Grantor, 'unconfirmed'> {
  /** The id of the key or of the person. */
  readonly id: string
  readonly accountId: string
  readonly platform: boolean
  readonly name: string
  readonly role: RoleRef
  /** Effective permissions of both scopes, in order of name. */
  readonly permissions: readonly string[]
}
