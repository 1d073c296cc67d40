import { actorOf, type KeyPrincipal } from '../../src/domain/principal.ts'
import type { Deps } from '../../src/http/deps.ts'
import { createAccount } from '../../src/management/accounts/create.ts'
import { createLog } from '../../src/process/log.ts'
import { createService } from '../../src/process/service.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import { findRoleWithEffects } from '../../src/store/roles.ts'
import { verify } from '../../src/verification/verify.ts'
import { loadKeys } from './load-keys.ts'
import { type MadeKey, makeKeys } from './make-keys.ts'

/** The content of a database, and the token of its caller. */
export interface Dataset {
  readonly databaseUrl: string
  /** A key of the platform account: the caller of every request. */
  readonly rootToken: string
  /** The account that all other keys belong to. */
  readonly accountId: string
  /** All keys of the account, including those without a known token. */
  readonly keys: number
  /** Tokens of valid keys, usable from anywhere, that never expire and were used before. */
  readonly tokens: readonly string[]
  /**
   * Other tokens of the same kind at each call, to be revoked. Throws RangeError when too few are
   * left.
   */
  takeRevocable(count: number): string[]
  readonly revokedTokens: readonly string[]
  readonly expiredTokens: readonly string[]
  /** Another account, with keys without a known token. */
  readonly neighbourId: string
}

export interface DatasetSize {
  /** The keys of the account in total; those not named by the other fields have no known token. */
  readonly keys: number
  readonly tokens: number
  readonly revocableTokens?: number
  readonly revokedTokens?: number
  readonly expiredTokens?: number
  /** The keys of the other account. */
  readonly neighbourKeys?: number
}

/** Bootstraps an empty database and gives one account that many keys. */
export async function makeDataset(databaseUrl: string, size: DatasetSize): Promise<Dataset> {
  let rootToken = ''
  const service = await createService({
    ...(await loadSettings({ DATABASE_STATEMENT_TIMEOUT_MS: '600000' })),
    connection: databaseUrl,
    log: createLog('warn'),
    keepRootToken: async (token) => {
      rootToken = token
    },
  })
  try {
    const { deps } = service
    const principal = await principalOf(deps, rootToken)
    const { account } = await createAccount(deps, principal, { name: 'bench' })
    const role = await findRoleWithEffects(deps.db, account.id, { name: 'developer' })
    if (role === undefined) throw new Error('The account has no role developer.')

    const { tokens, revocableTokens = 0, revokedTokens = 0, expiredTokens = 0 } = size
    const usable = tokens + revocableTokens + revokedTokens + expiredTokens
    const made = await makeKeys(deps, account.id, usable)
    const good = tokens + revocableTokens
    const sets = {
      used: made.slice(0, good),
      revoked: made.slice(good, usable - expiredTokens),
      expired: made.slice(usable - expiredTokens),
    }
    await loadKeys(deps, {
      accountId: account.id,
      roleId: role.id,
      createdBy: actorOf(principal),
      others: Math.max(0, size.keys - usable),
      ...sets,
    })
    const neighbourId = await makeNeighbour(deps, principal, size.neighbourKeys ?? 0)
    return {
      databaseUrl,
      rootToken,
      neighbourId,
      accountId: account.id,
      keys: Math.max(size.keys, usable),
      tokens: textsOf(sets.used.slice(0, tokens)),
      takeRevocable: takerFrom(textsOf(sets.used.slice(tokens))),
      revokedTokens: textsOf(sets.revoked),
      expiredTokens: textsOf(sets.expired),
    }
  } finally {
    await service.stop()
  }
}

async function makeNeighbour(deps: Deps, principal: KeyPrincipal, keys: number): Promise<string> {
  const { account } = await createAccount(deps, principal, { name: 'neighbour' })
  const role = await findRoleWithEffects(deps.db, account.id, { name: 'developer' })
  if (role === undefined) throw new Error('The account has no role developer.')
  const none = { used: [], revoked: [], expired: [] }
  const createdBy = actorOf(principal)
  if (keys > 0) {
    await loadKeys(deps, {
      accountId: account.id,
      roleId: role.id,
      createdBy,
      others: keys,
      ...none,
    })
  }
  return account.id
}

function textsOf(keys: readonly MadeKey[]): string[] {
  return keys.map(({ token }) => token.text)
}

function takerFrom(tokens: string[]): (count: number) => string[] {
  return (count) => {
    if (count > tokens.length) throw new RangeError('There are too few keys to revoke.')
    return tokens.splice(0, count)
  }
}

async function principalOf(deps: Deps, token: string): Promise<KeyPrincipal> {
  const attempt = { address: undefined, permissions: [], accountId: undefined }
  const verdict = await verify(deps, token, attempt)
  if (!verdict.valid) throw new Error(`The root token is ${verdict.reason}.`)
  return {
    kind: 'key',
    key: verdict.key,
    address: undefined,
    actingUser: undefined,
    session: undefined,
    requestId: 'bench',
    epoch: deps.cache.epoch,
    readAt: undefined,
    authorityRenewed: false,
  }
}
