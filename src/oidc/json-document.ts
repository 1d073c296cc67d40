import { isRecord } from '../domain/is-record.ts'
import { ProviderUnavailable } from './errors.ts'

/** An object of JSON, as another host wrote it. */
export type JsonDocument = Readonly<Record<string, unknown>>

/** Reads a document of a provider. Throws ProviderUnavailable for any other answer. */
export async function readDocument(response: Response): Promise<JsonDocument> {
  if (response.status !== 200) {
    throw new ProviderUnavailable(`The provider answers ${response.status}.`)
  }
  try {
    const value: unknown = await response.json()
    if (isRecord(value)) return value
  } catch {
    // The text is not repeated: it is what another host says.
  }
  throw new ProviderUnavailable('The provider answers with something else than a JSON object.')
}

/** The type that a member must have where it is there. */
export type MemberType = keyof typeof typeChecks

const typeChecks = {
  string: (value: unknown): boolean => typeof value === 'string',
  'true or false': (value: unknown): boolean => typeof value === 'boolean',
  'list of strings': (value: unknown): boolean =>
    Array.isArray(value) && value.every((one) => typeof one === 'string'),
  URL: (value: unknown): boolean => typeof value === 'string' && URL.canParse(value),
}

/**
 * Throws ProviderUnavailable that names the first member which is there with another type: the
 * fault is of the provider, and says nothing of a person. `where` says what the member is of.
 */
export function requireTypes(
  document: JsonDocument,
  types: Readonly<Record<string, MemberType>>,
  where: string,
): void {
  for (const [name, type] of Object.entries(types)) {
    const value = document[name]
    if (value === undefined || typeChecks[type](value)) continue
    const article = type === 'true or false' ? '' : 'a '
    throw new ProviderUnavailable(`The member ${name} of ${where} must be ${article}${type}.`)
  }
}
