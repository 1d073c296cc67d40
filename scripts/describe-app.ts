import { randomBytes } from 'node:crypto'
import { buildApp } from '../src/app.ts'
import { CredentialCache } from '../src/cache/credential-cache.ts'
import { Flights } from '../src/cache/flights.ts'
import { Freshness } from '../src/cache/freshness.ts'
import { timingOf } from '../src/cache/timing.ts'
import { readConfig } from '../src/config.ts'
import { noAuditKeys } from '../src/domain/audit-key.ts'
import { deriveTagKey } from '../src/domain/tag.ts'
import { readFaceSettings } from '../src/http/face-settings.ts'
import { DenialRecords } from '../src/keys/denial-records.ts'
import { createSecretHasher } from '../src/keys/hashing/hasher.ts'
import { noPeppers } from '../src/keys/hashing/peppers.ts'
import { hashProfiles } from '../src/keys/hashing/profile.ts'
import { WorkQueue } from '../src/keys/hashing/work-queue.ts'
import { createTallies } from '../src/keys/tallies.ts'
import { UseRecords } from '../src/keys/use-records.ts'
import { createLog } from '../src/log.ts'
import { openDatabase } from '../src/store/database.ts'

/** The OpenAPI documents of the service, by their file. The database that the app is given is never connected to. */
export async function describe(): Promise<Readonly<Record<string, unknown>>> {
  const { db, pool } = openDatabase({
    connection: 'postgres://nobody@127.0.0.1:1/none',
    poolMax: 1,
    connectTimeoutMs: 1,
    statementTimeoutMs: 1,
    onIdleError: () => undefined,
  })
  const signing = deriveTagKey('00000000-0000-7000-8000-000000000000', randomBytes(32))
  const freshness = new Freshness(timingOf(1_000))
  const cache = new CredentialCache(1, freshness, () => ({ monotonic: 0, wall: 0 }))
  const app = await buildApp(
    {
      db,
      now: () => new Date(),
      randomBytes,
      ring: { keys: [signing], signing, reload: async () => undefined },
      hasher: createSecretHasher({
        profile: hashProfiles.random,
        peppers: noPeppers,
        queue: new WorkQueue({ concurrency: 1, maxWaiting: 1 }),
        randomBytes,
      }),
      auditKeys: noAuditKeys,
      chainHeads: new Map(),
      cache,
      freshness,
      currentReads: { read: () => Promise.reject(new Error('nothing is read here')) },
      feed: { lagMs: 0, rounds: 0, refusedConnections: 0 },
      receipts: { waitFor: () => Promise.reject(new Error('nothing is changed here')) },
      notifies: false,
      credentials: { read: () => Promise.reject(new Error('nothing is read here')) },
      reads: new Flights(1),
      firstUses: new Flights(1),
      usesKnownAfterMs: 0,
      uses: new UseRecords(),
      denials: new DenialRecords(),
      expiring: { within: new Map() },
      tallies: createTallies(),
      tokenPrefix: 'aeon',
      selfRotationMaxOverlapSeconds: 0,
      expiryWarningMs: 0,
      log: createLog('silent'),
    },
    {
      pool,
      maxWaitingForDatabase: 1,
      isDraining: () => false,
      faces: readFaceSettings(readConfig({})),
    },
  )
  const aeon = await app.inject('/openapi/aeon.json')
  const documents = { 'openapi.json': app.swagger(), 'aeon.json': aeon.json() }
  await app.close()
  await db.destroy()
  return documents
}
