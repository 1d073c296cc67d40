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
  const { unfit, unknown, values, texts } = fillingsOf(maxBytes)
  return [
    ...unfit,
    { told: 'unknown members', body: `{${good}${unknown}}` },
    { told: 'everything wrong', body: wrong(named, document, maxBytes).slice(0, maxBytes) },
    ...fields.flatMap((field) =>
      values.map(({ told, json }) => ({ told: `/${field} ${told}`, body: `{"${field}":${json}}` })),
    ),
    ...fields.flatMap((field) => texts.map((text) => withText(field, text))),
  ]
}

/** What large bodies consist of, for any route with this limit. */
interface Fillings {
  readonly unfit: readonly HostileRequest[]
  /** Members without their braces. */
  readonly unknown: string
  /** Values of any field. */
  readonly values: readonly { readonly told: string; readonly json: string }[]
  readonly texts: readonly { readonly text: string; readonly one: string; readonly many: string }[]
}

const fillings = new Map<number, Fillings>()

/** Made once for each limit: for each field of each route it took a third of the test. */
function fillingsOf(maxBytes: number): Fillings {
  const known = fillings.get(maxBytes) ?? makeFillings(maxBytes)
  fillings.set(maxBytes, known)
  return known
}

function makeFillings(maxBytes: number): Fillings {
  const most = maxBytes - 200
  const few = Math.min(most, 30_000)
  return {
    unfit: unfitBodies(maxBytes),
    unknown: fill(most, (n) => `"f${n}":0`),
    values: [
      ...['""', '{}', '[]', '0', '{"a":[{"b":0}]}'].map((element) => ({
        told: `as an array of ${element}`,
        json: `[${fill(most, () => element)}]`,
      })),
      {
        told: 'as an object of many members',
        json: `{${fill(most, (n) => `"\\u0000${n}":"\\u0000"`)}}`,
      },
      {
        told: 'as an object of 1,900 members',
        json: `{${fill(few, (n) => `"\\u0000${n}":0`, 1_900)}}`,
      },
      { told: 'as a long text', json: `"${'\u{1f511}'.repeat(most / 4)}"` },
    ],
    texts: hostileTexts(maxBytes).map((text) => {
      const one = JSON.stringify(text)
      return { text, one, many: fill(8_000, () => one, 100) }
    }),
  }
}

/** A field with a text, alone or in an array: what the schema of the field is. */
function withText(field: string, { text, one, many }: Fillings['texts'][number]): HostileRequest {
  return {
    told: `/${field} of ${text.slice(0, 20)} (${text.length})`,
    body: `{"${field}":${isPlural(field) ? `[${many || one}]` : one}}`,
  }
}

function isPlural(field: string): boolean {
  return /(?:s|entries)$/.test(field)
}

/**
 * The JSON of a value of the lengths that the schema allows, in which every scalar is wrong. An
 * array ends beyond `maxBytes`, where the body is cut.
 */
function wrong(schema: Json, document: Json, maxBytes: number): string {
  const named = resolve(schema, document)
  const types = [named?.type].flat()
  if (types.includes('array')) {
    const item = wrong(named.items, document, maxBytes)
    const count = Math.min(named.maxItems ?? 100, Math.ceil(maxBytes / item.length))
    return `[${Array(count).fill(item).join(',')}]`
  }
  if (!types.includes('object')) return '{"type":"none"}'
  const fields: [string, Json][] = Object.entries(named.properties ?? {})
  const members = [
    ...fields.map(([name, field]) => [name, wrong(field, document, maxBytes)]),
    ...Array.from({ length: 15 }, (_, index) => [`unknown ${index}`, '0']),
  ]
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}
