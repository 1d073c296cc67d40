import { readConfig } from '../src/config.ts'
import type { Deps } from '../src/deps.ts'
import type { Principal } from '../src/domain/principal.ts'
import { createAccount } from '../src/keys/accounts/create.ts'
import { issueApiKey } from '../src/keys/api-keys/issue.ts'
import { verify } from '../src/keys/verify.ts'
import { createLog } from '../src/log.ts'
import { createService } from '../src/service.ts'
import { concurrently } from './concurrently.ts'

export interface Keys {
  /** A key of the platform account: the caller of every request. */
  readonly rootToken: string
  /** Keys of one account, usable from anywhere, that never expire. */
  readonly tokens: readonly string[]
}

const issuedAtOnce = 16

/** Bootstraps an empty database and issues `count` keys, through the use cases and without HTTP. */
export async function issueKeys(databaseUrl: string, count: number): Promise<Keys> {
  let rootToken = ''
  const service = await createService({
    config: readConfig({ DATABASE_POOL_MAX: String(issuedAtOnce) }),
    connection: databaseUrl,
    log: createLog('warn'),
    keepRootToken: async (token) => {
      rootToken = token
    },
  })
  try {
    const { deps } = service
    const principal = await principalOf(deps, rootToken)
    return { rootToken, tokens: await issueFor(deps, principal, count) }
  } finally {
    await service.stop()
  }
}

async function principalOf(deps: Deps, token: string): Promise<Principal> {
  const attempt = { address: undefined, permissions: [], accountId: undefined }
  const verdict = await verify(deps, token, attempt)
  if (!verdict.valid) throw new Error(`The root token is ${verdict.reason}.`)
  return { key: verdict.key, address: undefined, actingUser: undefined }
}

async function issueFor(deps: Deps, principal: Principal, count: number): Promise<string[]> {
  const { account } = await createAccount(deps, principal, { name: 'bench' })
  const names = Array.from({ length: count }, (_, index) => `key ${index}`)
  const tokens: string[] = []
  await concurrently(names, issuedAtOnce, async (name) => {
    const { token } = await issueApiKey(deps, principal, account.id, {
      name,
      description: '',
      role: 'developer',
      expiresAt: null,
      allowListIds: [],
    })
    tokens.push(token)
  })
  return tokens
}
