/**
 * A process that issues and revokes keys on request, one after another, and reports how long that
 * took.
 */
import type { KeyPrincipal } from '../../src/domain/principal.ts'
import { createAccount } from '../../src/management/accounts/create.ts'
import { issueApiKey } from '../../src/management/api-keys/issue.ts'
import { revokeApiKey } from '../../src/management/api-keys/revoke.ts'
import { createLog } from '../../src/process/log.ts'
import { createService } from '../../src/process/service.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import { verify } from '../../src/verification/verify.ts'

export interface Times {
  /** Milliseconds an act. */
  readonly issue: number
  readonly revoke: number
}

let rootToken = ''
const { DATABASE_URL = '' } = process.env
const service = await createService({
  ...(await loadSettings({})),
  connection: DATABASE_URL,
  log: createLog('warn'),
  keepRootToken: async (token) => {
    rootToken = token
  },
})
const { deps } = service
const verdict = await verify(deps, rootToken, {
  address: undefined,
  permissions: [],
  accountId: undefined,
})
if (!verdict.valid) throw new Error(`The root token is ${verdict.reason}.`)
const principal: KeyPrincipal = {
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
const { account } = await createAccount(deps, principal, { name: 'bench' })

process.on('message', async (count: number) => {
  if (count === 0) {
    await service.stop()
    process.disconnect()
    return
  }
  process.send?.(await time(count))
})
process.send?.('ready')

async function time(count: number): Promise<Times> {
  const ids: string[] = []
  const issuing = performance.now()
  for (let made = 0; made < count; made += 1) {
    const { apiKey } = await issueApiKey(deps, principal, account.id, {
      name: `key ${deps.randomBytes(9).toString('hex')}`,
      description: '',
      role: 'developer',
      expiresAt: null,
      allowListIds: [],
      metadata: {},
    })
    ids.push(apiKey.id)
  }
  const revoking = performance.now()
  for (const id of ids) await revokeApiKey(deps, principal, account.id, id, 'measured')
  const done = performance.now()
  return { issue: (revoking - issuing) / count, revoke: (done - revoking) / count }
}
