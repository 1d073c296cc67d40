import type { Deps } from '../http/deps.ts'

/** Counts that are kept in memory until they are written. */
export interface Buffer {
  /** As a log names what is lost. */
  readonly name: string
  /** How many counts are not known to be written. */
  count(): number
  flush(): Promise<unknown>
}

/**
 * The buffers of this process, in the order in which they are flushed: those of one stage may be
 * flushed at the same time. What edges reported becomes uses and denials, and so comes first.
 */
export function buffersOf(deps: Deps): readonly (readonly Buffer[])[] {
  const { db, edges, uses, sessions, denials } = deps
  const reports = edges === undefined ? [] : [edges.reports]
  return [
    reports.map((reported) => ({
      name: 'edge_reports',
      count: () => reported.size,
      flush: () => reported.flush(deps),
    })),
    [
      { name: 'uses', count: () => uses.count, flush: () => uses.flush(db) },
      {
        name: 'session_uses',
        count: () => sessions.uses.size,
        flush: () => sessions.uses.flush(db),
      },
      { name: 'denials', count: () => denials.size, flush: () => denials.flush(deps) },
    ],
  ]
}
