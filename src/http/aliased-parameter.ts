import { type Fault, invalidRequest } from '../errors.ts'

/**
 * The value of a query parameter that has several names, of which the document shows the first.
 * Throws `invalid_request` if two of them have different values: neither may be ignored, because
 * its sender counts on it.
 */
export function aliasedParameter<Name extends string>(
  query: { readonly [name in Name]?: string },
  names: readonly [Name, ...Name[]],
): string | undefined {
  const given = names.filter((name) => query[name] !== undefined)
  const [first] = given
  if (first === undefined) return undefined
  const value = query[first]
  const others = given.filter((name) => query[name] !== value)
  if (others.length === 0) return value
  const [documented] = names
  const message = `${given.join(' and ')} are names of one parameter. Send ${documented} only.`
  throw invalidRequest(
    others.map((name): Fault => ({ in: 'query', field: `/${name}`, rule: 'same_value', message })),
  )
}
