import type { Deps } from '../src/deps.ts'
import { actorOf, type Principal } from '../src/domain/principal.ts'
import { formatToken, type Token } from '../src/domain/token.ts'
import { createAccount } from '../src/keys/accounts/create.ts'
import type { SecretHash } from '../src/keys/hashing/hasher.ts'
import { newId } from '../src/keys/ids.ts'
import { verify } from '../src/keys/verify.ts'
import { createLog } from '../src/log.ts'
import { createService } from '../src/service.ts'
import { readSettings } from '../src/settings.ts'
import { insertApiKey } from '../src/store/api-keys.ts'
import { insertCredential } from '../src/store/credentials.ts'
import { findRoleWithEffects } from '../src/store/roles.ts'
import { inTransaction } from '../src/store/transaction.ts'
import { concurrently } from './concurrently.ts'

export interface Keys {
  /** A key of the platform account: the caller of every request. */
  readonly rootToken: string
  /** Keys of one account, usable from anywhere, that never expire. */
  readonly tokens: readonly string[]
}

const batchSize = 250
const batchesAtOnce = 4

/** Bootstraps an empty database and issues `count` keys. */
export async function issueKeys(databaseUrl: string, count: number): Promise<Keys> {
  let rootToken = ''
  const service = await createService({
    ...(await readSettings({})),
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

/** Skips what issuing asks the database each time: it inserts what issuing inserts, many keys a transaction. */
async function issueFor(deps: Deps, principal: Principal, count: number): Promise<string[]> {
  const { account } = await createAccount(deps, principal, { name: 'bench' })
  const role = await findRoleWithEffects(deps.db, account.id, { name: 'developer' })
  if (role === undefined) throw new Error('The account has no role developer.')
  const batches = Array.from({ length: Math.ceil(count / batchSize) }, (_, batch) => batch)
  const tokens: string[] = []
  await concurrently(batches, batchesAtOnce, async (batch) => {
    const size = Math.min(batchSize, count - batch * batchSize)
    const keys = await Promise.all(Array.from({ length: size }, () => makeKey(deps, account.id)))
    await inTransaction(deps.db, async (trx) => {
      for (const { id, token, secretHash } of keys) {
        const createdAt = deps.now()
        await insertApiKey(trx, {
          id,
          accountId: account.id,
          name: `key ${id}`,
          description: '',
          roleId: role.id,
          reach: 'anywhere',
          allowListIds: [],
          tokenPrefix: token.prefix,
          createdAt,
          createdBy: actorOf(principal),
          expiresAt: null,
        })
        await insertCredential(trx, {
          apiKeyId: id,
          generation: 1,
          tag: token.tag,
          tagKeyId: deps.ring.signing.id,
          createdAt,
          ...secretHash,
        })
      }
    })
    tokens.push(...keys.map(({ token }) => token.text))
  })
  return tokens
}

async function makeKey(
  deps: Deps,
  accountId: string,
): Promise<{ id: string; token: Token; secretHash: SecretHash }> {
  const id = newId(deps)
  const token = formatToken({
    prefix: deps.tokenPrefix,
    keyId: id,
    secret: deps.randomBytes(32),
    tagKey: deps.ring.signing,
  })
  return { id, token, secretHash: await deps.hasher.hash(accountId, token.secret) }
}
