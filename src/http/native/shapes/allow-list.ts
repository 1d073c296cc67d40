import { type Static, Type } from 'typebox'
import {
  maxAddressLength,
  maxEntriesPerAllowList,
  maxEntriesPerKey,
} from '../../../domain/limits.ts'
import type { AllowList } from '../../../domain/network/allow-list.ts'
import { expected, expectedEntry } from '../../expected-value.ts'
import { ref } from '../../schema-tools.ts'
import { accountParameter } from './account.ts'
import { id, keyCount, pathId, time } from './fields.ts'

export const AllowListBody = Type.Object(
  {
    id: id('Id of the allow list.'),
    account_id: id('Id of the account that owns the list.'),
    name: Type.String({ description: 'Name of the list.', examples: ['office'] }),
    description: Type.String({ description: 'A text for people; may be empty.' }),
    entries: Type.Array(Type.String(), {
      description: 'The entries exactly as given.',
      examples: [['203.0.113.7', '2001:db8::/32']],
    }),
    created_at: time('Time at which the list was created.'),
    updated_at: time('Time of the last change.'),
    key_count: keyCount('that use the list'),
  },
  { $id: 'AllowList', description: 'A named set of addresses from which keys may be used.' },
)

export const AllowListAnswer = Type.Object(
  { allow_list: ref(AllowListBody) },
  { $id: 'AllowListAnswer', description: 'The allow list.' },
)

const entryInput = Type.String({ maxLength: maxAddressLength, ...expected(expectedEntry) })

export const entriesInput = Type.Array(entryInput, {
  minItems: 1,
  maxItems: maxEntriesPerAllowList,
  description: `IPv4 and IPv6 addresses and CIDR ranges, stored exactly as given. Repeated entries count once. All allow lists of a key have at most ${maxEntriesPerKey} entries together.`,
  examples: [['203.0.113.7', '198.51.100.0/24', '2001:db8::/32']],
})

export const allowListParams = Type.Object({
  account_id: accountParameter,
  id: pathId('Id of the allow list.'),
})

export function toAllowListBody(list: AllowList, keyCount?: number): Static<typeof AllowListBody> {
  return {
    id: list.id,
    account_id: list.accountId,
    name: list.name,
    description: list.description,
    entries: [...list.entries],
    created_at: list.createdAt.toISOString(),
    updated_at: list.updatedAt.toISOString(),
    ...(keyCount !== undefined && { key_count: keyCount }),
  }
}
