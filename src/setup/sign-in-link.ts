import { hash } from 'node:crypto'
import type { AuditDeps } from '../acts/deps.ts'
import { newId } from '../acts/ids.ts'
import type { AuditDraft } from '../domain/audit/audit-event.ts'
import { formatConsoleSecret } from '../domain/session/console-secret.ts'
import type { TagKey } from '../domain/token/tag.ts'
import type { StoreTransaction } from '../store/database.ts'
import { insertSignInLink } from '../store/sign-in-links.ts'

/** How long a sign-in link works, unless it is used before. */
export const signInLinkMinutes = 15

/** The key as which a sign-in link signs in. */
export interface LinkedKey {
  readonly accountId: string
  readonly apiKeyId: string
  readonly generation: number
}

export interface NewLink {
  /** Goes into the fragment of the link, which browsers send nowhere; stored nowhere. */
  readonly secret: string
  readonly expiresAt: Date
  readonly event: AuditDraft
}

/** Inserts a link that signs in once as the key, in the transaction of an act of the service. */
export async function createSignInLink(
  deps: AuditDeps,
  trx: StoreTransaction,
  { accountId, apiKeyId, generation }: LinkedKey,
  tagKey: TagKey,
): Promise<NewLink> {
  const now = deps.now()
  const id = newId(deps)
  const { text } = formatConsoleSecret('sign_in', { id, secret: deps.randomBytes(32), tagKey })
  const expiresAt = new Date(now.getTime() + signInLinkMinutes * 60_000)
  await insertSignInLink(trx, {
    id,
    apiKeyId,
    generation,
    hash: hash('sha256', text, 'buffer'),
    createdAt: now,
    expiresAt,
  })
  const event = {
    accountId,
    action: 'session.link_issued',
    resource: { type: 'session', id, name: null },
    before: null,
    after: { api_key_id: apiKeyId, expires_at: expiresAt.toISOString() },
  } as const
  return { secret: text, expiresAt, event }
}

/** The link that opens the console at an origin and signs in there after a click. */
export function signInUrl(origin: string, secret: string): string {
  return `${origin}/console#sign-in=${secret}`
}
