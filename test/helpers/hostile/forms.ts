import type { Json } from '../api.ts'
import { fill } from './fill.ts'
import type { HostileRequest } from './hostile-request.ts'
import { resolve } from './resolve.ts'

/** Forms of at most `maxBytes` for the parameters of a schema. */
export function hostileForms(schema: Json, maxBytes: number, document: Json): HostileRequest[] {
  const fields = Object.keys(resolve(schema, document)?.properties ?? {})
  const of = (told: string, body: string): HostileRequest => ({
    told,
    body: body.slice(0, maxBytes),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  const repeated = (text: string) => text.repeat(maxBytes / text.length)
  return [
    of('ampersands', repeated('&')),
    of('equal signs', repeated('=')),
    of('percent signs', repeated('%')),
    of('encoded NUL', `token=${repeated('%00')}`),
    of('encoded surrogates', `token=${repeated('%ed%a0%80')}`),
    of(
      'thousands of parameters',
      fill(maxBytes, (n) => `p${n}=`, 1e6, '&'),
    ),
    of('brackets', `token=a&${repeated('a[b][c]=&')}`),
    of('plus signs', `token=${repeated('+')}`),
    ...fields.flatMap((field) => [
      of(`${field} again and again`, `token=a&${repeated(`${field}=a&`)}`),
      of(`a long ${field}`, `token=a&${field}=${repeated('a:')}`),
      of(`${field} like tokens`, `token=a&${field}=${repeated('eyJ.aeon_')}`),
    ]),
  ]
}
