import type { Change } from '../../../src/domain/protocol/change.ts'
import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { AttachedEdge } from '../../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import type { Timing } from '../../../src/freshness/timing.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * Edges confirm revisions: one that has confirmed a commit of this process, of the latest revision,
 * has confirmed the revisions of other instances before it, which it was not told of.
 */
class ConfirmsRevisions extends AttachedEdge {
  /** The number of the message about the latest revision, if a commit of this process sent it. */
  latest: number | undefined

  override get awaits(): number {
    if (this.latest === undefined) return super.awaits
    return this.holdsUp(this.latest) ? this.latest : 0
  }
}

interface OwnCommit {
  readonly changes: readonly Change[]
  readonly sentAs: ReadonlyMap<ConfirmsRevisions, number>
}

class Streams extends EdgeStreams {
  readonly #all: ConfirmsRevisions[] = []
  #commits: OwnCommit[] = []
  #reading: Reading | undefined

  protected override newEdge(...parts: ConstructorParameters<typeof AttachedEdge>): AttachedEdge {
    const edge = new ConfirmsRevisions(...parts)
    this.#all.push(edge)
    return edge
  }

  committed(changes: readonly Change[]): void {
    const sentAs = new Map(this.#all.map((edge) => [edge, edge.awaits]))
    this.#commits.push({ changes, sentAs })
  }

  willApply(reading: Reading): void {
    this.#reading = reading
  }

  override applied(revision: number, tagKeysChanged?: boolean): void {
    const commit = this.#commits.find((one) => this.#isLatest(one))
    for (const edge of this.#all) edge.latest = commit?.sentAs.get(edge)
    super.applied(revision, tagKeysChanged)
    for (const edge of this.#all) edge.latest = undefined
    this.#commits = []
    this.#reading = undefined
  }

  #isLatest({ changes }: OwnCommit): boolean {
    if (this.#reading === undefined) return false
    const { counter, changes: rows } = this.#reading
    const last = rows.filter(({ revision }) => revision === counter)
    return last.every(({ kind, subject }) =>
      changes.some((own) => own.kind === kind && ('id' in own ? own.id : null) === subject),
    )
  }
}

class TellsOwnCommits extends Freshness {
  readonly #streams: Streams

  constructor(timing: Timing, maxRemembered: number, edges: Streams) {
    super(timing, { maxRemembered, edges })
    this.#streams = edges
  }

  override invalidate(changes: readonly Change[]): void {
    super.invalidate(changes)
    this.#streams.committed(changes)
  }

  override received(reading: Reading): Received {
    this.#streams.willApply(reading)
    return super.received(reading)
  }
}

export const edgeConfirmsRevisions: Protocol = {
  ...shipped,
  edgeStreams: (rules) => new Streams(rules),
  freshness: (timing, maxRemembered, edges) =>
    edges instanceof Streams
      ? new TellsOwnCommits(timing, maxRemembered, edges)
      : shipped.freshness(timing, maxRemembered, edges),
}
