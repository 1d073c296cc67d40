import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { ChainHead } from '../domain/audit/entry-hash.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import { CurrentReads } from '../freshness/current-reads.ts'
import { Driver } from '../freshness/driver.ts'
import { FailureDetector } from '../freshness/failure-detector.ts'
import { Follower } from '../freshness/follower.ts'
import { Freshness } from '../freshness/freshness.ts'
import { FreshnessLog } from '../freshness/freshness-log.ts'
import { Listener } from '../freshness/listener.ts'
import { Receipts } from '../freshness/receipts.ts'
import { timingOf } from '../freshness/timing.ts'
import type { Deps } from '../http/deps.ts'
import { createMailer } from '../http/mail/mailer.ts'
import { Provider } from '../oidc/provider.ts'
import type { SettingsFiles } from '../settings/load-settings.ts'
import type { Config } from '../settings/settings-schema.ts'
import type { Database } from '../store/database.ts'
import { type FeedConnection, openFeedConnection } from '../store/feed-connection.ts'
import { loadProduct } from '../store/load-product.ts'
import { deliversNotifications } from '../store/notifications.ts'
import { DatabaseServers } from '../store/servers/database-servers.ts'
import type { ServiceDatabase } from '../store/service-database.ts'
import { createCounters } from '../verification/counters.ts'
import { CredentialCache } from '../verification/credential-cache.ts'
import { createCredentialLoader } from '../verification/credential-loader.ts'
import { DenialBuffer } from '../verification/denial-buffer.ts'
import { FairTurns } from '../verification/fair-turns.ts'
import { FirstUses } from '../verification/first-use.ts'
import { SingleFlight } from '../verification/single-flight.ts'
import { TagKeyring } from '../verification/tag-keyring.ts'
import { UsageBuffer } from '../verification/usage-buffer.ts'
import { verdictsOf } from '../verification/verdicts.ts'
import { createEdges, createStreams } from './create-edges.ts'
import { createIssuers } from './create-issuers.ts'
import { createSessions } from './create-sessions.ts'
import type { Externals } from './prepare.ts'

const maxReadsUnderWay = 5_000
/** Half as much again as a key without allow lists takes. */
const defaultBytesPerKey = 1_536
/** The addresses and permissions of a few keys take more than those keys do. */
const leastDefaultBytes = 1_048_576
const dayMs = 24 * 60 * 60 * 1000

export interface ComposeOptions {
  readonly config: Config
  readonly database: ServiceDatabase
  readonly log: Logger
  readonly externals: Externals
  readonly files: Pick<SettingsFiles, 'providers'>
  readonly moment: () => Moment
  /** Called with each id under which this process registers. */
  readonly onRegistered?: (id: string) => void
}

export interface Composition {
  readonly deps: Deps
  readonly instance: Driver
  /** Undefined where the database does not support NOTIFY. */
  readonly listener: Listener | undefined
}

/**
 * Puts the parts of the service together: what the use cases need, and the instance that keeps them
 * fresh. Starts nothing.
 */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const { config, database, log, moment } = options
  const { db, verificationDb, history } = database
  const timing = timingOf(config.MAX_STALENESS_MS)
  const streams = createStreams(config, moment, (now) => freshness.leaseRemaining(now))
  const freshness: Freshness = new Freshness(timing, { edges: streams })
  const holdsLease = () => freshness.holdsLease(moment())
  const verificationReads = new CurrentReads({ db: verificationDb, history, holdsLease })
  const keyring = await TagKeyring.open(verificationReads)
  const { DATABASE_CONNECT_TIMEOUT_MS: connectTimeoutMs } = config
  const statementTimeoutMs = timing.cycleDeadlineMs
  const connectForCycles = () =>
    openFeedConnection({
      needsTables: true,
      servers: database.servers,
      connectTimeoutMs: Math.min(statementTimeoutMs, connectTimeoutMs),
      statementTimeoutMs,
    })
  const listening =
    config.DATABASE_LISTEN_URL === undefined
      ? database.servers
      : new DatabaseServers({
          connection: config.DATABASE_LISTEN_URL,
          connectTimeoutMs,
          log,
        })
  // No lease waits for the listener: a far server may take it longer than a sync cycle.
  const listenerLimits = {
    connectTimeoutMs,
    statementTimeoutMs: Math.max(statementTimeoutMs, connectTimeoutMs),
  }
  const connectListener = () =>
    openFeedConnection({ needsTables: true, servers: listening, ...listenerLimits })
  const notifies = config.CHANGE_FEED === 'notify' && (await canNotify(db, connectListener, log))
  const failureDetector = new FailureDetector()
  const instance = new Driver({
    follower: new Follower({
      newId: randomUUID,
      freshness,
      history,
      failureDetector,
      timing,
      edges: streams,
      // Several polls fit into a lease, whatever the settings say: one failed poll must not end the
      // lease.
      pollIntervalMs: Math.min(config.POLL_INTERVAL_MS, timing.leaseMs / 3),
      log: new FreshnessLog(log),
    }),
    timing,
    connect: connectForCycles,
    findsLater: () => database.servers.findsLater(),
    onDisconnect: () => database.servers.distrust(),
    newId: randomUUID,
    notifies,
    now: moment,
    reloadTagKeys: () => keyring.reload(),
    onRegistered: options.onRegistered ?? (() => undefined),
  })
  history.onRefusal((met) => instance.meet(met))
  const listener = notifies
    ? new Listener({
        connect: connectListener,
        history,
        onChange: () => instance.trigger(),
        checkEveryMs: 10_000,
        log,
      })
    : undefined
  const cache = new CredentialCache(
    config.CACHE_MAX_KEYS,
    freshness,
    moment,
    config.CACHE_MAX_BYTES ??
      Math.max(leastDefaultBytes, config.CACHE_MAX_KEYS * defaultBytesPerKey),
  )
  const counters = createCounters()
  const parts: Omit<Deps, 'verdicts'> = {
    ...options.externals,
    db,
    keyring,
    cache,
    freshness,
    firstUseDb: database.firstUseDb,
    longReads: database.longReads,
    turns: new FairTurns(),
    currentReads: new CurrentReads({ db, history, holdsLease }),
    verificationReads,
    feed: {
      get lagMs() {
        return instance.lagMs
      },
      get cycles() {
        return instance.follower.confirmed
      },
      get refusedConnections() {
        return history.refused
      },
      leaseAgeMs: (observed) =>
        observed.id === instance.follower.id
          ? instance.lagMs
          : failureDetector.heartbeatAgeMs(observed, moment().monotonic),
    },
    receipts: new Receipts({
      currentReads: verificationReads,
      instance,
      monotonicNow: () => moment().monotonic,
    }),
    notifies,
    selfRotationMaxOverlapSeconds: config.SELF_ROTATION_MAX_OVERLAP_SECONDS,
    expiryWarningMs: config.EXPIRY_WARNING_DAYS * dayMs,
    credentials: createCredentialLoader({ verificationReads, cache, counters }, maxReadsUnderWay),
    loads: new SingleFlight(maxReadsUnderWay),
    firstUses: new FirstUses({ db: verificationDb, now: options.externals.now }, maxReadsUnderWay),
    sessions: createSessions({ config, freshness, moment, verificationReads }),
    providers: new Map(options.files.providers.map((one) => [one.name, new Provider(one)])),
    issuers: createIssuers(options.files.providers, log),
    mailer: createMailer(config),
    uses: new UsageBuffer(),
    usesKnownAfterMs: Math.max(config.USE_FLUSH_MS, config.MAX_STALENESS_MS),
    denials: new DenialBuffer(),
    chainHeads: new LRUCache<string, ChainHead>({ max: 10_000 }),
    expiring: { within: new Map() },
    counters,
    log,
  }
  const deps: Deps = { ...parts, verdicts: verdictsOf(parts) }
  const edges = streams && createEdges(config, deps, streams, () => instance.trigger())
  return { deps: { ...deps, edges }, instance, listener }
}

/** YugabyteDB delivers notifications as its version and its flags allow; PostgreSQL always does. */
async function canNotify(
  db: Database,
  connect: () => Promise<FeedConnection>,
  log: Logger,
): Promise<boolean> {
  const { name } = await loadProduct(db)
  if (name === 'PostgreSQL' || (await deliversNotifications(db, connect))) return true
  log.warn('the database delivers no notifications: changes are found by polling')
  return false
}
