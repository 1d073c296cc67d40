import type { Json } from './api.ts'

/** A request that costs as much as its sender can make it cost. */
export interface HostileRequest {
  readonly told: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Less than the 16 KiB that Node.js accepts in a request line and headers. */
const maxHeadBytes = 15_000

/**
 * Bodies of at most `maxBytes` for a schema of an OpenAPI document; undefined: there is no body.
 */
export function hostileBodies(schema: Json, maxBytes: number, document: Json): HostileRequest[] {
  const named = resolve(schema, document)
  const fields = Object.keys(named?.properties ?? {})
  const good = fields.length === 0 ? '' : `${JSON.stringify(fields[0])}:"",`
  return [
    ...anywhere(maxBytes),
    { told: 'unknown members', body: `{${good}${fill(maxBytes - 200, (n) => `"f${n}":0`)}}` },
    { told: 'everything wrong', body: JSON.stringify(wrong(named, document)).slice(0, maxBytes) },
    ...fields.flatMap((field) =>
      ['""', '{}', '[]', '0', '{"a":[{"b":0}]}'].map((element) => ({
        told: `/${field} as an array of ${element}`,
        body: `{"${field}":[${fill(maxBytes - 200, () => element)}]}`,
      })),
    ),
    ...fields.map((field) => ({
      told: `/${field} as an object of many members`,
      body: `{"${field}":{${fill(maxBytes - 200, (n) => `"\\u0000${n}":"\\u0000"`)}}}`,
    })),
    ...fields.map((field) => ({
      told: `/${field} as an object of 1,900 members`,
      body: `{"${field}":{${fill(Math.min(maxBytes - 200, 30_000), (n) => `"\\u0000${n}":0`, 1_900)}}}`,
    })),
    ...fields.map((field) => ({
      told: `/${field} as a long text`,
      body: `{"${field}":"${'\u{1f511}'.repeat((maxBytes - 200) / 4)}"}`,
    })),
  ]
}

/** Bodies that no schema fits. */
function anywhere(maxBytes: number): HostileRequest[] {
  const half = Math.floor(maxBytes / 2) - 20
  return [
    { told: 'arrays in arrays', body: '['.repeat(half) + ']'.repeat(half) },
    { told: 'arrays that stay open', body: '['.repeat(maxBytes) },
    { told: 'arrays that stay open and __proto__', body: `["__proto__",${'['.repeat(half)}` },
    { told: 'objects in objects', body: `${'{"a":'.repeat(half / 3)}0${'}'.repeat(half / 3)}` },
    { told: 'one member again and again', body: `{${fill(maxBytes - 20, () => '"a":0')}}` },
    { told: 'members and __proto__', body: `{"__proto__":0,${fill(half, (n) => `"${n}x":0`)}}` },
    { told: 'escapes', body: `"${'\\u0041'.repeat(maxBytes / 6 - 1)}"` },
    { told: 'digits', body: '9'.repeat(maxBytes) },
    { told: 'white space', body: ' '.repeat(maxBytes) },
    { told: 'colons', body: `"${' :'.repeat(half)}"` },
    { told: 'elements of many kinds', body: `[${fill(maxBytes - 20, () => '{},[],"",0')}]` },
  ]
}

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
    ]),
  ]
}

/** Headers that a route or the server reads. */
export function hostileHeaders(): HostileRequest[] {
  const of = (name: string, text: string): HostileRequest => ({
    told: `${name} of ${text}`,
    headers: { [name]: text.repeat(maxHeadBytes / text.length) },
  })
  return [
    of('x-forwarded-for', '127.0.0.1,'),
    of('x-forwarded-for', ','),
    of('forwarded', 'for="'),
    of('forwarded', 'for=127.0.0.1;,'),
    of('forwarded', '"\\'),
    of('if-match', '"a" , '),
    of('if-match', '"'),
    of('if-none-match', 'W/"a",'),
    of('accept-encoding', 'gzip;q=0,'),
    of('accept', 'a/a,'),
    of('x-acting-user', 'a'),
    of('x-acting-user', '%'),
    of('idempotency-key', 'a'),
    of('x-request-id', 'a'),
    of('cookie', 'a=a;'),
    of('content-type', 'a/a;'),
    of('content-type', 'application/json;a="'),
    of('range', 'bytes=0-0,'),
    of('x-verifier-authorization', 'Bearer a,'),
    of('authorization', 'Bearer a '),
    of('authorization', 'aeon_'),
    of('authorization', 'Bearer eyJ.'),
  ]
}

/** Comma-separated texts of `make`, of at most `maxBytes` and `maxCount`. */
function fill(maxBytes: number, make: (n: number) => string, maxCount = 1e6, by = ','): string {
  const parts: string[] = []
  for (let bytes = 0; parts.length < maxCount; ) {
    const part = make(parts.length)
    bytes += part.length + by.length
    if (bytes > maxBytes) break
    parts.push(part)
  }
  return parts.join(by)
}

/** A value of the lengths that the schema allows, in which every scalar is wrong. */
function wrong(schema: Json, document: Json): Json {
  const named = resolve(schema, document)
  const types = [named?.type].flat()
  if (types.includes('array')) {
    return Array.from({ length: named.maxItems ?? 100 }, () => wrong(named.items, document))
  }
  if (!types.includes('object')) return { type: 'none' }
  const fields: [string, Json][] = Object.entries(named.properties ?? {})
  return {
    ...Object.fromEntries(fields.map(([name, field]) => [name, wrong(field, document)])),
    ...Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`unknown ${index}`, 0])),
  }
}

function resolve(schema: Json, document: Json): Json {
  const name = schema?.$ref?.split('/').at(-1)
  return name === undefined ? schema : document.components.schemas[name]
}
