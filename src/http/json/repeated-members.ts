import { isContainer } from '../../domain/is-container.ts'

/**
 * Whether an object of a JSON text may have a member twice; `value` is what JSON.parse returned,
 * and `colons` is the count of countColons. Each member of the text has a colon, and JSON.parse
 * keeps one of several members of one name. With as many colons as members in the value, JSON.parse
 * dropped none. A scan costs five times as much.
 */
export function mayRepeatMember(colons: number, value: unknown): boolean {
  if (colons === 0) return false
  let dropped = colons
  const open: object[] = []
  if (isContainer(value)) open.push(value)
  for (let container = open.pop(); container !== undefined; container = open.pop()) {
    // Object.values would copy the 130,000 elements that a body can have.
    const inside: readonly unknown[] = Array.isArray(container)
      ? container
      : Object.values(container)
    if (inside !== container) dropped -= inside.length
    for (const member of inside) if (isContainer(member)) open.push(member)
  }
  return dropped !== 0
}

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
