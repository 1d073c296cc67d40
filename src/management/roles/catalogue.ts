import { isDeepStrictEqual } from 'node:util'
import { act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { differenceOf, snapshotOfCatalogue } from '../../domain/audit/snapshots.ts'
import { type Catalogue, effectivePermissions } from '../../domain/permission.ts'
import { system } from '../../domain/principal.ts'
import { builtInRoles } from '../../domain/role.ts'
import { requirePlatformId } from '../../store/accounts.ts'
import {
  findCatalogue,
  lockCatalogue,
  lockCatalogueShared,
  putCatalogue,
} from '../../store/catalogue.ts'
import type { Executor, StoreTransaction } from '../../store/database.ts'
import { listAllRoles, updateRole } from '../../store/roles.ts'

/** The stored catalogue of permissions, which every instance uses. */
export async function requireCatalogue(db: Executor): Promise<Catalogue> {
  return present(await findCatalogue(db))
}

/** The stored catalogue, locked against replacement until the transaction ends. */
export async function requireLockedCatalogue(trx: StoreTransaction): Promise<Catalogue> {
  return present(await lockCatalogueShared(trx))
}

/**
 * Stores the catalogue that this instance was started with, if it differs from the stored one, and
 * computes the effective permissions of every role again. Returns whether anything changed.
 */
export async function applyCatalogue(deps: ActDeps, catalogue: Catalogue): Promise<boolean> {
  if (isDeepStrictEqual(await findCatalogue(deps.db), catalogue)) return false
  const { result } = await act(deps, system, {}, async ({ trx, changed }) => {
    const before = await lockCatalogue(trx)
    if (isDeepStrictEqual(before, catalogue)) return nothingChanged(false)
    const now = deps.now()
    await putCatalogue(trx, catalogue, now)
    for (const role of await listAllRoles(trx)) {
      const builtIn = builtInRoles(catalogue, role.platform).find(
        (candidate) => role.builtIn && candidate.name === role.name,
      )
      const { name, description, permissions } = builtIn ?? role
      const effective = effectivePermissions(catalogue, permissions)
      await updateRole(trx, role.id, { name, description, permissions, effective }, now)
    }
    changed({ kind: 'everything' })
    const event = {
      accountId: await requirePlatformId(trx),
      action: 'permission_catalogue.replaced',
      resource: { type: 'permission_catalogue', id: null, name: null },
      ...differenceOf(snapshotOfCatalogue(before ?? []), snapshotOfCatalogue(catalogue)),
    } as const
    return { result: true, events: [event] }
  })
  return result
}

function present(catalogue: Catalogue | undefined): Catalogue {
  if (catalogue === undefined) throw new Error('The database has no catalogue of permissions.')
  return catalogue
}
