import type { Registry } from 'prom-client'
import { registerCounters, registerGauges } from '../operations/metric-definition.ts'
import { registerVerdictCounter } from '../operations/verdict-counter.ts'
import type { EdgeState } from './edge-state.ts'

/** What an edge answers, and what it rests on. */
export function registerEdgeModeMetrics(registry: Registry, edge: EdgeState): void {
  const { counters } = edge
  registerVerdictCounter(registry, counters.verdicts)
  registerCounters(registry, [
    {
      name: 'aeon_keys_cache_hits_total',
      help: 'Verifications answered from memory.',
      value: () => counters.cacheHits,
    },
    {
      name: 'aeon_keys_cache_misses_total',
      help: 'Verifications for which the edge asked the service.',
      value: () => counters.cacheMisses,
    },
    {
      name: 'aeon_keys_edge_unanswered_total',
      help: 'Verifications to which the service gave no verdict.',
      value: () => edge.unanswered,
    },
    {
      name: 'aeon_keys_edge_attachments_total',
      help: 'How often the edge has been attached to an instance of the service.',
      value: () => edge.attachments,
    },
  ])
  registerGauges(registry, [
    {
      name: 'aeon_keys_edge_attached',
      help: '1: the edge is attached to an instance of the service. 0: it is not.',
      value: () => Number(edge.isAttached),
    },
    {
      name: 'aeon_keys_lease_remaining_seconds',
      help: 'Seconds until the lease expires. 0: the lease has expired.',
      value: () => edge.leaseRemainingMs / 1000,
    },
    {
      name: 'aeon_keys_edge_last_contact_seconds',
      help: 'Seconds since the service last said anything. NaN: the edge has never been attached.',
      value: () => (edge.lastContactMs ?? Number.NaN) / 1000,
    },
    {
      name: 'aeon_keys_edge_questions',
      help: 'Questions to the service under way.',
      value: () => edge.questions,
    },
    {
      name: 'aeon_keys_cache_entries',
      help: 'Tokens of which the edge keeps facts.',
      value: () => edge.entries,
    },
  ])
}
