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

const linePattern = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{43,}={0,2})$/

/**
 * Reads a pepper file: one `id:base64` a line, at least 32 bytes each, the current one first; empty
 * lines and lines that begin with # are passed over. Throws an Error that names the line and the rule,
 * never what the line holds.
 */
export function readPeppers(text: string): Peppers {
  const peppers = new Map<string, Pepper>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, id, encoded] = linePattern.exec(line.trim()) ?? []
    if (id === undefined || encoded === undefined) {
      throw new Error(`line ${index + 1} is not id:base64 of at least 32 bytes`)
    }
    if (peppers.has(id)) throw new Error(`line ${index + 1} repeats the id of another line`)
    peppers.set(id, { id, secret: Buffer.from(encoded, 'base64') })
  }
  const [current] = peppers.values()
  if (current === undefined) throw new Error('it holds no pepper')
  return { current, byId: peppers }
}
