/**
 * The observations of a run's clients: who sent which request to which instance, when, and what the
 * answer was. Times are milliseconds on one monotonic clock, that of the process of all clients.
 * Keys, roles and lists have the names that the clients gave them.
 */
export interface Call {
  /** Before the request was sent. */
  readonly start: number
  /** After the whole answer was received, or the client gave up. */
  readonly end: number
  /** The instance that was called. */
  readonly via: string
  /** The name of the key whose token was sent; null is the root key, which is never revoked. */
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
      /** The generation of the token. */
      readonly generation: number
      readonly permissions: readonly string[]
      readonly address: string | null
    }
  | { readonly kind: 'revoke' | 'disable' | 'enable'; readonly key: string }
  /** The key gets a new token, and those of these generations end. */
  | { readonly kind: 'rotate'; readonly key: string; readonly ends: readonly number[] }
  /** A browser signs in with the token of a key, uses its session, and ends it. */
  | { readonly kind: 'sign_in'; readonly session: string; readonly key: string }
  | { readonly kind: 'use_session'; readonly session: string }
  | { readonly kind: 'end_session'; readonly session: string }
  /** A person has signed in, and uses the session for what only the first role allows. */
  | { readonly kind: 'enter'; readonly session: string; readonly person: string }
  | { readonly kind: 'use_person'; readonly session: string }
  /** A person gets a role that allows less, for good, or is removed, with all sessions. */
  | { readonly kind: 'lower_person' | 'remove_person'; readonly person: string }
  /** A bulk revocation. Only the first attempt surely has a place of its own in the order. */
  | { readonly kind: 'revoke_all'; readonly keys: readonly string[]; readonly isFirst: boolean }
  /** The permissions of a role, or the addresses of a list, when it is created or edited. */
  | { readonly kind: 'set_role'; readonly role: string; readonly permissions: readonly string[] }
  | { readonly kind: 'set_list'; readonly list: string; readonly entries: readonly string[] }
  /** The receipt of an earlier change, requested again. */
  | { readonly kind: 'receipt'; readonly id: string }
  /** A read of what is stored, once all faults are over. */
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
  /** Refused by an error that says that nothing was changed. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /**
   * The request may have taken effect, or may still do so: no answer, or an answer that says so.
   */
  | { readonly kind: 'unknown'; readonly why: string }
  /** No process accepted the connection. */
  | { readonly kind: 'unreached' }

/** A resource as it is stored. */
export type Seen =
  | { readonly kind: 'key'; readonly status: string }
  | { readonly kind: 'role'; readonly permissions: readonly string[] }
  | { readonly kind: 'list'; readonly entries: readonly string[] }
  | { readonly kind: 'nothing' }
