import { ProviderUnavailable } from './errors.ts'

/** Metadata, keys or tokens: a directory with very many groups or keys has less than half of it. */
const maxBytes = 262_144

type Fetch = (url: string, options: RequestInit) => Promise<Response>

/**
 * A fetch for the endpoints of one provider. Metadata is what another host says: it may name no
 * other origin, so that it cannot point into the network of the service (SSRF), no redirect is
 * followed, and no answer is read beyond a bound. Throws ProviderUnavailable.
 */
export function createBoundedFetch(origins: ReadonlySet<string>): Fetch {
  return async (url, options) => {
    const { origin } = new URL(url)
    if (!origins.has(origin)) {
      throw new ProviderUnavailable(
        `The metadata of the provider names an endpoint at ${origin}: add it to origins in OIDC_FILE if it is right.`,
      )
    }
    const response = await fetch(url, { ...options, redirect: 'manual' }).catch(refuse)
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel()
      throw new ProviderUnavailable(`The provider answers ${response.status}, a redirect.`)
    }
    if (saysNothing(response.status)) {
      await response.body?.cancel()
      throw new ProviderUnavailable(`The provider answers ${response.status}.`)
    }
    const { status, headers } = response
    return new Response(await readAtMost(response, maxBytes).catch(refuse), { status, headers })
  }
}

/** An error of the provider, a limit of its rate, or an answer that has no body by its status. */
function saysNothing(status: number): boolean {
  return status >= 500 || status === 429 || status === 204 || status === 205
}

async function readAtMost(response: Response, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > most) {
      throw new ProviderUnavailable(`The provider answers with more than ${most} bytes.`)
    }
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** Whatever breaks, before an answer begins or within it: nothing of it was proved or refused. */
function refuse(error: unknown): never {
  if (error instanceof ProviderUnavailable) throw error
  throw new ProviderUnavailable(`The provider does not answer: ${causeOf(error)}`)
}

/** Node's fetch says only that it failed, and why in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error.name
}
