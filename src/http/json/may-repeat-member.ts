/**
 * Whether an object of a JSON text may have a member twice, by the value that JSON.parse made of it:
 * each member has a colon, and of several members of one name one is left. With as many colons as
 * members that are left, none was dropped. A scan costs five times as much.
 */
export function mayRepeatMember(text: string, value: unknown): boolean {
  let dropped = countColons(text)
  const open: unknown[] = [value]
  while (open.length > 0) {
    const some = open.pop()
    if (typeof some !== 'object' || some === null) continue
    const inside = Object.values(some)
    if (!Array.isArray(some)) dropped -= inside.length
    for (const one of inside) if (typeof one === 'object') open.push(one)
  }
  return dropped !== 0
}

/** Those that may follow a name, after its quote or white space; few in strings do, as `api_key:verify` does not. */
function countColons(text: string): number {
  let count = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (before === 0x22 || before <= 0x20) count += 1
  }
  return count
}
