/**
 * What the clients of a run saw, in their own words: who asked what of whom, when, and what they were
 * told. Times are milliseconds on one monotonic clock, that of the process in which all clients are.
 * Keys, roles and lists go by the names that the clients gave them.
 */
export interface Call {
  /** Before the request was sent. */
  readonly start: number
  /** After the whole answer was received, or given up. */
  readonly end: number
  /** Which instance was asked. */
  readonly via: string
  /** Whose token was sent: the name of a key; null is the root key, which is never revoked. */
  readonly by: string | null
  readonly act: Act
  readonly outcome: Outcome
}

export type Act =
  | {
      readonly kind: 'issue'
      readonly key: string
      readonly role: string
      readonly list: string | null
    }
  | {
      readonly kind: 'verify'
      readonly key: string
      /** Which of its tokens. */
      readonly generation: number
      readonly permissions: readonly string[]
      readonly address: string | null
    }
  | { readonly kind: 'revoke' | 'disable' | 'enable'; readonly key: string }
  /** The key gets a new token, and those of these generations end. */
  | { readonly kind: 'rotate'; readonly key: string; readonly ends: readonly number[] }
  /** All of them at once. Only the first attempt is sure to have a place of its own in the order. */
  | { readonly kind: 'revoke_all'; readonly keys: readonly string[]; readonly isFirst: boolean }
  /** A role gives these permissions, a list has these addresses: by its making, or by an edit. */
  | { readonly kind: 'set_role'; readonly role: string; readonly permissions: readonly string[] }
  | { readonly kind: 'set_list'; readonly list: string; readonly entries: readonly string[] }
  /** The receipt of an earlier change, asked for again. */
  | { readonly kind: 'receipt'; readonly id: string }
  /** What is stored, looked up when all faults are over. */
  | { readonly kind: 'see_key'; readonly key: string }
  | { readonly kind: 'see_role'; readonly role: string }
  | { readonly kind: 'see_list'; readonly list: string }

export interface ReceiptSeen {
  readonly revision: number
  readonly id: string
  readonly state: 'complete' | 'pending'
}

export type Outcome =
  /** Acknowledged. */
  | {
      readonly kind: 'done'
      readonly receipt?: ReceiptSeen
      readonly verdict?: { readonly valid: boolean; readonly reason: string | null }
      readonly seen?: Seen
    }
  /** Refused with a word that says that nothing was changed. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /** It may have happened or not, or may even happen later: no answer, or an answer that says just that. */
  | { readonly kind: 'unknown'; readonly why: string }
  /** Nobody was there to send it to. */
  | { readonly kind: 'unreached' }

/** A thing as it is stored. */
export type Seen =
  | { readonly kind: 'key'; readonly status: string }
  | { readonly kind: 'role'; readonly permissions: readonly string[] }
  | { readonly kind: 'list'; readonly entries: readonly string[] }
  | { readonly kind: 'nothing' }
