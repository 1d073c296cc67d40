import { randomBytes } from 'node:crypto'
import { buildApp } from '../src/app.ts'
import { noAuditKeys } from '../src/domain/audit/audit-key.ts'
import { deriveTagKey } from '../src/domain/token/tag.ts'
import { Freshness } from '../src/freshness/freshness.ts'
import { timingOf } from '../src/freshness/timing.ts'
import { parseApiSettings } from '../src/http/api-settings.ts'
import { Pacing } from '../src/http/pacing/pacing.ts'
import { createLog } from '../src/process/log.ts'
import { parseConfig } from '../src/settings/config.ts'
import { openServiceDatabase } from '../src/store/service-database.ts'
import { createCounters } from '../src/verification/counters.ts'
import { CredentialCache } from '../src/verification/credential-cache.ts'
import { DenialBuffer } from '../src/verification/denial-buffer.ts'
import { FairTurns } from '../src/verification/fair-turns.ts'
import { FirstUses } from '../src/verification/first-use.ts'
import { createSecretHasher } from '../src/verification/hashing/hasher.ts'
import { noPeppers } from '../src/verification/hashing/peppers.ts'
import { hashProfiles } from '../src/verification/hashing/profile.ts'
import { WorkQueue } from '../src/verification/hashing/work-queue.ts'
import { SessionCache } from '../src/verification/sessions/session-cache.ts'
import { SessionUses } from '../src/verification/sessions/session-uses.ts'
import { SingleFlight } from '../src/verification/single-flight.ts'
import { UsageBuffer } from '../src/verification/usage-buffer.ts'

/** The OpenAPI documents of the service, by file name. The app never connects to its database. */
export async function describe(): Promise<Readonly<Record<string, unknown>>> {
  const { db, firstUseDb, longReads, pools } = openServiceDatabase({
    connection: 'postgres://nobody@127.0.0.1:1/none',
    poolMax: 1,
    connectTimeoutMs: 1,
    statementTimeoutMs: 1,
    longReadTimeoutMs: 1,
    maxWaiting: 1,
    accountOf: () => '',
    onIdleError: () => undefined,
  })
  const signing = deriveTagKey('00000000-0000-7000-8000-000000000000', randomBytes(32))
  const freshness = new Freshness(timingOf(1_000))
  const cache = new CredentialCache(1, freshness, () => ({ monotonic: 0, wall: 0 }))
  const app = await buildApp(
    {
      db,
      firstUseDb,
      longReads,
      turns: new FairTurns(),
      now: () => new Date(),
      randomBytes,
      keyring: { keys: [signing], signing, reload: async () => undefined },
      hasher: createSecretHasher({
        profile: hashProfiles.random,
        peppers: noPeppers,
        queue: new WorkQueue({ concurrency: 1, maxWaiting: 1 }),
        randomBytes,
      }),
      auditKeys: noAuditKeys,
      chainHeads: new Map(),
      cache,
      verdicts: { verify: verifiesNothing, verifyBatch: verifiesNothing },
      freshness,
      currentReads: { read: () => Promise.reject(new Error('nothing is read here')) },
      verificationReads: { read: () => Promise.reject(new Error('nothing is read here')) },
      feed: { lagMs: 0, cycles: 0, refusedConnections: 0, leaseAgeMs: () => undefined },
      receipts: { waitFor: () => Promise.reject(new Error('nothing is changed here')) },
      notifies: false,
      credentials: { load: () => Promise.reject(new Error('nothing is read here')) },
      loads: new SingleFlight(1),
      firstUses: new FirstUses({ db, now: () => new Date() }, 1),
      usesKnownAfterMs: 0,
      sessions: {
        cache: new SessionCache(freshness, () => ({ monotonic: 0, wall: 0 })),
        loader: { load: () => Promise.reject(new Error('nothing is read here')) },
        ofUsers: {
          cache: new SessionCache(freshness, () => ({ monotonic: 0, wall: 0 })),
          loader: { load: () => Promise.reject(new Error('nothing is read here')) },
        },
        uses: new SessionUses(),
        limits: { idleMs: 0, lifetimeMs: 0, confirmationMs: 0 },
      },
      providers: new Map(),
      issuers: { all: new Map(), ofBearers: new Map(), clientIds: new Set() },
      mailer: undefined,
      uses: new UsageBuffer(),
      denials: new DenialBuffer(),
      expiring: { within: new Map() },
      counters: createCounters(),
      tokenPrefix: 'aeon',
      selfRotationMaxOverlapSeconds: 0,
      expiryWarningMs: 0,
      log: createLog('silent'),
    },
    {
      pools,
      pacing: new Pacing(),
      isDraining: () => false,
      apis: parseApiSettings(parseConfig({})),
    },
  )
  const aeon = await app.inject('/openapi/aeon.json')
  const documents = { 'openapi.json': app.swagger(), 'aeon.json': aeon.json() }
  await app.close()
  await db.destroy()
  return documents
}

function verifiesNothing(): never {
  throw new Error('nothing is verified here')
}
