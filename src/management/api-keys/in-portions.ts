import type { AccountKey } from '../../store/keys-of-persons.ts'

/** Keys that one statement changes: a fraction of what fits its time limit. */
const changedAtOnce = 2_000

/** The ids in portions, each of which one statement changes. */
export function portionsOf(ids: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(ids.length / changedAtOnce)
  return Array.from({ length: count }, (_, place) =>
    ids.slice(place * changedAtOnce, (place + 1) * changedAtOnce),
  )
}

/** Changes very many keys, a portion at a time. Returns the ids of what changed, by account. */
export async function changeInPortions(
  ids: readonly string[],
  change: (some: readonly string[]) => Promise<readonly AccountKey[]>,
): Promise<Map<string, string[]>> {
  const byAccount = new Map<string, string[]>()
  for (const some of portionsOf(ids)) {
    for (const { id, accountId } of await change(some)) {
      const ofAccount = byAccount.get(accountId)
      if (ofAccount === undefined) byAccount.set(accountId, [id])
      else ofAccount.push(id)
    }
  }
  return byAccount
}
