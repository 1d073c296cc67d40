import { formatToken, type Token } from '../../src/domain/token/token.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import type { Deps } from '../../src/http/deps.ts'
import type { SecretHash } from '../../src/verification/hashing/hasher.ts'
import { concurrently } from '../concurrently.ts'

/** A key before it is in a database: its token is good there once its row is. */
export interface MadeKey {
  readonly id: string
  readonly createdAt: Date
  readonly token: Token
  readonly secretHash: SecretHash
}

/** The keys of an account grow over two years: their ids and rows lie among those of all others. */
export const spreadMs = 2 * 365 * 24 * 60 * 60 * 1000

const hashedAtOnce = 8

/** Makes keys as issuing makes them, each with a secret and an Argon2 hash of its own. */
export async function makeKeys(deps: Deps, accountId: string, count: number): Promise<MadeKey[]> {
  const keys: MadeKey[] = []
  const now = deps.now().getTime()
  const indices = Array.from({ length: count }, (_, index) => index)
  await concurrently(indices, hashedAtOnce, async (index) => {
    // In no order, so that one key after the other is nowhere near it in the table.
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
