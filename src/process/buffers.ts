import type { Logger } from 'pino'
import type { ActDeps } from '../acts/deps.ts'
import type { VerificationDeps } from '../verification/deps.ts'
import type { Edges } from '../verification/edges/edges.ts'
import type { Sessions } from '../verification/sessions/deps.ts'

/** What is kept in memory until it is written, and what writes it. */
export interface BufferDeps extends ActDeps, Pick<VerificationDeps, 'denials' | 'uses'> {
  readonly log: Logger
  readonly sessions: Pick<Sessions, 'uses'>
  readonly edges?: Pick<Edges, 'reports'> | undefined
}

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
export function buffersOf(deps: BufferDeps): readonly (readonly Buffer[])[] {
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
