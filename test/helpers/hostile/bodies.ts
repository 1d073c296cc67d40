import type { Json } from '../api.ts'
import { fill } from './fill.ts'
import type { HostileRequest } from './hostile-request.ts'
import { resolve } from './resolve.ts'
import { hostileTexts } from './texts.ts'
import { unfitBodies } from './unfit-bodies.ts'

/**
 * Bodies of at most `maxBytes` for a schema of an OpenAPI document; undefined: there is no body.
 */
export function hostileBodies(schema: Json, maxBytes: number, document: Json): HostileRequest[] {
  const named = resolve(schema, document)
  const fields = Object.keys(named?.properties ?? {})
  const good = fields.length === 0 ? '' : `${JSON.stringify(fields[0])}:"",`
  return [
    ...unfitBodies(maxBytes),
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
    ...fields.flatMap((field) => hostileTexts(maxBytes).map((text) => withText(field, text))),
    ...fields.map((field) => ({
      told: `/${field} as a long text`,
      body: `{"${field}":"${'\u{1f511}'.repeat((maxBytes - 200) / 4)}"}`,
    })),
  ]
}

/** A field with a text, alone and in arrays and objects: what the schema of the field is. */
function withText(field: string, text: string): HostileRequest {
  const json = JSON.stringify(text)
  const many = fill(8_000, () => json, 100)
  return {
    told: `/${field} of ${text.slice(0, 20)} (${text.length})`,
    body: `{"${field}":${isPlural(field) ? `[${many || json}]` : json}}`,
  }
}

function isPlural(field: string): boolean {
  return /(?:s|entries)$/.test(field)
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
