/**
 * The lines of a header as received, in order. Node joins the lines of some headers, and keeps only
 * the first line of others. `name` is in lower case.
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

/** The number of lines of a header. `name` is in lower case. */
export function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]
    if (candidate?.length === name.length && candidate.toLowerCase() === name) count += 1
  }
  return count
}
