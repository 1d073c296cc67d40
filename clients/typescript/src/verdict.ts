import type { DenialReason, warnings } from '../../../src/domain/verdict.ts'

export type { DenialReason } from '../../../src/domain/verdict.ts'

/** A text of a list that a later version of the service may extend. */
type OrLater<Known extends string> = Known | (string & {})

/** The key to which a verified token belongs. */
export interface VerifiedKey {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly role: { readonly id: string; readonly name: string }
  /** RFC 3339; null: the key never expires. */
  readonly expires_at: string | null
}

export interface ValidVerdict {
  readonly valid: true
  readonly api_key: VerifiedKey
  /** 1 for the first token of the key; each rotation adds 1. */
  readonly generation: number
  /** All permissions of the key, including implied permissions. */
  readonly permissions: readonly string[]
  /** `expires_soon`: the key expires within EXPIRY_WARNING_DAYS of the service. */
  readonly warnings?: readonly OrLater<(typeof warnings)[number]>[]
}

export interface Denial {
  readonly valid: false
  /** The first check that failed. A reason that you do not know is a denial, too. */
  readonly reason: OrLater<DenialReason>
  /** Present only if the secret of the token matched, as is `generation`. */
  readonly api_key?: VerifiedKey
  readonly generation?: number
}

/** The verdict on a token: the answer of `POST /v1/verify`. */
export type Verdict = ValidVerdict | Denial
