/** Of a service with the edges of a benchmark, all of which have one address. */
export const edgeSettings = {
  EDGES_MAX: '2000',
  EDGE_LEASE_MS: '3000',
  CONNECTIONS_MAX: '10000',
  CONNECTIONS_PER_ADDRESS_MAX: '10000',
  LOG_LEVEL: 'warn',
} as const

export const fewEdges = 30
export const manyEdges = 1_000
