import type { KeyFacts } from '../verdict.ts'
import type { EdgeUses } from './report-book.ts'

/** What an edge keeps of a token: the facts of its key, and the uses that are not reported yet. */
export class KnownKey implements EdgeUses {
  readonly key: KeyFacts
  count = 0
  lastUsedAtMs = 0

  constructor(key: KeyFacts) {
    this.key = key
  }

  get id(): string {
    return this.key.id
  }

  get apiKeyId(): string {
    return this.key.id
  }

  get accountId(): string {
    return this.key.accountId
  }
}
