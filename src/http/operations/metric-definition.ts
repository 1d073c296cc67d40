import { type Aggregator, Counter, Gauge, type Registry } from 'prom-client'

/** A metric without labels, whose value is read at each request for the metrics. */
export interface MetricDefinition {
  readonly name: string
  /** The name in earlier releases. The metric has both names for one release. */
  readonly formerName?: string
  readonly help: string
  readonly value: () => number
  /** How the values of the processes of one port become one value: the sum by default. */
  readonly aggregator?: Aggregator
}

/** Registers counters whose values are kept elsewhere, and read when the metrics are requested. */
export function registerCounters(
  registry: Registry,
  definitions: readonly MetricDefinition[],
): void {
  for (const { name, help, value } of withFormerNames(definitions)) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  }
}

/** Registers gauges whose values are read when the metrics are requested. */
export function registerGauges(registry: Registry, definitions: readonly MetricDefinition[]): void {
  for (const { name, help, value, aggregator = 'sum' } of withFormerNames(definitions)) {
    new Gauge({
      name,
      help,
      aggregator,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  }
}

function withFormerNames(definitions: readonly MetricDefinition[]): readonly MetricDefinition[] {
  return definitions.flatMap((definition) => {
    const { name, formerName } = definition
    if (formerName === undefined) return [definition]
    const help = `Deprecated: use ${name}.`
    return [definition, { ...definition, name: formerName, help }]
  })
}
