import { formatToken, type Token } from '../../src/domain/token/token.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import type { Deps } from '../../src/http/deps.ts'
import type { SecretHash } from '../../src/verification/hashing/hasher.ts'
import { concurrently } from '../concurrently.ts'

/** A key that is not in a database yet: its token is valid once the rows are. */
export interface MadeKey {
  readonly id: string
  readonly createdAt: Date
  readonly token: Token
  readonly secretHash: SecretHash
}

/** The keys of an account grow over two years: their ids and rows lie among those of all others. */
export const spreadMs = 2 * 365 * 24 * 60 * 60 * 1000

const hashedAtOnce = 8

/** Makes keys as issuing does, each with a secret and an Argon2 hash of its own. */
export async function makeKeys(deps: Deps, accountId: string, count: number): Promise<MadeKey[]> {
  const keys: MadeKey[] = []
  const now = deps.now().getTime()
  const indices = Array.from({ length: count }, (_, index) => index)
  await concurrently(indices, hashedAtOnce, async (index) => {
    // In random order, so that neighbours in the list are far apart in the table.
    const createdAt = new Date(now - Math.floor(Math.random() * spreadMs))
    const id = uuidV7(createdAt.getTime(), deps.randomBytes(10))
    const token = formatToken({
      prefix: deps.tokenPrefix,
      keyId: id,
      secret: deps.randomBytes(32),
      tagKey: deps.keyring.signing,
    })
    keys[index] = {
      id,
      createdAt,
      token,
      secretHash: await deps.hasher.hash(accountId, token.secret),
    }
  })
  return keys
}
