import { hash } from 'node:crypto'
import type { Account } from '../domain/account.ts'
import type { ApiKey } from '../domain/key/api-key.ts'
import type { AllowList } from '../domain/network/allow-list.ts'
import type { Role } from '../domain/role.ts'

/** Something that If-Match guards: what messages call it, and what tells its versions apart. */
export interface Versioned<T> {
  readonly name: 'account' | 'key' | 'role' | 'allow list'
  /** Whether an update must name the version that it changes. */
  readonly isRequired: boolean
  /** Without `"` and `-`. */
  readonly versionOf: (value: T) => string
}

export const versionedKey: Versioned<Pick<ApiKey, 'lastChange'>> = {
  name: 'key',
  isRequired: true,
  // After a restore, a revision may name another change, which has another id.
  versionOf: ({ lastChange }) =>
    lastChange === null ? '0' : `${lastChange.revision}.${lastChange.id.slice(0, 8)}`,
}

/** By what an update may change: the keys that have the role, and their number, are none of it. */
export const versionedRole: Versioned<Pick<Role, 'name' | 'description' | 'permissions'>> = {
  name: 'role',
  isRequired: false,
  versionOf: ({ name, description, permissions }) =>
    digestOf([name, description, ...permissions.toSorted()]),
}

export const versionedAllowList: Versioned<Pick<AllowList, 'name' | 'description' | 'entries'>> = {
  name: 'allow list',
  isRequired: false,
  versionOf: ({ name, description, entries }) => digestOf([name, description, ...entries]),
}

export const versionedAccount: Versioned<Pick<Account, 'name'>> = {
  name: 'account',
  isRequired: false,
  versionOf: ({ name }) => digestOf([name]),
}

function digestOf(values: readonly string[]): string {
  return hash('sha256', JSON.stringify(values), 'hex').slice(0, 16)
}
