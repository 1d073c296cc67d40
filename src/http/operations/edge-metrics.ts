import { Counter, type Registry } from 'prom-client'
import type { Edges } from '../../verification/edges/edges.ts'
import { registerCounters, registerGauges } from './metric-definition.ts'

/** The edges that are attached, and what is sent to them. */
export function registerEdgeMetrics(registry: Registry, edges: Edges): void {
  registerGauges(registry, [
    {
      name: 'aeon_keys_edge_streams',
      help: 'Open streams to edges.',
      value: () => edges.open,
    },
    {
      name: 'aeon_keys_edges',
      help: 'Edges that may answer from memory, whether or not their stream is open.',
      value: () => edges.counted,
    },
    {
      name: 'aeon_keys_edge_confirmation_lag_seconds',
      help: 'Age of the oldest message that an attached edge has not confirmed. 0: all is confirmed.',
      value: () => edges.confirmationLagMs / 1000,
      aggregator: 'max',
    },
  ])
  registerCounters(registry, [
    {
      name: 'aeon_keys_edge_facts_sent_total',
      help: 'Answers to edges with facts that the edge may keep.',
      value: () => edges.factsSent,
    },
    {
      name: 'aeon_keys_edge_invalidations_total',
      help: 'Invalidations sent to edges, one for each stream.',
      value: () => edges.invalidations,
    },
  ])
  new Counter({
    name: 'aeon_keys_edge_dismissals_total',
    help: 'Streams that this process ended, by reason.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(edges.dismissals)) this.inc({ reason }, count)
    },
  })
}
