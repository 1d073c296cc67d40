import type { DenialReason } from '../verdict.ts'
import type { Report, ReportedDenials, ReportedUses } from './edge-message.ts'
import { maxReportEntries, maxReportedCount } from './edge-protocol.ts'

type Counted<Entry> = { -readonly [Name in keyof Entry]: Entry[Name] }

/** The uses of a key by one of its tokens: what answers for the token holds them. */
export interface EdgeUses {
  readonly apiKeyId: string
  count: number
  lastUsedAtMs: number
}

/** Combinations of key and reason that wait to be reported: further ones are not counted. */
const maxWaiting = 10_000

/**
 * What an edge has answered by itself, until an instance has counted it. A report has a number, and
 * is sent again on the next stream if nobody has answered: an instance counts a number once. What
 * an instance counts that ends before it answers, another one counts again.
 */
export class ReportBook {
  /** Those that are not zero. A key may have several: of tokens that memory has dropped. */
  #uses: EdgeUses[] = []
  readonly #denials = new Map<string, Counted<ReportedDenials>>()
  #report: Report | undefined
  #isUnderWay = false
  #number = 0
  #uncounted = 0

  /** Denials that no report will tell: too many keys were waiting. */
  get uncounted(): number {
    return this.#uncounted
  }

  /** Whether an instance has counted all of it. */
  get isEmpty(): boolean {
    return this.#uses.length + this.#denials.size === 0 && this.#report === undefined
  }

  /** One write to memory at hand, and no look-up: every valid verdict does this. */
  used(uses: EdgeUses, wallMs: number): void {
    if (uses.count === 0) this.#uses.push(uses)
    uses.count += 1
    uses.lastUsedAtMs = wallMs
  }

  denied(
    apiKeyId: string,
    reason: DenialReason,
    clientIp: string | undefined,
    wallMs: number,
  ): void {
    const name = `${apiKeyId} ${reason}`
    const denials = this.#denials.get(name)
    if (denials !== undefined) {
      denials.count = sumOf(denials.count, 1)
      denials.lastDeniedAtMs = wallMs
    } else if (this.#denials.size === maxWaiting) {
      this.#uncounted += 1
    } else {
      const address = clientIp === undefined ? {} : { clientIp }
      this.#denials.set(name, { apiKeyId, reason, ...address, count: 1, lastDeniedAtMs: wallMs })
    }
  }

  /** A new stream: an unanswered report is sent again. */
  attached(): void {
    this.#isUnderWay = false
  }

  /** The report to send with a beat, if there is any to tell. */
  next(): Report | undefined {
    if (this.#isUnderWay) return undefined
    this.#report ??= this.#take()
    this.#isUnderWay = this.#report !== undefined
    return this.#report
  }

  /** An instance has counted this report. */
  reported(number: number): void {
    if (this.#report?.number !== number) return
    this.#report = undefined
    this.#isUnderWay = false
  }

  #take(): Report | undefined {
    if (this.#uses.length + this.#denials.size === 0) return undefined
    this.#number += 1
    return { number: this.#number, uses: this.#takeUses(), denials: this.#takeDenials() }
  }

  #takeUses(): readonly ReportedUses[] {
    const sums = new Map<string, EdgeUses>()
    for (const uses of this.#uses.splice(0, maxReportEntries)) {
      const sum = sums.get(uses.apiKeyId)
      const { apiKeyId, lastUsedAtMs } = uses
      const count = sumOf(sum?.count ?? 0, uses.count)
      if (sum === undefined) sums.set(apiKeyId, { apiKeyId, count, lastUsedAtMs })
      else {
        sum.count = count
        sum.lastUsedAtMs = Math.max(sum.lastUsedAtMs, uses.lastUsedAtMs)
      }
      uses.count = 0
    }
    return [...sums.values()]
  }

  #takeDenials(): readonly ReportedDenials[] {
    const taken = [...this.#denials].slice(0, maxReportEntries)
    for (const [name] of taken) this.#denials.delete(name)
    return taken.map(([, denials]) => denials)
  }
}

/** No report counts more of anything. */
function sumOf(count: number, more: number): number {
  return Math.min(count + more, maxReportedCount)
}
