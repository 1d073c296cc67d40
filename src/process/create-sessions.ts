import type { Moment } from '../domain/protocol/lease.ts'
import type { CurrentReads } from '../freshness/current-reads.ts'
import type { Freshness } from '../freshness/freshness.ts'
import type { Config } from '../settings/settings-schema.ts'
import type { CachedSession } from '../verification/sessions/cached-session.ts'
import type { Sessions } from '../verification/sessions/deps.ts'
import { SessionCache } from '../verification/sessions/session-cache.ts'
import { createSessionLoader } from '../verification/sessions/session-loader.ts'
import { SessionUses } from '../verification/sessions/session-uses.ts'
import {
  type CachedUserSession,
  createUserSessionLoader,
} from '../verification/sessions/user-session-loader.ts'

const maxReadsUnderWay = 1_000

/** What an instance knows of the sessions of the console. */
export function createSessions(options: {
  readonly config: Config
  readonly freshness: Freshness
  readonly moment: () => Moment
  readonly verificationReads: CurrentReads
}): Sessions {
  const { config, verificationReads } = options
  const cache = new SessionCache<CachedSession>(options.freshness, options.moment)
  const ofUsers = new SessionCache<CachedUserSession>(options.freshness, options.moment)
  return {
    cache,
    loader: createSessionLoader({ verificationReads, cache }, maxReadsUnderWay),
    ofUsers: {
      cache: ofUsers,
      loader: createUserSessionLoader({ verificationReads, cache: ofUsers }, maxReadsUnderWay),
    },
    uses: new SessionUses(),
    limits: {
      idleMs: config.SESSION_IDLE_SECONDS * 1000,
      lifetimeMs: config.SESSION_LIFETIME_SECONDS * 1000,
      confirmationMs: config.SESSION_CONFIRMATION_SECONDS * 1000,
    },
  }
}
