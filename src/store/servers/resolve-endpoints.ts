import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Endpoint, isSocketFolder, type ServerAddress } from './server-address.ts'

/**
 * The addresses of a server's name, each an endpoint. Rejects if the name does not resolve in time.
 */
export async function resolveWithin(
  server: ServerAddress,
  withinMs: number,
): Promise<readonly Endpoint[]> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`the name did not resolve within ${Math.round(withinMs)} ms`)),
    withinMs,
  )
  try {
    return await Promise.race([resolveEndpoints(server), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function resolveEndpoints(server: ServerAddress): Promise<readonly Endpoint[]> {
  const { host } = server
  if (isSocketFolder(host) || isIP(host) !== 0) return [{ ...server, address: host }]
  const found = await lookup(host, { all: true })
  const addresses = [...new Set(found.map(({ address }) => address))]
  // With one address nothing has to be chosen, and `pg` resolves the name itself.
  if (addresses.length < 2) return [{ ...server, address: host }]
  return addresses.map((address) => ({ ...server, address }))
}
