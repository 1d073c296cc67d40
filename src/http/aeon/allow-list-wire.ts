import type { Static } from 'typebox'
import type { Account } from '../../domain/account.ts'
import type { AllowList } from '../../domain/network/allow-list.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import type { Deps } from '../deps.ts'
import { dependentsSeenBy } from './dependents.ts'
import type { NetworkAllowListData } from './schemas.ts'

/** How some lists of an account are shown to the principal. */
export async function allowListsSeenBy(
  deps: Deps,
  reader: KeyPrincipal,
  account: Account,
  lists: readonly AllowList[],
): Promise<(list: AllowList) => Static<typeof NetworkAllowListData>> {
  const allowListIds = lists.map((list) => list.id)
  const holders = await dependentsSeenBy(deps, reader, account.id, { allowListIds })
  return (list) => ({
    spec: { name: list.name, description: list.description, allow_list: [...list.entries] },
    info: {
      id: list.id,
      project_id: account.projectId,
      cluster_ids: [],
      cluster_list: [],
      peering_id: null,
      api_key_list: holders
        .filter((holder) => holder.holdsId === list.id)
        .map(({ name }) => ({ name, status: 'ACTIVE' })),
    },
  })
}
