import { once } from 'node:events'
import {
  type AddressInfo,
  createServer,
  type IpcNetConnectOpts,
  type TcpNetConnectOpts,
} from 'node:net'
import type { FaultPlan } from './fault-plan.ts'
import { type HostileCounts, HostileSession } from './hostile-session.ts'

export interface HostileProxy {
  readonly port: number
  /** How often each kind of fault was injected. */
  readonly counts: HostileCounts
  close(): Promise<void>
}

/**
 * Listens on a port of its own, and leads each connection to a PostgreSQL server. It understands
 * the protocol, so that it can injure a session at any statement, as other products, poolers and
 * networks do.
 */
export async function startHostileProxy(
  target: IpcNetConnectOpts | TcpNetConnectOpts,
  faultPlan: FaultPlan,
): Promise<HostileProxy> {
  const sessions = new Set<HostileSession>()
  const counts: HostileCounts = new Map()
  const server = createServer((client) => {
    const session = new HostileSession({ client, target, faultPlan, counts })
    sessions.add(session)
    void session.ended.then(() => sessions.delete(session))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    async close() {
      server.close()
      for (const session of sessions) session.cut()
      await once(server, 'close')
    },
  }
}
