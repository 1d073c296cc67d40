import type { DismissalReason, ToEdge } from '../domain/edge/edge-message.ts'
import type { Change } from '../domain/protocol/change.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import { AttachedEdge, type EdgeCaller, type EdgeRules } from './attached-edge.ts'
import type { EdgeCounts } from './edge-counts.ts'

/** An applied revision that some edges have not confirmed yet. */
interface Mark {
  readonly revision: number
  /** The first revision that is not acknowledged before it is confirmed. */
  readonly from: number
  /** What each of them has to confirm. */
  readonly awaited: Map<AttachedEdge, number>
}

/**
 * The edges of an instance: what they were told, what they have confirmed, and until when each may
 * answer. Every method is synchronous; what is sent is on its stream before the method returns.
 */
export class EdgeStreams {
  readonly #rules: EdgeRules
  readonly #edges = new Set<AttachedEdge>()
  #marks: Mark[] = []
  #acknowledged = 0
  /** The latest revision that a cycle has applied. */
  #applied = 0
  /** The first applied revision that may have changed the tag keys, if they were not read since. */
  #unreadFrom = Number.POSITIVE_INFINITY
  #invalidations = 0

  constructor(rules: EdgeRules) {
    this.#rules = rules
  }

  /** The edges that may answer from memory, whatever their streams do. */
  get counted(): number {
    return this.#counted().length
  }

  /** How many invalidations were sent, on all streams. */
  get invalidations(): number {
    return this.#invalidations
  }

  /** When the oldest message was sent that an open stream has not confirmed. */
  get unconfirmedSince(): number | undefined {
    let oldest: number | undefined
    for (const { isClosed, unconfirmedSince } of this.#edges) {
      if (isClosed || unconfirmedSince === undefined) continue
      oldest = Math.min(oldest ?? unconfirmedSince, unconfirmedSince)
    }
    return oldest
  }

  /** A new stream. `send` puts a message on the stream at once, in order. */
  attach(send: (message: ToEdge<never>) => void, caller?: EdgeCaller): AttachedEdge {
    const edge = this.newEdge(this.#rules, send, caller)
    this.#edges.add(edge)
    return edge
  }

  protected newEdge(
    rules: EdgeRules,
    send: (message: ToEdge<never>) => void,
    caller?: EdgeCaller,
  ): AttachedEdge {
    return new AttachedEdge(rules, send, caller)
  }

  /** Something was invalidated: by a cycle, a commit of this process, or the end of the lease. */
  invalidated(changes: readonly Change[]): void {
    this.#forgetReleased()
    for (const edge of this.#edges) {
      edge.invalidate(changes)
      if (!edge.isClosed) this.#invalidations += 1
    }
  }

  /** Whether tag keys that have changed are still to be read again. */
  get awaitsTagKeys(): boolean {
    return this.#unreadFrom < Number.POSITIVE_INFINITY
  }

  /**
   * A cycle has applied all changes up to this revision, in this step. If the tag keys are among
   * them, the revision is not acknowledged before they are read again and the edges have confirmed
   * that, even if all have confirmed this step meanwhile.
   */
  applied(revision: number, tagKeysChanged = false): void {
    // Which revision of the cycle changed them is not known.
    if (tagKeysChanged) this.#unreadFrom = Math.min(this.#unreadFrom, this.#applied + 1)
    this.#applied = revision
    this.#mark(revision, revision)
  }

  /**
   * The tag keys of this revision were read again: a token that was unknown before may be one of
   * this service. Edges that remember such a token must confirm this, too.
   */
  tagKeysReloaded(revision: number): void {
    this.tellOfTagKeys()
    const from = Math.min(this.#unreadFrom, revision)
    this.#unreadFrom = Number.POSITIVE_INFINITY
    this.#mark(revision, from)
  }

  protected tellOfTagKeys(): void {
    this.invalidated([{ kind: 'tag_key' }])
  }

  /** The instance registered anew, at this revision: no edge may answer any more. */
  registered(revision: number): void {
    this.#marks = []
    this.#unreadFrom = Number.POSITIVE_INFINITY
    this.#acknowledged = revision
    this.#applied = revision
  }

  /** The latest revision up to `applied` that no counted edge holds up. */
  acknowledgeable(applied: number): number {
    this.advance()
    return this.#marks.length === 0 && !this.awaitsTagKeys ? applied : this.#acknowledged
  }

  /** The counted edges, at the latest revision that a cycle has applied. */
  count(revision: number): EdgeCounts {
    const counted = this.#counted()
    const last = this.#marks.at(-1)
    const confirmed = counted.filter((edge) => !edge.holdsUp(last?.awaited.get(edge) ?? 0))
    return { live: counted.length, confirmed: confirmed.length, revision }
  }

  /** Whether more can be acknowledged than when this was last asked. */
  advance(): boolean {
    const before = this.#acknowledged
    for (let [mark] = this.#marks; mark !== undefined; [mark] = this.#marks) {
      if (isHeldUp(mark)) break
      this.#marks.shift()
      // What tag keys make known is sent after they are read, and has a mark of its own.
      const heldFrom = Math.min(this.#unreadFrom, ...this.#marks.map(({ from }) => from))
      const until = Math.min(mark.revision, heldFrom - 1)
      this.#acknowledged = Math.max(this.#acknowledged, until)
    }
    return this.#acknowledged > before
  }

  /** When the next edge that has not confirmed is released by time alone; undefined: none waits. */
  get nextReleaseAt(): number | undefined {
    const [mark] = this.#marks
    if (mark === undefined) return undefined
    return Math.min(...Array.from(mark.awaited.keys(), (edge) => edge.countedUntil))
  }

  /** How long until no edge may answer any more, if none says that it has gone. */
  releasedInMs(now: Moment): number {
    const ends = this.#counted().map(({ countedUntil }) => countedUntil - now.monotonic)
    return Math.max(0, ...ends)
  }

  dismissAll(reason: DismissalReason): void {
    for (const edge of this.#edges) edge.dismiss(reason)
  }

  #mark(revision: number, from: number): void {
    const awaited = new Map(
      this.#counted().flatMap((edge) => (edge.awaits > 0 ? [[edge, edge.awaits] as const] : [])),
    )
    this.#marks.push({ revision, from, awaited })
    this.advance()
  }

  #counted(): readonly AttachedEdge[] {
    this.#forgetReleased()
    return [...this.#edges].filter((edge) => edge.isCounted)
  }

  #forgetReleased(): void {
    for (const edge of this.#edges) if (!edge.isCounted && edge.isClosed) this.#edges.delete(edge)
  }
}

/** Forgets the edges that hold it up no more: no later lease of theirs rests on what it named. */
function isHeldUp({ awaited }: Mark): boolean {
  for (const [edge, sequence] of awaited) {
    if (edge.holdsUp(sequence)) return true
    awaited.delete(edge)
  }
  return false
}
