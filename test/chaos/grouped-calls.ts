import type { Call } from './history.ts'

/** The calls that have a name, by that name. */
export function groupedBy(
  history: readonly Call[],
  nameOf: (call: Call) => string | undefined,
): Map<string, Call[]> {
  const groups = new Map<string, Call[]>()
  for (const call of history) {
    const name = nameOf(call)
    if (name === undefined) continue
    const group = groups.get(name) ?? []
    groups.set(name, group)
    group.push(call)
  }
  return groups
}
