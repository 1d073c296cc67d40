import type { Caller } from './caller.ts'

const issuers = 4
const keysOfIssuer = 5

/**
 * One instance issues keys while another revokes all keys of the account. By the audit log, whose
 * order is that of the commits, a key is issued before and revoked, or issued after and valid.
 * Returns what is wrong.
 */
export async function raceBulkRevocation(
  first: Caller,
  second: Caller,
): Promise<string | undefined> {
  const account = await first.newAccount()
  const keys = `/v1/accounts/${account}/api-keys`
  const issuing = Array.from({ length: issuers }, async (_, issuer) => {
    const issued: { id: string; token: string }[] = []
    for (let place = 0; place < keysOfIssuer; place += 1) {
      issued.push(await first.issue(account, `key ${issuer} ${place}`))
    }
    return issued
  })
  await second.call('POST', `${keys}/revoke?wait_ms=20000`, { filter: { all: true } })
  const issued = (await Promise.all(issuing)).flat()
  const { audit_events } = await first.call('GET', `/v1/accounts/${account}/audit-events?limit=100`)
  const events: readonly AuditEvent[] = audit_events
  const revokedAt = events.find(({ action }) => action === 'api_key.bulk_revoked')?.number ?? 0
  for (const { id, token } of issued) {
    const event = events.find(
      ({ action, resource }) => action === 'api_key.issued' && resource.id === id,
    )
    const verdict = await second.verify(token)
    if (event === undefined) return `the audit log lacks the issue of ${id}`
    const wanted = event.number < revokedAt ? 'revoked' : 'valid'
    if (verdict !== wanted) {
      return `a key that was issued ${wanted === 'valid' ? 'after' : 'before'} a bulk revocation is ${verdict}`
    }
  }
  return undefined
}

interface AuditEvent {
  readonly number: number
  readonly action: string
  readonly resource: { readonly id: string | null }
}
