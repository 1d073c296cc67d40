import { caselessSkeletonOf } from './name-skeleton.ts'
import type { Catalogue } from './permission.ts'
import type { RoleRef } from './role-ref.ts'

/** Apart, so that clients share it without the rules of roles. */
export type { RoleRef } from './role-ref.ts'

/** A named set of permissions of one account; built in, or the account's own. */
export interface Role extends RoleRef {
  readonly accountId: string
  readonly description: string
  /** As the caller chose them, in order of name. */
  readonly permissions: readonly string[]
  readonly builtIn: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export const builtInRoleNames = ['admin', 'developer', 'viewer', 'verifier'] as const
export type BuiltInRoleName = (typeof builtInRoleNames)[number]

export interface BuiltInRole {
  readonly name: BuiltInRoleName
  readonly description: string
  readonly permissions: readonly string[]
}

/**
 * The built-in roles of an account, from the catalogue. Only the platform account has the
 * verifier's.
 */
export function builtInRoles(catalogue: Catalogue, platform: boolean): readonly BuiltInRole[] {
  const ofAccounts = catalogue.filter((entry) => entry.scope === 'account')
  const namesOf = (entries: Catalogue) => entries.map((entry) => entry.name).sort()
  const roles: BuiltInRole[] = [
    {
      name: 'admin',
      description: platform
        ? 'Everything, in every account.'
        : 'Everything, the management of keys, users and billing included.',
      permissions: namesOf(platform ? catalogue : ofAccounts),
    },
    {
      name: 'developer',
      description: 'Everything on clusters and backups; no user, billing or key management.',
      permissions: namesOf(ofAccounts.filter((entry) => entry.roles.includes('developer'))),
    },
    {
      name: 'viewer',
      description: 'Sees everything and changes nothing.',
      permissions: namesOf(ofAccounts.filter((entry) => entry.roles.includes('viewer'))),
    },
  ]
  if (!platform) return roles
  return [
    ...roles,
    {
      name: 'verifier',
      description: 'For the services that ask whether a token is good.',
      permissions: ['api_key:verify'],
    },
  ]
}

/** The built-in role that a name resembles without being its name, in any case. */
export function builtInRoleLike(name: string): BuiltInRoleName | undefined {
  const skeleton = caselessSkeletonOf(name)
  const like = builtInRoleNames.find((builtIn) => caselessSkeletonOf(builtIn) === skeleton)
  return like === foldRoleName(name) ? undefined : like
}

/** Role names are unique within their account, case-insensitively. */
export function foldRoleName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}
