import { formatToken } from '../../domain/token/token.ts'
import type { NewCredential } from '../../store/credentials.ts'
import type { ManagementDeps } from '../deps.ts'

/** A new token, and the credential that is stored of it. */
export interface Minted {
  /** Shown once, and stored nowhere. */
  readonly token: string
  readonly credential: Omit<NewCredential, 'generation' | 'createdAt'>
}

type MintDeps = Pick<ManagementDeps, 'hasher' | 'randomBytes'> & {
  readonly keyring: Pick<ManagementDeps['keyring'], 'signing'>
}

/** Creates a token of a key under the tag key that signs now, and the hash of its secret. */
export async function mintToken(
  deps: MintDeps,
  key: { readonly id: string; readonly accountId: string; readonly tokenPrefix: string },
): Promise<Minted> {
  // Another key may sign by the time that the row is inserted: the row must name the key of this
  // tag.
  const tagKey = deps.keyring.signing
  const token = formatToken({
    prefix: key.tokenPrefix,
    keyId: key.id,
    secret: deps.randomBytes(32),
    tagKey,
  })
  const secretHash = await deps.hasher.hash(key.accountId, token.secret)
  return {
    token: token.text,
    credential: { apiKeyId: key.id, tag: token.tag, tagKeyId: tagKey.id, ...secretHash },
  }
}
