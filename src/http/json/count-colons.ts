/**
 * Counts the colons of a JSON text after a quote or white space, which may follow a member's name:
 * at least as many as members. Few colons inside strings count: that of `api_key:verify` does not.
 */
export function countColons(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (before === 0x22 || before <= 0x20) count += 1
  }
  return count
}
