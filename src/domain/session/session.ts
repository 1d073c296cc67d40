import type { RevisionRef } from '../protocol/revision-ref.ts'

/** What decides whether a session goes on; its key is judged beside it. */
export interface SessionState {
  readonly lastUsedAt: Date
  readonly expiresAt: Date
  /** A state, whatever the time: it was ended, and stays so. */
  readonly endedAt: Date | null
}

/** A session of the console: a browser that acts with one credential of a key. */
export interface Session extends SessionState {
  readonly id: string
  readonly apiKeyId: string
  readonly generation: number
  /** From which address it was started; null: unknown. */
  readonly clientIp: string | null
  readonly createdAt: Date
  /** Until when sensitive acts need no key given again. */
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
  /** After its key was given, during which sensitive acts do not ask for the key again. */
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
