import { StandbyError } from '../../store/faults.ts'
import { listInstances as listStored, type StoredInstance } from '../../store/instances.ts'
import type { ManagementDeps } from '../deps.ts'

export type { StoredInstance } from '../../store/instances.ts'

/** Every registered instance. A row whose process died stays until it is evicted. */
export async function listInstances(
  deps: Pick<ManagementDeps, 'currentReads'>,
): Promise<StoredInstance[]> {
  const instances = await deps.currentReads.read(listStored)
  if (instances === undefined) throw new StandbyError()
  return instances
}
