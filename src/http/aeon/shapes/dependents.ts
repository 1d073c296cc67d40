import { setImmediate as nextTurn } from 'node:timers/promises'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { type Dependent, listDependents } from '../../../management/api-keys/list-dependents.ts'
import type { Deps } from '../../deps.ts'

/**
 * The clients count the dependents and print their names, so an answer has all of them, up to a
 * number that bounds the answer.
 */
const maxDependentsShown = 50_000

/** Dependents that are looked at in one turn of the event loop. */
const dependentsOfTurn = 2_000

/** The active keys by the id of their role or list; none if the reader may not read keys. */
export async function dependentsSeenBy(
  deps: Deps,
  reader: CallerPrincipal,
  accountId: string,
  of: Parameters<typeof listDependents>[2],
): Promise<ReadonlyMap<string, readonly Dependent[]>> {
  if (!rightsOf(reader).holds.has('api_key:read')) return new Map()
  const found = await listDependents(deps, accountId, of, maxDependentsShown)
  const byHolder = new Map<string, Dependent[]>()
  for (const [index, dependent] of found.entries()) {
    if (index % dependentsOfTurn === dependentsOfTurn - 1) await nextTurn()
    const others = byHolder.get(dependent.holdsId)
    if (others === undefined) byHolder.set(dependent.holdsId, [dependent])
    else others.push(dependent)
  }
  return byHolder
}
