/**
 * The lines of a header as they came, in order: Node joins some headers, and of others keeps the first
 * and drops the rest. `name` in lower case.
 */
export function headerLines(rawHeaders: readonly string[], name: string): readonly string[] {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]
    if (candidate?.length !== name.length || candidate.toLowerCase() !== name) continue
    lines.push(rawHeaders[index + 1] ?? '')
  }
  return lines
}
