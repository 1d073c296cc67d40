import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients } from './clients.ts'
import type { ChaosInstance } from './instance.ts'

const withinMs = 30_000
/**
 * Less than by time alone, which takes 3.4 s with leases of 2.7 s; a busy machine may take long.
 */
const promptMs = 3_000

/**
 * When all faults are over, every instance must recover: a revocation through it completes at once,
 * by acknowledgements and not by time. Returns the instances that did not.
 */
export async function settle(
  instances: readonly ChaosInstance[],
  clients: Clients,
  note: (event: string) => void,
): Promise<readonly string[]> {
  const begunAt = performance.now()
  const [testBed] = clients.sites.slice(-1)
  if (testBed === undefined) return ['There is no account left.']
  const problems: string[] = []
  for (const instance of instances) {
    let last = 'nothing'
    for (;;) {
      const found = await clients.tryRevocation(testBed, instance)
      if (found !== undefined) last = JSON.stringify(found)
      if (found?.byAll === true && found.ms < promptMs) break
      if (performance.now() > begunAt + withinMs) {
        problems.push(`${instance.name} did not come to itself; its last revocation: ${last}`)
        break
      }
      await sleep(200)
    }
  }
  note(`settled after ${((performance.now() - begunAt) / 1000).toFixed(1)} s`)
  return problems
}
