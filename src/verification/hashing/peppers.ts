import { parseKeyLines } from '../../domain/key-lines.ts'

/** A secret that Argon2 mixes into each hash. It is kept out of the database. */
export interface Pepper {
  readonly id: string
  readonly secret: Buffer
}

/** The configured peppers. The first one makes new hashes; every one verifies. */
export interface Peppers {
  readonly current: Pepper | undefined
  readonly byId: ReadonlyMap<string, Pepper>
}

export const noPeppers: Peppers = { current: undefined, byId: new Map() }

/**
 * Parses a pepper file in the format of `parseKeyLines`. Throws an Error that names the line and
 * the rule.
 */
export function parsePeppers(text: string): Peppers {
  const peppers = new Map<string, Pepper>()
  for (const [id, secret] of parseKeyLines(text)) peppers.set(id, { id, secret })
  const [current] = peppers.values()
  if (current === undefined) throw new Error('the file contains no pepper')
  return { current, byId: peppers }
}
