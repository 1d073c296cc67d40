import { Type } from 'typebox'

/** How an instance follows the changes of the others. */
export const freshnessSettings = {
  MAX_STALENESS_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 3_600_000,
    description:
      'Maximum age, in milliseconds, of the data on which a verdict rests. Must be equal on all instances of a database.',
  }),
  POLL_INTERVAL_MS: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 60_000,
    description:
      'Milliseconds between two polls for changes when no notification arrives. At most a third of a lease (0.3 MAX_STALENESS_MS).',
  }),
  CHANGE_FEED: Type.Union([Type.Literal('notify'), Type.Literal('poll')], {
    default: 'notify',
    description:
      'notify: changes are announced by NOTIFY. poll: instances only poll, for databases without NOTIFY.',
  }),
  EDGES_MAX: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 100_000,
    description:
      'Maximum number of edges that are attached to one process. 0: the service offers no streams to edges.',
  }),
  EDGE_LEASE_MS: Type.Integer({
    default: 3_000,
    minimum: 300,
    maximum: 30_000,
    description:
      'Milliseconds for which an edge may answer without its instance. An edge that vanishes delays receipts by 1.1 / 0.9 of this time.',
  }),
}
