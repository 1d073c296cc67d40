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

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
