import type { Catalogue } from '../../domain/permission.ts'
import { type CallerPrincipal, rightsOf } from '../../domain/principal.ts'
import { retryWhileLosing } from '../../store/retry.ts'
import type { ManagementDeps } from '../deps.ts'
import { requireCatalogue } from './catalogue.ts'

/** The permissions that the principal's account can use in its roles. */
export async function listPermissions(
  deps: Pick<ManagementDeps, 'db'>,
  principal: CallerPrincipal,
): Promise<Catalogue> {
  const catalogue = await retryWhileLosing(() => requireCatalogue(deps.db))
  return catalogue.filter((entry) => entry.scope === 'account' || rightsOf(principal).platform)
}
