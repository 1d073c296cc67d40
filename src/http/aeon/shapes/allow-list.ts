import { type Static, Type } from 'typebox'
import type { Account } from '../../../domain/account.ts'
import type { AllowList } from '../../../domain/network/allow-list.ts'
import type { KeyPrincipal } from '../../../domain/principal.ts'
import { notFound } from '../../../errors.ts'
import { getAccount } from '../../../management/accounts/get.ts'
import type { Deps } from '../../deps.ts'
import { oneOf, ref } from '../../schema-tools.ts'
import { dependentsSeenBy, maxDependentsShown } from './dependents.ts'
import { keyStatuses } from './key-status.ts'

const id = Type.String({ format: 'uuid' })

export const NetworkAllowListData = Type.Object(
  {
    spec: Type.Object({
      name: Type.String(),
      description: Type.String(),
      allow_list: Type.Array(Type.String()),
    }),
    info: Type.Object({
      id,
      project_id: id,
      cluster_ids: Type.Array(id, { maxItems: 0 }),
      cluster_list: Type.Array(Type.Object({ id, name: Type.String() }), { maxItems: 0 }),
      peering_id: Type.Unsafe<null>({ type: 'null' }),
      api_key_list: Type.Array(Type.Object({ name: Type.String(), status: oneOf(keyStatuses) }), {
        description: `The newest ${maxDependentsShown} active keys that use the list.`,
      }),
    }),
  },
  { $id: 'NetworkAllowListData' },
)

export const NetworkAllowListResponse = Type.Object(
  { data: ref(NetworkAllowListData) },
  { $id: 'NetworkAllowListResponse' },
)

export const projectParams = Type.Object({ account_id: Type.String(), project_id: Type.String() })

export const allowListParams = Type.Object({ ...projectParams.properties, id: Type.String() })

/** The account, if the project of the path is its own. Throws `not_found`. */
export async function requireProject(
  deps: Deps,
  path: { readonly account_id: string; readonly project_id: string },
): Promise<Account> {
  const account = await getAccount(deps, path.account_id)
  if (account.projectId !== path.project_id.toLowerCase()) throw notFound('project')
  return account
}

/** Returns a function that shows lists of an account to the reader. */
export async function allowListsSeenBy(
  deps: Deps,
  reader: KeyPrincipal,
  account: Account,
  lists: readonly AllowList[],
): Promise<(list: AllowList) => Static<typeof NetworkAllowListData>> {
  const allowListIds = lists.map((list) => list.id)
  const dependents = await dependentsSeenBy(deps, reader, account.id, { allowListIds })
  return (list) => ({
    spec: { name: list.name, description: list.description, allow_list: [...list.entries] },
    info: {
      id: list.id,
      project_id: account.projectId,
      cluster_ids: [],
      cluster_list: [],
      peering_id: null,
      api_key_list: dependents
        .filter((dependent) => dependent.holdsId === list.id)
        .map(({ name }) => ({ name, status: 'ACTIVE' })),
    },
  })
}
