import { ProviderUnavailable } from './errors.ts'
import { type JsonDocument, type MemberType, requireTypes } from './json-document.ts'

/** Without these nobody signs in (OpenID Connect Discovery 1.0, section 3). */
const needed = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const

/** The members of the metadata that a sign-in or a sign-out reads, by the library too. */
const types: Readonly<Record<string, MemberType>> = {
  issuer: 'string',
  authorization_endpoint: 'URL',
  token_endpoint: 'URL',
  jwks_uri: 'URL',
  end_session_endpoint: 'string',
  token_endpoint_auth_methods_supported: 'list of strings',
  id_token_signing_alg_values_supported: 'list of strings',
  authorization_response_iss_parameter_supported: 'true or false',
}

/** Throws ProviderUnavailable that names the member by which the metadata are of no use. */
export function requireMetadata(metadata: JsonDocument, issuer: string): void {
  requireMembers(metadata, issuer, types, needed)
}

/** Where the keys of an issuer are, by metadata of which nothing else is read. Throws alike. */
export function keysUrlOf(metadata: JsonDocument, issuer: string): string {
  const read: Readonly<Record<string, MemberType>> = { issuer: 'string', jwks_uri: 'URL' }
  requireMembers(metadata, issuer, read, Object.keys(read))
  return String(metadata.jwks_uri)
}

function requireMembers(
  metadata: JsonDocument,
  issuer: string,
  read: Readonly<Record<string, MemberType>>,
  names: readonly string[],
): void {
  requireTypes(metadata, read, 'the metadata of the provider')
  const missing = names.find((name) => metadata[name] === undefined)
  if (missing !== undefined) {
    throw new ProviderUnavailable(`The metadata of the provider lacks the member ${missing}.`)
  }
  // A text that is compared letter by letter: libraries compare URLs.
  if (metadata.issuer === issuer) return
  throw new ProviderUnavailable('The metadata of the provider names another issuer.')
}
