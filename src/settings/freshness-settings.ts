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
}
