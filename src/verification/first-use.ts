import { runForAccount } from '../account-context.ts'
import { type ActContext, type Acted, type ActTerms, act, nothingChanged } from '../acts/act.ts'
import type { ActDeps } from '../acts/deps.ts'
import { differenceOf, resourceOf, snapshotOfApiKey } from '../domain/audit/snapshots.ts'
import type { CredentialRef } from '../domain/key/api-key.ts'
import { system } from '../domain/principal.ts'
import { type Attempt, judge, type Verdict } from '../domain/verdict.ts'
import { setChangedRevision } from '../store/api-key-references.ts'
import { findApiKey, lockApiKey } from '../store/api-keys.ts'
import { lockKeyFacts } from '../store/credentials.ts'
import type { Database } from '../store/database.ts'
import {
  type FirstUseOutcome,
  recordFirstUse,
  recordFirstUses,
  retireOlderCredentials,
} from '../store/first-uses.ts'
import { retryInCurrentHistory, retryWhileLosing } from '../store/retry.ts'
import { BatchLoader } from './batch-loader.ts'
import type { CachedCredential } from './cached-credential.ts'
import type { Resolution } from './resolve.ts'
import { SingleFlight } from './single-flight.ts'

/**
 * Whether a verdict is the first use of its credential, which must be recorded before the verdict
 * is given.
 */
export function isFirstUse({ isUsed }: CachedCredential, verdict: Verdict): boolean {
  return verdict.valid && !isUsed
}

/** What the first use of a credential needs. */
export interface FirstUseDeps extends ActDeps {
  /** For first uses that may wait for a lock on a key. */
  readonly firstUseDb: Database
}

/**
 * Records first uses, each before its verdict is given. First uses that end no other credential
 * share one statement at a time. The first use of a credential whose rotation says so also ends the
 * older credentials of its key, now or later: an act of its own.
 */
export class FirstUses {
  readonly #recorder: BatchLoader<CredentialRef, FirstUseOutcome>
  /** First uses that wait for a lock on their key. */
  readonly #locked: SingleFlight<boolean>
  readonly #retirements: SingleFlight<boolean>

  /** Beyond `maxUnderWay` an attempt is refused (`overloaded`). */
  constructor({ db, now }: Pick<ActDeps, 'db' | 'now'>, maxUnderWay: number) {
    this.#retirements = new SingleFlight(maxUnderWay)
    this.#locked = new SingleFlight(maxUnderWay)
    this.#recorder = new BatchLoader({
      keyOf: nameOf,
      maxWaiting: maxUnderWay,
      load: async (used) => {
        const outcomes = await recordAgain(() => recordFirstUses(db, used, now()))
        return new Map(used.map((one, index) => [nameOf(one), outcomes[index] ?? 'settled']))
      },
    })
  }

  /** Records the first use that the resolution needs, and reports to it whether this call did. */
  async settle(
    deps: FirstUseDeps,
    resolution: Resolution,
    credential: CachedCredential,
    attempt: Attempt,
  ): Promise<void> {
    const { id, accountId, generation } = credential.facts
    const used = { apiKeyId: id, generation }
    if (!credential.retiresOlder) {
      resolution.firstUseSettled(await this.#record(deps, used, accountId))
      return
    }
    await this.#retirements.share(nameOf(used), () =>
      runForAccount(accountId, () => retireOlder(deps, credential, attempt)),
    )
    // The act may have ended other credentials of the key: a change, which invalidates what was
    // loaded.
    resolution.loadAgain()
  }

  /** Whether this call recorded the first use. */
  async #record(deps: FirstUseDeps, used: CredentialRef, accountId: string): Promise<boolean> {
    const outcome = await this.#recorder.load(used)
    if (outcome !== 'locked') return outcome === 'recorded'
    const { firstUseDb, now } = deps
    const recordAlone = () => recordFirstUse(firstUseDb, used.apiKeyId, used.generation, now())
    return this.#locked.share(nameOf(used), () =>
      runForAccount(accountId, () => recordAgain(recordAlone)),
    )
  }
}

/** Recording is repeatable: a first use that is there already is found settled. */
function recordAgain<T>(record: () => Promise<T>): Promise<T> {
  return retryInCurrentHistory(() => retryWhileLosing(record))
}

function nameOf({ apiKeyId, generation }: CredentialRef): string {
  return `${apiKeyId} ${generation}`
}

/**
 * False when the credential was used or ended meanwhile, or is denied now; the attempt is judged
 * again.
 */
async function retireOlder(
  deps: FirstUseDeps,
  { facts }: CachedCredential,
  attempt: Attempt,
): Promise<boolean> {
  const terms: ActTerms = {
    seal: (trx, committed) => setChangedRevision(trx, facts.id, committed),
  }
  const { firstUseDb: db } = deps
  const retired = await act({ ...deps, db }, system, terms, (context) =>
    retire(deps, context, facts, attempt),
  )
  return retired.result
}

async function retire(
  deps: ActDeps,
  { trx, changed }: ActContext<undefined>,
  { id, accountId, generation }: CachedCredential['facts'],
  attempt: Attempt,
): Promise<Acted<boolean>> {
  const key = await lockApiKey(trx, accountId, id)
  const facts = await lockKeyFacts(trx, id, generation)
  const now = deps.now()
  if (key === undefined || facts === undefined) return nothingChanged(false)
  // Only a valid verdict ends the older credential; an attempt does not.
  if (!judge(facts, attempt, now).valid) return nothingChanged(false)
  if (!(await recordFirstUse(trx, id, generation, now))) return nothingChanged(false)
  if (!(await retireOlderCredentials(trx, id, generation, now))) return nothingChanged(true)
  changed({ kind: 'key', id })
  const after = (await findApiKey(trx, id)) ?? key
  const event = {
    accountId,
    action: 'api_key.updated',
    resource: resourceOf('api_key', after),
    ...differenceOf(snapshotOfApiKey(key), snapshotOfApiKey(after)),
  } as const
  return { result: true, events: [event] }
}
