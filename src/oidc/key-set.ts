import type { JWK } from 'jose'
import { isRecord } from '../domain/is-record.ts'
import { ProviderUnavailable } from './errors.ts'
import { type JsonDocument, type MemberType, requireTypes } from './json-document.ts'

/** The keys of an issuer by their `kid`. Two keys may share one if their types differ. */
export type KeySet = ReadonlyMap<string, readonly JWK[]>

/** Large providers publish fewer than 20. */
const maxKeys = 100

/** Signatures by the holder of a private key. What is not here, `none` and MACs too, is refused. */
const keyTypes: Readonly<Record<string, Pick<JWK, 'kty' | 'crv'>>> = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
}

/** Whether an algorithm is one by which the holder of a private key signs. */
export function isAsymmetric(algorithm: unknown): algorithm is string {
  return typeof algorithm === 'string' && Object.hasOwn(keyTypes, algorithm)
}

/** The members of a key that tell what it may check (RFC 7517, section 4; RFC 7518, section 6). */
const memberTypes: Readonly<Record<string, MemberType>> = {
  kid: 'string',
  use: 'string',
  key_ops: 'list of strings',
  alg: 'string',
  crv: 'string',
  n: 'string',
  e: 'string',
  x: 'string',
  y: 'string',
}

const knownTypes: ReadonlySet<unknown> = new Set(Object.values(keyTypes).map(({ kty }) => kty))

/**
 * The keys of a JWK Set (RFC 7517, section 5) that are of a kind which may sign. A key of an
 * unknown kind is ignored, as the section asks. Throws ProviderUnavailable for what is no JWK Set,
 * and names a member of a wrong type.
 */
export function parseKeys(document: unknown): readonly JsonDocument[] {
  const { keys } = isRecord(document) ? document : {}
  const set = 'the JWK Set of the provider'
  if (!Array.isArray(keys))
    throw new ProviderUnavailable(`The member keys of ${set} must be a list.`)
  return keys.filter((key: unknown, index): key is JsonDocument => {
    const where = `keys/${index} of ${set}`
    if (!isRecord(key)) throw new ProviderUnavailable(`The member ${where} must be an object.`)
    requireTypes(key, { kty: 'string' }, where)
    if (!knownTypes.has(key.kty)) return false
    requireTypes(key, memberTypes, where)
    return true
  })
}

/**
 * The public keys of a JWK Set by which an issuer may sign. Throws ProviderUnavailable as
 * `parseKeys` does, and for too many keys.
 */
export function parseKeySet(document: unknown): KeySet {
  const { keys: all } = isRecord(document) ? document : {}
  if (Array.isArray(all) && all.length > maxKeys) {
    throw new ProviderUnavailable(`The provider has more than ${maxKeys} keys.`)
  }
  const byId = new Map<string, JWK[]>()
  for (const key of parseKeys(document)) {
    if (!isSigningKey(key)) continue
    const { kid } = key
    byId.set(kid, [...(byId.get(kid) ?? []), publicPartOf(key)])
  }
  return byId
}

/** The key of that id which may have signed by the algorithm. */
export function findKey(keys: KeySet, kid: string, algorithm: string): JWK | undefined {
  const wanted = keyTypes[algorithm]
  return keys
    .get(kid)
    ?.find(
      ({ kty, crv, alg }) =>
        kty === wanted?.kty &&
        (wanted?.crv === undefined || crv === wanted.crv) &&
        (alg === undefined || alg === algorithm),
    )
}

type SigningKey = JsonDocument & { readonly kid: string }

function isSigningKey(key: JsonDocument): key is SigningKey {
  const { kid, use, key_ops: operations } = key
  if (typeof kid !== 'string') return false
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

/** Only what a signature is checked by. A private key that a provider published stays out of it. */
function publicPartOf(key: SigningKey): JWK {
  const names = ['kty', 'crv', 'alg', 'n', 'e', 'x', 'y']
  const parts = names.filter((name) => typeof key[name] === 'string')
  return Object.fromEntries(parts.map((name) => [name, key[name]]))
}
