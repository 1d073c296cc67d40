import { setTimeout as sleep } from 'node:timers/promises'

type Condition = () => boolean | Promise<boolean>

/**
 * Waits until a condition holds. Rejects after `timeoutMs` with `what`, or with the source of a
 * condition that says enough. The time is reached only when a wait goes wrong: a busy machine may
 * take many times as long as an idle one.
 */
export async function until(
  ...waited: [holds: Condition] | [what: string, holds: Condition, timeoutMs?: number]
): Promise<void> {
  const [what, holds, timeoutMs = 120_000] =
    waited.length === 1 ? [String(waited[0]), waited[0]] : waited
  const startedAt = performance.now()
  while (!(await holds())) {
    const waitedMs = performance.now() - startedAt
    if (waitedMs > timeoutMs) throw new Error(`Waited in vain until ${what}.`)
    // Many conditions are queries, and a look at all processes takes milliseconds of CPU time:
    // those who wait long look less often.
    await sleep(Math.min(2 + waitedMs / 10, 50))
  }
}
