import type { ApiKey } from '../../domain/key/api-key.ts'
import { type HygieneFinding, hygieneFindings } from '../../domain/key/hygiene.ts'
import { maxKeysPerReport } from '../../domain/limits.ts'
import type { PagePlace } from '../../domain/page.ts'
import { findApiKeys } from '../../store/api-keys.ts'
import { examineKeys } from '../../store/hygiene.ts'
import type { ManagementDeps } from '../deps.ts'
import { requireCatalogue } from '../roles/catalogue.ts'

/** A key without a use for this time counts as unused: 90 days. */
const unusedMs = 90 * 24 * 60 * 60 * 1000

export interface HygieneReport {
  readonly asOf: Date
  readonly examined: number
  /** Where the next report continues; null: every key was examined. */
  readonly next: PagePlace | null
  readonly findings: readonly {
    readonly finding: HygieneFinding
    /** Among the examined keys. */
    readonly count: number
    readonly apiKeys: readonly ApiKey[]
    /** Where a report of this finding alone continues; null: there are no more. */
    readonly next: PagePlace | null
  }[]
}

export interface HygieneRequest {
  /** Absent: all. */
  readonly finding?: HygieneFinding
  readonly limit: number
  readonly after: PagePlace | undefined
}

/** Findings about the usable keys of an account, newest first, a bounded number of keys at once. */
export async function reportHygiene(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  { finding, limit, after }: HygieneRequest,
): Promise<HygieneReport> {
  const now = deps.now()
  const { examined, next, found, keys } = await deps.longReads.run(async (db) => {
    const catalogue = await requireCatalogue(db)
    const report = await examineKeys(db, {
      accountId,
      findings: finding === undefined ? hygieneFindings : [finding],
      window: maxKeysPerReport,
      sampled: limit,
      after,
      sensitive: catalogue.filter((entry) => entry.sensitive).map((entry) => entry.name),
      unusedBefore: new Date(now.getTime() - unusedMs),
      now,
    })
    const ids = [...new Set(report.found.flatMap((one) => one.ids))]
    return { ...report, keys: new Map((await findApiKeys(db, ids)).map((key) => [key.id, key])) }
  })
  return {
    asOf: now,
    examined,
    next,
    findings: found.map(({ finding: name, count, ids: sampled }) => {
      const apiKeys = sampled.flatMap((id) => keys.get(id) ?? [])
      const last = apiKeys.at(-1)
      const isCut = count > sampled.length && last !== undefined
      const place = isCut ? { value: last.createdAt.toISOString(), id: last.id } : next
      return { finding: name, count, apiKeys, next: place }
    }),
  }
}
