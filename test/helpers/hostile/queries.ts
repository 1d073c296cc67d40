import { fill } from './fill.ts'
import { type HostileRequest, maxHeadBytes } from './hostile-request.ts'

/** Queries for the query parameters of an operation. */
export function hostileQueries(names: readonly string[]): HostileRequest[] {
  const repeated = (text: string) => text.repeat(maxHeadBytes / text.length)
  return [
    { told: 'one parameter again and again', query: repeated('a&') },
    { told: 'unknown parameters', query: fill(maxHeadBytes, (n) => `${n.toString(36)}`, 1e5, '&') },
    { told: 'percent signs', query: repeated('%00') },
    ...names.flatMap((name) => [
      { told: `${name} again and again`, query: repeated(`${name}=&`) },
      { told: `a long ${name}`, query: `${name}=${repeated('a')}` },
      { told: `${name} of commas`, query: `${name}=${repeated(',')}` },
      { told: `${name} of digits`, query: `${name}=${repeated('9')}` },
      { told: `${name} of encoded bytes`, query: `${name}=${repeated('%F0%9F%94%91')}` },
      { told: `${name} of broken encoding`, query: `${name}=${repeated('%ed%a0')}` },
      { told: `${name} of words`, query: `${name}=${repeated('a%20')}` },
      { told: `${name} of marks`, query: `${name}=a${repeated('%CC%81').slice(0, 6 * 119)}` },
      { told: `${name} of patterns`, query: `${name}=${repeated('%25_%5C')}` },
      { told: `${name} of a cursor`, query: `${name}=${cursorOf(repeated('['))}` },
      { told: `${name} of a time`, query: `${name}=2026-01-01T00:00:00.${repeated('0')}Z` },
      { told: `${name} in brackets`, query: repeated(`${name}[a][b]=&`) },
    ]),
  ]
}

/** The text of a cursor that is none: base64url of JSON that never ends. */
function cursorOf(text: string): string {
  return Buffer.from(text).toString('base64url').slice(0, maxHeadBytes)
}
