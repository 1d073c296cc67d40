/**
 * Whether an object of a JSON text may have a member twice; `value` is what JSON.parse returned.
 * Each member of the text has a colon, and JSON.parse keeps one of several members of one name.
 * With as many colons as members in the value, JSON.parse dropped none. A scan costs five times as
 * much.
 */
export function mayRepeatMember(text: string, value: unknown): boolean {
  let dropped = countColons(text)
  const open: unknown[] = [value]
  while (open.length > 0) {
    const container = open.pop()
    if (typeof container !== 'object' || container === null) continue
    const inside = Object.values(container)
    if (!Array.isArray(container)) dropped -= inside.length
    for (const member of inside) if (typeof member === 'object') open.push(member)
  }
  return dropped !== 0
}

/**
 * Counts the colons after a quote or white space, which may follow a member's name. Few colons
 * inside strings do: that of `api_key:verify` does not.
 */
function countColons(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (before === 0x22 || before <= 0x20) count += 1
  }
  return count
}
