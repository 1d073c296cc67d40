import type { ServerReport } from './probe.ts'
import type { Finding } from './search-servers.ts'

export interface ClusterRuleOptions {
  /** Whether a server that is no standby but refuses writes is accepted. */
  readonly acceptsReadOnly: boolean
}

/**
 * Which of several servers may be used: one that accepts writes, of the cluster that this process
 * used before, and not promoted earlier than a server that it has met: that one was deposed, and
 * would not know what was acknowledged since.
 */
export class ClusterRule {
  readonly #acceptsReadOnly: boolean
  #systemId: string | undefined
  #timeline = 0

  constructor({ acceptsReadOnly }: ClusterRuleOptions) {
    this.#acceptsReadOnly = acceptsReadOnly
  }

  /** The latest that was met. */
  get timeline(): number {
    return this.#timeline
  }

  /** Why a server is not to be used; undefined: it may be. */
  refusalOf({ isStandby, isReadOnly, systemId, timeline }: ServerReport): string | undefined {
    if (this.#systemId !== undefined && systemId !== undefined && systemId !== this.#systemId) {
      return `belongs to another cluster (system identifier ${systemId}, not ${this.#systemId})`
    }
    if (isStandby) return standby
    if (isReadOnly && !this.#acceptsReadOnly) return readOnly
    if (timeline >= this.#timeline) return undefined
    return `was deposed (timeline ${timeline}; the server of timeline ${this.#timeline} was promoted later)`
  }

  /**
   * Those of the found servers that were promoted last: of two primaries at once, the other one was
   * deposed. Throws an Error if they belong to different clusters, since nothing says which one is
   * meant.
   */
  choose(found: readonly Finding[]): readonly Finding[] {
    const systemIds = new Set(found.map(({ report }) => report.systemId))
    if (systemIds.size > 1) {
      throw new Error(`they belong to different clusters (${[...systemIds].join(', ')})`)
    }
    this.#timeline = Math.max(this.#timeline, ...found.map(({ report }) => report.timeline))
    this.#systemId ??= found[0]?.report.systemId
    return found.filter(({ report }) => report.timeline === this.#timeline)
  }
}

const standby = 'is a standby'
const readOnly = 'refuses writes (default_transaction_read_only)'

/** Whether a server answered, and is not used because it does not accept writes. */
export function refusesWrites(cause: unknown): boolean {
  return cause === standby || cause === readOnly
}
