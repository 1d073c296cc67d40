import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Static } from 'typebox'
import type { ApiKey } from '../../../domain/key/api-key.ts'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import { lastChangesOfKeys } from '../../../management/api-keys/last-changes.ts'
import { rolesOfHolders } from '../../../management/roles/of-holders.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { toApiKeyData } from '../shapes/api-key.ts'
import type { ApiKeyData } from '../shapes/api-key-schemas.ts'

/** Keys of one account as `reader` may see them, each with its role. */
export async function showApiKeys(
  deps: ControlPlaneDeps,
  accountId: string,
  apiKeys: readonly ApiKey[],
  reader: CallerPrincipal,
): Promise<Static<typeof ApiKeyData>[]> {
  const roles = await rolesOfHolders(deps, accountId, apiKeys)
  const changes = await lastChangesOfKeys(deps, accountId, apiKeys)
  const now = deps.now()
  const shown: Static<typeof ApiKeyData>[] = []
  for (const [index, apiKey] of apiKeys.entries()) {
    if (index % keysOfTurn === keysOfTurn - 1) await nextTurn()
    const role = roles.get(apiKey.role.id)
    const changedAt = changes.get(apiKey.id) ?? apiKey.createdAt
    shown.push(toApiKeyData(apiKey, { role, changedAt, reader, now }))
  }
  return shown
}

/** A page has up to 1,000 keys, each with up to 100 lists. */
const keysOfTurn = 100

export async function showApiKey(
  deps: ControlPlaneDeps,
  apiKey: ApiKey,
  reader: CallerPrincipal,
): Promise<Static<typeof ApiKeyData>> {
  const [data] = await showApiKeys(deps, apiKey.accountId, [apiKey], reader)
  if (data === undefined) throw new Error('A key was not shown.')
  return data
}
