import { type Static, Type } from 'typebox'
import type { Account } from '../../../domain/account.ts'
import type { AllowList } from '../../../domain/network/allow-list.ts'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import { notFound } from '../../../errors.ts'
import { getAccount } from '../../../management/accounts/get.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import type { NetworkAllowListData } from './allow-list-schemas.ts'
import { dependentsSeenBy } from './dependents.ts'
import { pathId } from './fields.ts'

export const projectParams = Type.Object({
  account_id: pathId('Id of the account.'),
  project_id: pathId('Id of the project.'),
})

export const allowListParams = Type.Object({
  ...projectParams.properties,
  id: pathId('Id of the allow list.'),
})

/** The account, if the project of the path is its own. Throws `not_found`. */
export async function requireProject(
  deps: ControlPlaneDeps,
  path: { readonly account_id: string; readonly project_id: string },
): Promise<Account> {
  const account = await getAccount(deps, path.account_id)
  if (account.projectId !== path.project_id.toLowerCase()) throw notFound('project')
  return account
}

/** Returns a function that shows lists of an account to the reader. */
export async function allowListsSeenBy(
  deps: ControlPlaneDeps,
  reader: CallerPrincipal,
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
      api_key_list: (dependents.get(list.id) ?? []).map(({ name }) => ({
        name,
        status: 'ACTIVE',
      })),
    },
  })
}
