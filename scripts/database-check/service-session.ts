import { createLog } from '../../src/process/log.ts'
import { createService, type Service } from '../../src/process/service.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import { Caller } from './caller.ts'
import { type Finding, ok, refused } from './finding.ts'
import { raceBulkRevocation } from './race.ts'

const races = 3

/**
 * Runs the migrations and two instances of the service, without listening: a key is issued by one,
 * verified and revoked by the other, and bulk revocations race with issues.
 */
export async function tryServiceSession(url: string): Promise<Finding> {
  const { config, files } = await loadSettings({
    DATABASE_POOL_MAX: '4',
    MAX_STALENESS_MS: '30000',
  })
  let rootToken = ''
  const start = () =>
    createService({
      config,
      files,
      connection: url,
      log: createLog('silent'),
      keepRootToken: async (token) => {
        rootToken = token
      },
    })
  const services: Service[] = []
  try {
    const beganAt = performance.now()
    services.push(await start())
    const startMs = Math.round(performance.now() - beganAt)
    services.push(await start())
    const [first, second] = services.map(({ app }) => new Caller(app, rootToken))
    if (first === undefined || second === undefined) return refused('two instances do not start')
    const fault = (await runSession(first, second)) ?? (await runRaces(first, second))
    return fault === undefined
      ? ok(
          `the schema is created and a first instance started in ${startMs} ms; a revocation is ` +
            `complete on two; ${races} bulk revocations miss no key`,
        )
      : refused(fault)
  } finally {
    for (const service of services) await service.stop()
  }
}

/** What went wrong; undefined: nothing. */
async function runSession(first: Caller, second: Caller): Promise<string | undefined> {
  const account = await first.newAccount()
  const key = await first.issue(account, 'a key')
  for (const caller of [first, second]) {
    if ((await caller.verify(key.token)) !== 'valid') return 'a key that was just issued is denied'
  }
  const revoked = await second.call(
    'POST',
    `/v1/accounts/${account}/api-keys/${key.id}/revoke?wait_ms=20000`,
  )
  if (revoked.receipt?.state !== 'complete') {
    return 'the receipt of a revocation is not complete within 20 s'
  }
  for (const caller of [first, second]) {
    const verdict = await caller.verify(key.token)
    if (verdict !== 'revoked') return `a revoked key is ${verdict} after a complete receipt`
  }
  return undefined
}

async function runRaces(first: Caller, second: Caller): Promise<string | undefined> {
  for (let race = 0; race < races; race += 1) {
    const fault = await raceBulkRevocation(first, second)
    if (fault !== undefined) return fault
  }
  return undefined
}
