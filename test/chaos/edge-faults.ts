import type { ChaosEdge } from './edge.ts'
import type { Random } from './random.ts'

export const edgeFaults = ['edge killed', 'edge restarted in order', 'edge stopped'] as const
export const streamFaults = [
  'streams cut',
  'streams held',
  'streams lost',
  'streams lost one way',
  'streams delayed',
] as const

export interface EdgeFaultOptions {
  readonly edge: ChaosEdge
  readonly random: Random
  /** The longest lease of an edge. */
  readonly leaseMs: number
  readonly pause: (ms: number) => Promise<void>
}

export async function breakEdge(
  kind: (typeof edgeFaults)[number],
  { edge, random, leaseMs, pause }: EdgeFaultOptions,
): Promise<void> {
  switch (kind) {
    case 'edge killed':
      await edge.end('SIGKILL')
      await pause(random.between(0, 2 * leaseMs))
      return edge.start()
    case 'edge restarted in order':
      await edge.end('SIGTERM')
      return edge.start()
    case 'edge stopped':
      return edge.pause(random.between(0.3 * leaseMs, 2.5 * leaseMs))
  }
}

/** Between an edge and its instances: streams, and what it asks by HTTP. */
export async function breakStreams(
  kind: (typeof streamFaults)[number],
  { edge, random, leaseMs, pause }: EdgeFaultOptions,
): Promise<void> {
  const share = random.pick([1, 1, 0.5])
  const lateMs = random.between(20, 400)
  for (const link of edge.links) {
    link.share = share
    if (kind === 'streams cut') link.cut()
    else if (kind === 'streams held') link.hold()
    else if (kind === 'streams delayed') link.delay(lateMs)
    else {
      if (kind === 'streams lost one way') link.way = random.pick(['up', 'down'])
      link.lose()
    }
  }
  await pause(random.between(0.3 * leaseMs, 3 * leaseMs))
  for (const link of edge.links) link.heal()
}
