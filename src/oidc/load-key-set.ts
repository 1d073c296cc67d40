import { createBoundedFetch } from './bounded-fetch.ts'
import { type JsonDocument, readDocument } from './json-document.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import { keysUrlOf } from './metadata.ts'
import type { ProviderSettings } from './provider-settings.ts'

const timeoutMs = 5_000

/**
 * Asks an issuer for its keys: its metadata (OpenID Connect Discovery 1.0, section 4), which must
 * be of this very issuer, and the JWK Set that they name. Throws ProviderUnavailable.
 */
export async function loadKeySet({
  issuer,
  origins,
}: Pick<ProviderSettings, 'issuer' | 'origins'>): Promise<KeySet> {
  const boundedFetch = createBoundedFetch(new Set([new URL(issuer).origin, ...origins]))
  const read = async (url: string): Promise<JsonDocument> => {
    const headers = { accept: 'application/json' }
    const signal = AbortSignal.timeout(timeoutMs)
    return readDocument(await boundedFetch(url, { headers, signal }))
  }
  // OpenID Connect Discovery 1.0, section 4.1: without the slash at the end, if there is one.
  const metadata = await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  return parseKeySet(await read(keysUrlOf(metadata, issuer)))
}
