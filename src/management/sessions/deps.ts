import type { ActDeps } from '../../acts/deps.ts'
import type { Sessions } from '../../verification/sessions/deps.ts'
import type { ManagementDeps } from '../deps.ts'

/** What the commands and queries on sessions need. */
export interface SessionManagementDeps
  extends ActDeps,
    Pick<ManagementDeps, 'currentReads' | 'keyring'> {
  readonly sessions: Pick<Sessions, 'limits' | 'uses'>
}
