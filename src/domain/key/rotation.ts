/** A credential of a key that has not ended. */
export interface LiveCredential {
  readonly generation: number
  readonly firstUsedAt: Date | null
  /** When the overlap with a newer credential ends. */
  readonly endsAt: Date | null
  /** Seconds after the credential's own first use at which older credentials end, at the latest. */
  readonly retiresOlderAfterSeconds: number | null
}

export interface RequestedRotation {
  /** Seconds for which the previous token goes on working beside the new one. 0: it ends now. */
  readonly overlapSeconds: number
  /**
   * Seconds after the new token's first use at which the previous token ends, if earlier than the
   * end of the overlap.
   */
  readonly retireOnFirstUseSeconds: number | null
  /** The generation that must be the newest; undefined: any. */
  readonly ifGeneration: number | undefined
  /**
   * Replaces the newest credential, which must be unused: for a caller that never received its
   * token.
   */
  readonly onlyIfUnused: boolean
  /** Ends an overlap that is under way. */
  readonly endOverlap: boolean
  /** The generation of the token that asks, when a key rotates itself. */
  readonly askedByGeneration: number | undefined
}

export type RotationRefusal =
  /** The newest generation is not the one that the request names. */
  | 'generation_mismatch'
  /** The newest token has been used: a client holds it. */
  | 'generation_used'
  /** An overlap is under way: the newest token has an older one beside it. */
  | 'rotation_in_progress'
  /** The holder of an older token may not shorten the overlap in which the older token works. */
  | 'not_newest'

/** What a rotation does to the credentials of a key. */
export interface RotationPlan {
  readonly kind: 'plan'
  readonly generation: number
  /** The generations that end now, as a state. */
  readonly ends: readonly number[]
  /** The generation that ends later. */
  readonly overlap: { readonly generation: number; readonly endsAt: Date } | null
  readonly retiresOlderAfterSeconds: number | null
}

/**
 * Plans a rotation: what happens to the newest credential and to the older ones. A key has one
 * working credential, two during an overlap, and never three. A newest credential that was never
 * used is replaced at once, and the end that was promised to the older credential stays: otherwise
 * a repeated rotation would end a token that a client works with.
 */
export function planRotation(
  newest: LiveCredential,
  before: readonly LiveCredential[],
  requested: RequestedRotation,
  now: Date,
): RotationPlan | { readonly kind: 'refused'; readonly refusal: RotationRefusal } {
  const older = before.filter((one) => !isOver(one, now))
  const isNamed = requested.ifGeneration === newest.generation
  const isUnused = newest.firstUsedAt === null
  const asksFromOlder =
    requested.askedByGeneration !== undefined && requested.askedByGeneration !== newest.generation
  const replaces = requested.onlyIfUnused || (older.length > 0 && isNamed && isUnused)

  if (requested.ifGeneration !== undefined && !isNamed) return refused('generation_mismatch')
  if (requested.onlyIfUnused && !isUnused) return refused('generation_used')
  if (requested.endOverlap && asksFromOlder) return refused('not_newest')
  if (older.length > 0 && !replaces && !requested.endOverlap) return refused('rotation_in_progress')

  const endsNewest = replaces || requested.overlapSeconds === 0
  const endsOlder = requested.endOverlap ? older.map((one) => one.generation) : []
  return {
    kind: 'plan',
    generation: newest.generation + 1,
    ends: endsNewest ? [...endsOlder, newest.generation] : endsOlder,
    overlap: endsNewest
      ? null
      : { generation: newest.generation, endsAt: secondsAfter(now, requested.overlapSeconds) },
    retiresOlderAfterSeconds: retirement(),
  }

  /**
   * Null when no older credential is left to retire; otherwise what the replaced credential
   * promised.
   */
  function retirement(): number | null {
    if (!endsNewest) return requested.retireOnFirstUseSeconds
    return older.length > endsOlder.length ? newest.retiresOlderAfterSeconds : null
  }
}

/** Whether the overlap of a credential has ended, by the wall clock, like an expiry. */
export function isOver({ endsAt }: Pick<LiveCredential, 'endsAt'>, now: Date): boolean {
  return endsAt !== null && now.getTime() >= endsAt.getTime()
}

export function secondsAfter(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}

function refused(refusal: RotationRefusal) {
  return { kind: 'refused', refusal } as const
}
