import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Json } from '../../helpers/api.ts'

const path = join(import.meta.dirname, '../../../openapi/openapi.json')
const document: Json = JSON.parse(readFileSync(path, 'utf8'))
const schemas: Readonly<Record<string, Json>> = document.components.schemas

/**
 * Of every component of an answer, one as a later version may give it: all fields that are known,
 * one more in every object, and another value in every text that has known values.
 */
export function futureSamples(): Readonly<Record<string, Json>> {
  const names = new Set<string>()
  for (const item of Object.values<Json>(document.paths)) {
    for (const { responses } of Object.values<Json>(item)) collect(responses, names)
  }
  const objects = [...names].filter((name) => schemas[name]?.properties !== undefined).sort()
  return Object.fromEntries(objects.map((name) => [name, sampleOf(schemas[name])]))
}

/**
 * Holds what a program printed after `models: ` against the samples that it read: the generated
 * model of each kept every value of every field that it knows.
 */
export function checkModels(t: Test, samples: Readonly<Record<string, Json>>, printed: string) {
  const [, json = '{}'] = /^models: (.*)$/m.exec(printed) ?? []
  const models: Json = JSON.parse(json)
  t.same(Object.keys(models).sort(), Object.keys(samples), 'every model of an answer')
  for (const [name, sample] of Object.entries(samples)) {
    t.same(lostOf(sample, models[name], name), [], `${name} keeps what it knows`)
  }
}

function sampleOf(schema: Json): Json {
  const { $ref, type, properties, items, format, additionalProperties } = schema
  if ($ref !== undefined) return sampleOf(schemas[$ref.split('/').at(-1)])
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0])
  if (properties !== undefined) {
    const known = Object.entries<Json>(properties).map(([name, field]) => [name, sampleOf(field)])
    return { ...Object.fromEntries(known), future_field: { a: ['value'] } }
  }
  switch ([type].flat().find((one) => one !== 'null')) {
    case 'array':
      return [sampleOf(items)]
    case 'object':
      return { label: additionalProperties?.type === 'string' ? 'a' : { a: 1 } }
    case 'integer':
    case 'number':
      return 7
    case 'boolean':
      return true
    default:
      return textOf(schema['x-extensible-enum'], format)
  }
}

function textOf(known: readonly string[] | undefined, format: string | undefined): string {
  if (known !== undefined) return 'future_value'
  if (format === 'uri') return 'https://keys.example.com/a-path'
  if (format === 'uuid') return '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
  return format === 'date-time' ? '2030-01-02T03:04:05.000Z' : 'a text'
}

/** The places of a sample whose values a model does not have. Times may have another form. */
function lostOf(sample: Json, model: Json, at: string): string[] {
  if (Array.isArray(sample)) return lostOf(sample[0], model?.[0], `${at}/0`)
  if (typeof sample === 'object') {
    return Object.entries<Json>(sample)
      .filter(([name]) => name !== 'future_field')
      .flatMap(([name, value]) => lostOf(value, model?.[name], `${at}/${name}`))
  }
  const isSame = model === sample || (isTime(sample) && Date.parse(model) === Date.parse(sample))
  return isSame ? [] : [`${at}: ${JSON.stringify(model)}`]
}

function isTime(value: Json): boolean {
  return typeof value === 'string' && value.startsWith('2030-01-02T')
}

function collect(node: Json, names: Set<string>): void {
  if (typeof node !== 'object' || node === null) return
  for (const [name, value] of Object.entries<Json>(node)) {
    if (name !== '$ref') collect(value, names)
    else if (value.startsWith('#/components/responses/')) {
      collect(document.components.responses[value.split('/').at(-1)], names)
    } else if (value.startsWith('#/components/schemas/')) {
      const component = value.split('/').at(-1)
      if (names.has(component)) continue
      names.add(component)
      collect(schemas[component], names)
    }
  }
}
