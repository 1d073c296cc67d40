import type { Processes } from '../helpers/process.ts'
import { type Acceptor, ChaosProcess } from './chaos-process.ts'
import { openLink } from './link.ts'

export interface ChaosEdgeOptions {
  readonly name: string
  /** How fast its monotonic clock runs. */
  readonly rate: number
  /** Gives the random numbers of its connections. */
  readonly draw: () => number
  readonly processes: Processes
  /** Each of its connections leads to one of these, drawn when the connection is made. */
  readonly instances: readonly Acceptor[]
  readonly token: string
}

/** An edge: a process of its own that verifies by the client of the service. */
export class ChaosEdge extends ChaosProcess {
  static async create(options: ChaosEdgeOptions): Promise<ChaosEdge> {
    const { name, rate, draw, processes, instances, token } = options
    const link = await openLink(
      {
        host: '127.0.0.1',
        get port() {
          const urls = instances.flatMap(({ url }) => url ?? [])
          const url = urls[Math.floor(draw() * urls.length)]
          // Nobody listens on port 1: the connection is refused, as without any instance.
          return url === undefined ? 1 : Number(new URL(url).port)
        },
      },
      draw,
    )
    processes.canaries.addToken(token)
    const settings = {
      CHAOS_EDGE_OF: `http://127.0.0.1:${link.port}`,
      CHAOS_EDGE_TOKEN: token,
    }
    const launch = { script: ['test/chaos/edge-process.ts'] as const, settings }
    return new ChaosEdge({ name, rate, processes, links: [link], launch })
  }

  /** Whether it is attached and may answer from memory. */
  async isAttached(): Promise<boolean> {
    if (this.url === undefined) return false
    const answer = await fetch(`${this.url}/attached`).catch(() => undefined)
    return answer?.status === 200
  }
}
