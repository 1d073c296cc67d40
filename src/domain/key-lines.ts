const linePattern = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{43,}={0,2})$/

/**
 * Parses a file of keys in the order of its lines: one `id:base64` on each line, at least 32 bytes
 * a key. Empty lines and lines that begin with # are skipped. Throws an Error that names the line
 * and the rule, and never quotes the line.
 */
export function parseKeyLines(text: string): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, id, encoded] = linePattern.exec(line.trim()) ?? []
    if (id === undefined || encoded === undefined) {
      throw new Error(`line ${index + 1} must be id:base64 with at least 32 bytes`)
    }
    if (keys.has(id)) throw new Error(`line ${index + 1} repeats the id of an earlier line`)
    keys.set(id, Buffer.from(encoded, 'base64'))
  }
  return keys
}
