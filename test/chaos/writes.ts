import type { Act, Call } from './history.ts'
import type { Write } from './register.ts'

/** When a complete receipt of a revision was first received, by the revision's id. */
export function completionsOf(history: readonly Call[]): ReadonlyMap<string, number> {
  const completeAt = new Map<string, number>()
  for (const { end, outcome } of history) {
    if (outcome.kind !== 'done' || outcome.receipt?.state !== 'complete') continue
    const { id } = outcome.receipt
    completeAt.set(id, Math.min(end, completeAt.get(id) ?? end))
  }
  return completeAt
}

/** The values that calls may have written. */
export function writesOf<Value>(
  calls: readonly Call[],
  completeAt: ReadonlyMap<string, number>,
  read: (act: Act) => Value,
): Write<Value>[] {
  return calls.flatMap(({ act, start: from, end, outcome }) => {
    if (outcome.kind === 'refused' || outcome.kind === 'unreached') return []
    const isDone = outcome.kind === 'done'
    const receipt = isDone ? outcome.receipt : undefined
    const complete = receipt && completeAt.get(receipt.id)
    return [
      {
        value: read(act),
        from,
        by: isDone ? end : Number.POSITIVE_INFINITY,
        complete: complete ?? Number.POSITIVE_INFINITY,
      },
    ]
  })
}

/** An end is permanent, and repeating it changes nothing: all attempts are one write. */
export function firstOf(attempts: readonly Write<boolean>[]): Write<boolean>[] {
  if (attempts.length === 0) return []
  return [
    {
      value: true,
      from: Math.min(...attempts.map((one) => one.from)),
      by: Math.min(...attempts.map((one) => one.by)),
      complete: Math.min(...attempts.map((one) => one.complete)),
    },
  ]
}
