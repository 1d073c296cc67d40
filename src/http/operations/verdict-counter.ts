import { Counter, type Registry } from 'prom-client'
import { type Counters, outcomes } from '../../verification/counters.ts'

/** Registers the verdicts by outcome, which are read when the metrics are requested. */
export function registerVerdictCounter(registry: Registry, verdicts: Counters['verdicts']): void {
  new Counter({
    name: 'aeon_keys_verdicts_total',
    help: 'Verdicts by outcome, including the verdicts on the callers of this API.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const outcome of outcomes) this.inc({ outcome }, verdicts[outcome])
    },
  })
}
