/**
 * JSON as RFC 8785 (JCS) serializes it: members sorted, no white space. The value must be plain
 * JSON data; numbers and strings are written as JSON.stringify writes them.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  // RFC 8785, section 3.2.3: names in order of UTF-16 code units, as JavaScript compares strings.
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`
}
