import type { DismissalReason, ToEdge } from '../domain/edge/edge-message.ts'
import type { Change } from '../domain/protocol/change.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import { AttachedEdge, type EdgeRules } from './attached-edge.ts'

/** An applied revision that some edges have not confirmed yet. */
interface Mark {
  readonly revision: number
  /** What each of them has to confirm. */
  readonly awaited: ReadonlyMap<AttachedEdge, number>
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

  constructor(rules: EdgeRules) {
    this.#rules = rules
  }

  /** The edges that may answer from memory, whatever their streams do. */
  get counted(): number {
    return this.#counted().length
  }

  /** A new stream. `send` puts a message on the stream at once, in order. */
  attach(send: (message: ToEdge<never>) => void): AttachedEdge {
    const edge = this.newEdge(this.#rules, send)
    this.#edges.add(edge)
    return edge
  }

  protected newEdge(rules: EdgeRules, send: (message: ToEdge<never>) => void): AttachedEdge {
    return new AttachedEdge(rules, send)
  }

  /** Something was invalidated: by a round, a commit of this process, or the end of the lease. */
  invalidated(changes: readonly Change[]): void {
    this.#forgetReleased()
    for (const edge of this.#edges) edge.invalidate(changes)
  }

  /** A round has applied all changes up to this revision, in this step. */
  applied(revision: number): void {
    const awaited = new Map(
      this.#counted().flatMap((edge) => (edge.awaits > 0 ? [[edge, edge.awaits] as const] : [])),
    )
    if (awaited.size === 0 && this.#marks.length === 0) this.#acknowledged = revision
    else this.#marks.push({ revision, awaited })
  }

  /** The instance registered anew, at this revision: no edge may answer any more. */
  registered(revision: number): void {
    this.#marks = []
    this.#acknowledged = revision
  }

  /** The latest revision up to `applied` that no counted edge holds up. */
  acknowledgeable(applied: number): number {
    for (let [mark] = this.#marks; mark !== undefined; [mark] = this.#marks) {
      const waits = Array.from(mark.awaited, ([edge, sequence]) => edge.holdsUp(sequence))
      if (waits.includes(true)) break
      this.#acknowledged = mark.revision
      this.#marks.shift()
    }
    return this.#marks.length === 0 ? applied : this.#acknowledged
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

  #counted(): readonly AttachedEdge[] {
    this.#forgetReleased()
    return [...this.#edges].filter((edge) => edge.isCounted)
  }

  #forgetReleased(): void {
    for (const edge of this.#edges) if (!edge.isCounted && edge.isClosed) this.#edges.delete(edge)
  }
}
