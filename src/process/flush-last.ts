import { setTimeout as sleep } from 'node:timers/promises'
import { type Buffer, type BufferDeps, buffersOf } from './buffers.ts'

/** Less than a process may take to stop after its last request: a loss is logged, never cut off. */
const flushWithinMs = 8_000

/**
 * Flushes all buffers for the last time. Rejects if that fails, after it has logged how much is
 * lost: nobody writes them later.
 */
export async function flushLast(deps: BufferDeps, withinMs = flushWithinMs): Promise<void> {
  const stages = buffersOf(deps)
  const late = sleep(withinMs, ['it took too long'], { ref: false })
  const faults = await Promise.race([flushAll(stages), late])
  if (faults.length === 0) return
  const [err] = faults
  const lost = Object.fromEntries(stages.flat().map(({ name, count }) => [name, count()]))
  deps.log.error({ err, lost }, 'uses and denials are lost: the last flush failed')
  throw new Error('The last flush failed.', { cause: err })
}

async function flushAll(stages: readonly (readonly Buffer[])[]): Promise<unknown[]> {
  const faults: unknown[] = []
  for (const stage of stages) {
    const settled = await Promise.allSettled(stage.map((buffer) => buffer.flush()))
    faults.push(...settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])))
  }
  return faults
}
