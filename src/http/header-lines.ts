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
