/**
 * Introspection (RFC 7662) by oidc-provider of opaque tokens of its client credentials grant.
 * ADAPTER is `memory` or `pg`. The caller authenticates itself by its client secret, as the
 * protocol demands.
 */
import { Provider } from 'oidc-provider'
import { createMemoryAdapter, createPgAdapter, createTable } from './oidc-adapters.ts'
import { handOver, keys, openPool, withPool } from './setup.ts'

const { HOST = '', PORT, ADAPTER, CLIENT_ID = '', CLIENT_SECRET = '' } = process.env
const daySeconds = 24 * 60 * 60

const inMemory = createMemoryAdapter()
if (ADAPTER === 'pg') {
  await withPool(async (pool) => {
    await createTable(pool)
    await handOver(await issue(createProvider(createPgAdapter(pool))))
    await pool.query('vacuum (analyze) stored')
  })
} else {
  await handOver(await issue(createProvider(inMemory)))
}

const adapter = ADAPTER === 'pg' ? createPgAdapter(openPool()) : inMemory
const server = createProvider(adapter).listen(Number(PORT), HOST)
process.once('SIGTERM', () => {
  server.close(() => process.exit())
  server.closeAllConnections()
})

function createProvider(adapter: typeof inMemory | ReturnType<typeof createPgAdapter>): Provider {
  return new Provider(`http://${HOST}:${PORT}`, {
    adapter,
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      devInteractions: { enabled: false },
    },
    scopes: ['cluster'],
    ttl: { ClientCredentials: () => daySeconds },
  })
}

async function issue(provider: Provider): Promise<string[]> {
  const client = await provider.Client.find(CLIENT_ID)
  const tokens: string[] = []
  for (let index = 0; index < keys; index += 1) {
    tokens.push(await new provider.ClientCredentials({ client, scope: 'cluster' }).save())
  }
  return tokens
}
