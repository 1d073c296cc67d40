import type { RevisionRef } from '../protocol/revision-ref.ts'

/** What decides whether a session goes on; its owner is judged beside it. */
export interface SessionState {
  readonly lastUsedAt: Date
  readonly expiresAt: Date
  /** A state, whatever the time: it was ended, and stays so. */
  readonly endedAt: Date | null
}

/** Who acts by a session: a key with one of its credentials, or a person as a user. */
export type SessionOwner =
  | { readonly kind: 'key'; readonly apiKeyId: string; readonly generation: number }
  | { readonly kind: 'user'; readonly membershipId: string }

/** A session of the console: a browser that acts for its owner. */
export interface Session extends SessionState {
  readonly id: string
  readonly owner: SessionOwner
  /** From which address it was started; null: unknown. */
  readonly clientIp: string | null
  readonly createdAt: Date
  /** Until when sensitive acts need no key given again, or no new sign-in. */
  readonly confirmedUntil: Date
  /** The revision of its end; null: it was not ended. */
  readonly lastChange: RevisionRef | null
}

/** How long sessions last, in milliseconds. */
export interface SessionLimits {
  /** Without a request. */
  readonly idleMs: number
  /** In all. */
  readonly lifetimeMs: number
  /**
   * After its key was given, or its person signed in, during which sensitive acts ask for
   * nothing.
   */
  readonly confirmationMs: number
}

/** Why a session does not go on, in the order in which it is checked. */
export const sessionEnds = ['ended', 'expired', 'idle'] as const
export type SessionEnd = (typeof sessionEnds)[number]

/** Why a session has ended; undefined: it goes on. `now` is the wall clock of the instance. */
export function endOf(session: SessionState, now: Date, idleMs: number): SessionEnd | undefined {
  if (session.endedAt !== null) return 'ended'
  if (now.getTime() >= session.expiresAt.getTime()) return 'expired'
  if (now.getTime() >= idleExpiryOf(session, idleMs).getTime()) return 'idle'
  return undefined
}

/** When a session ends if no further request uses it. */
export function idleExpiryOf(
  { lastUsedAt, expiresAt }: Pick<SessionState, 'lastUsedAt' | 'expiresAt'>,
  idleMs: number,
): Date {
  return new Date(Math.min(lastUsedAt.getTime() + idleMs, expiresAt.getTime()))
}
