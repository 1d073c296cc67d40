import { Type } from 'typebox'
import { ServiceError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { ref } from '../schema-tools.ts'
import type { EdgeState } from './edge-state.ts'

export const EdgeReadiness = Type.Object(
  {
    status: Type.String(),
    attached: Type.Boolean(),
    lease_remaining_ms: Type.Integer(),
    last_contact_ms: Type.Integer(),
  },
  { $id: 'EdgeReadiness' },
)

/** An edge is ready while it may answer from memory, or can ask. */
export function edgeReadinessRoute(app: App, edge: EdgeState): void {
  app.get(
    '/readyz',
    { config: { isFrequent: true }, schema: { response: { 200: ref(EdgeReadiness) } } },
    async () => {
      const { isAttached, leaseRemainingMs, lastContactMs = 0 } = edge
      if (!isAttached && leaseRemainingMs === 0) throw notReady(edge)
      return {
        status: 'ok',
        attached: isAttached,
        lease_remaining_ms: Math.round(leaseRemainingMs),
        last_contact_ms: Math.round(lastContactMs),
      }
    },
  )
}

function notReady({ lastContactMs, detachedBy }: EdgeState): ServiceError {
  const contact =
    lastContactMs === undefined
      ? 'has never been attached'
      : `last heard of the service ${Math.round(lastContactMs / 1000)} s ago`
  const why = detachedBy === undefined ? '' : ` ${detachedBy}`
  return new ServiceError('unavailable', `This edge has no lease, and ${contact}.${why}`)
}
