/** A credential of a key that has not been ended. */
export interface StandingCredential {
  readonly generation: number
  readonly firstUsedAt: Date | null
  /** The promised end of its overlap with a newer one. */
  readonly endsAt: Date | null
  /** So long after its own first use those before it end, at the latest. */
  readonly retiresOlderAfterSeconds: number | null
}

export interface RotationWish {
  /** How long the newest token so far goes on working beside the new one. 0: it ends now. */
  readonly overlapSeconds: number
  /** So long after the first use of the new token the older ends, if that comes before the end of the overlap. */
  readonly retireOnFirstUseSeconds: number | null
  /** The generation that must be the newest. */
  readonly ifGeneration: number | undefined
  /** Replaces the newest, which must never have been used: of whoever never received its token. */
  readonly onlyIfUnused: boolean
  /** Ends an overlap that is under way. */
  readonly endOverlap: boolean
  /** Whose token asks, when a key rotates itself. */
  readonly askedByGeneration: number | undefined
}

export type RotationRefusal =
  /** The newest is another one than was named. */
  | 'generation_mismatch'
  /** The newest was used: somebody holds its token. */
  | 'generation_used'
  /** The newest has an older one beside it. */
  | 'rotation_in_progress'
  /** One who holds an older token may not end the time in which it works for a longer one. */
  | 'not_newest'

/** What a rotation does. */
export interface RotationPlan {
  readonly kind: 'plan'
  readonly generation: number
  /** These end now, as a state. */
  readonly ends: readonly number[]
  /** This one ends later. */
  readonly overlap: { readonly generation: number; readonly endsAt: Date } | null
  readonly retiresOlderAfterSeconds: number | null
}

/**
 * What a rotation of a key does to its newest credential and to those before it. A key has one that works, two during an overlap, and never three: a newest one that was never used is replaced
 * at once, and what was promised to the older stays promised; else a rotation that is repeated would end
 * a token that somebody works with.
 */
export function planRotation(
  newest: StandingCredential,
  before: readonly StandingCredential[],
  wish: RotationWish,
  now: Date,
): RotationPlan | { readonly kind: 'refused'; readonly refusal: RotationRefusal } {
  const older = before.filter((one) => !isOver(one, now))
  const isNamed = wish.ifGeneration === newest.generation
  const isUnused = newest.firstUsedAt === null
  const asksFromOlder =
    wish.askedByGeneration !== undefined && wish.askedByGeneration !== newest.generation
  const replaces = wish.onlyIfUnused || (older.length > 0 && isNamed && isUnused)

  if (wish.ifGeneration !== undefined && !isNamed) return refused('generation_mismatch')
  if (wish.onlyIfUnused && !isUnused) return refused('generation_used')
  if (wish.endOverlap && asksFromOlder) return refused('not_newest')
  if (older.length > 0 && !replaces && !wish.endOverlap) return refused('rotation_in_progress')

  const endsNewest = replaces || wish.overlapSeconds === 0
  const endsOlder = wish.endOverlap ? older.map((one) => one.generation) : []
  return {
    kind: 'plan',
    generation: newest.generation + 1,
    ends: endsNewest ? [...endsOlder, newest.generation] : endsOlder,
    overlap: endsNewest
      ? null
      : { generation: newest.generation, endsAt: secondsAfter(now, wish.overlapSeconds) },
    retiresOlderAfterSeconds: retirement(),
  }

  /** Nothing when nobody is left to retire; what was promised with the replaced one otherwise. */
  function retirement(): number | null {
    if (!endsNewest) return wish.retireOnFirstUseSeconds
    return older.length > endsOlder.length ? newest.retiresOlderAfterSeconds : null
  }
}

/** Whether a credential's time has come: judged by the wall clock, like an expiry. */
export function isOver({ endsAt }: Pick<StandingCredential, 'endsAt'>, now: Date): boolean {
  return endsAt !== null && now.getTime() >= endsAt.getTime()
}

export function secondsAfter(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}

function refused(refusal: RotationRefusal) {
  return { kind: 'refused', refusal } as const
}
