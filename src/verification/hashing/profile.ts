import { type ParsedHashOptions, parseOptions } from '@node-rs/argon2'

/**
 * The cost of an Argon2id hash. A profile of a higher version replaces one of a lower version,
 * never the reverse.
 */
export interface HashProfile {
  readonly version: number
  /** In KiB. */
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
}

/**
 * `random` is for the secrets that we issue: no cost of a hash matters against 2^256 guesses, so
 * that the cost of a first verification decides (0.2 ms). `password` is for secrets of unknown
 * strength: the minimum for Argon2id of OWASP's Password Storage Cheat Sheet (8 ms).
 */
export const hashProfiles = {
  random: { version: 1, memoryCost: 1024, timeCost: 1, parallelism: 1 },
  password: { version: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 },
} as const satisfies Record<string, HashProfile>

export type HashProfileName = keyof typeof hashProfiles

/**
 * Whether a stored hash is cheap enough to compute. Its cost is part of the string: a planted row
 * must not be able to ask for gigabytes or minutes.
 */
export function isAffordable(hash: string): boolean {
  const cost = parseCost(hash)
  if (cost === undefined || !hash.startsWith('$argon2id$v=19$')) return false
  return cost.memoryCost <= 65_536 && cost.timeCost <= 10 && cost.parallelism <= 4
}

function parseCost(hash: string): ParsedHashOptions | undefined {
  try {
    return parseOptions(hash)
  } catch {
    return undefined
  }
}
