import type { DenialRecord } from '../store/denials.ts'
import { FairQueue } from './fair-queue.ts'

interface DenialCount extends DenialRecord {
  clientIp: string | null
  count: number
}

/**
 * Denials that await a flush, counted by key, reason and hour, and bounded in number. When the
 * places are full, the account with the most records gives way: its newest record goes, unless the
 * newcomer's account would then have as many. So the denials of one account hide those of another
 * only when every place is held by an account of its own.
 */
export class DenialCounts {
  readonly #counts = new Map<string, DenialCount>()
  readonly #places: FairQueue<DenialCount>

  constructor(maxRecords: number) {
    this.#places = new FairQueue(maxRecords)
  }

  get size(): number {
    return this.#counts.size
  }

  get records(): readonly DenialRecord[] {
    return [...this.#counts.values()]
  }

  /**
   * The first client address is kept. Returns the record that goes for this one, which may be
   * itself.
   */
  add(denial: DenialRecord): DenialRecord | undefined {
    const name = nameOf(denial)
    const known = this.#counts.get(name)
    if (known !== undefined) {
      known.count += denial.count
      known.clientIp ??= denial.clientIp
      return undefined
    }
    const record = { ...denial }
    this.#counts.set(name, record)
    const displaced = this.#places.add(denial.accountId, record)
    if (displaced !== undefined) this.#counts.delete(nameOf(displaced))
    return displaced
  }
}

function nameOf({ apiKeyId, reason, hour }: DenialRecord): string {
  return `${apiKeyId} ${reason} ${hour.getTime()}`
}
