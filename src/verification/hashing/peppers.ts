import { parseKeyLines } from '../../domain/key-lines.ts'

/** A secret that is mixed into each hash and kept out of the database. */
export interface Pepper {
  readonly id: string
  readonly secret: Buffer
}

/** The peppers at hand. The first makes new hashes; all verify. */
export interface Peppers {
  readonly current: Pepper | undefined
  readonly byId: ReadonlyMap<string, Pepper>
}

export const noPeppers: Peppers = { current: undefined, byId: new Map() }

/** Reads a pepper file, as `parseKeyLines` reads it. Throws an Error that names the line and the rule. */
export function parsePeppers(text: string): Peppers {
  const peppers = new Map<string, Pepper>()
  for (const [id, secret] of parseKeyLines(text)) peppers.set(id, { id, secret })
  const [current] = peppers.values()
  if (current === undefined) throw new Error('the file contains no pepper')
  return { current, byId: peppers }
}
