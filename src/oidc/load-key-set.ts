import { isRecord } from '../domain/is-record.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { ProviderUnavailable } from './errors.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
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
  const read = async (url: string): Promise<Readonly<Record<string, unknown>>> => {
    const headers = { accept: 'application/json' }
    const response = await boundedFetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) })
    if (response.status !== 200) {
      throw new ProviderUnavailable(`The provider answers ${response.status}.`)
    }
    return parseObject(await response.text())
  }
  // OpenID Connect Discovery 1.0, section 4.1: without the slash at the end, if there is one.
  const metadata = await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const { issuer: named, jwks_uri: keysUrl } = metadata
  if (named !== issuer) {
    throw new ProviderUnavailable('The metadata of the provider names another issuer.')
  }
  if (typeof keysUrl !== 'string' || !URL.canParse(keysUrl)) {
    throw new ProviderUnavailable('The metadata of the provider names no keys.')
  }
  return parseKeySet(await read(keysUrl))
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // The text is not repeated: it is what another host says.
  }
  throw new ProviderUnavailable('The provider answers with something else than a JSON object.')
}
