import { sealJwtForm } from '../../domain/token/jwt-form.ts'
import { findTagKey } from '../../domain/token/tag.ts'
import { parseToken } from '../../domain/token/token.ts'
import type { ManagementDeps } from '../deps.ts'
import type { IssuedKey } from './issue.ts'

/**
 * The JWT form of the token of a key that was just issued, signed with the key of its MAC tag: that
 * key stays in the keyring for as long as the credential is valid.
 */
export function jwtFormOf(
  deps: Pick<ManagementDeps, 'keyring'>,
  { apiKey, token: text }: Pick<IssuedKey, 'apiKey' | 'token'>,
): string {
  const token = parseToken(text)
  const tagKey = token && findTagKey(token, deps.keyring.keys)
  if (token === undefined || tagKey === undefined) throw new Error('An issued token is not ours.')
  return sealJwtForm({ token, issuedAt: apiKey.createdAt, expiresAt: apiKey.expiresAt, tagKey })
}
