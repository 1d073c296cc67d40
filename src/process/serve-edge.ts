import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { EdgeOfEdgeError } from '../edge/stream-end.ts'
import { buildEdgeApp } from '../edge-app.ts'
import { EdgeVerdicts } from '../edge-mode/edge-verdicts.ts'
import { parseApiSettings } from '../http/api-settings.ts'
import { Pacing } from '../http/pacing/pacing.ts'
import { readEdgeToken } from '../settings/edge-token.ts'
import type { Config } from '../settings/settings-schema.ts'
import { Detachments } from './detachments.ts'
import { drain } from './drain.ts'
import { listen } from './listen.ts'
import { clearSocketPath, listenOnSocket } from './listen-on-socket.ts'
import {
  closeOperations,
  createOperationsServer,
  listenForOperations,
} from './operations-server.ts'
import type { Shutdown } from './stop-on-signal.ts'

/** How long a call waits for the service, and an attempt to attach for each of its steps. */
const timeoutMs = 2_000

/** What serveEdge needs: `EDGE_OF` and `EDGE_TOKEN_FILE` are set. */
export interface EdgeTarget {
  readonly edgeOf: string
  readonly tokenFile: string
}

/**
 * Runs an edge of another service in this process, until a signal. A service that cannot be reached
 * is no reason to end: the edge is not ready, and attaches when it can.
 */
export async function serveEdge(
  config: Config,
  { edgeOf, tokenFile }: EdgeTarget,
  log: Logger,
  shutdown: Shutdown,
): Promise<void> {
  // A fault of the path ends the start before the edge attaches.
  if (config.EDGE_SOCKET !== undefined) await clearSocketPath(config.EDGE_SOCKET)
  const detachments = new Detachments(log)
  const verdicts = new EdgeVerdicts({
    url: edgeOf,
    token: () => readEdgeToken(tokenFile),
    maxKeys: config.CACHE_MAX_KEYS,
    timeoutMs,
    onAttached: () => detachments.attached(),
    onDetached: (error) => detachments.detached(error),
  })
  let isDraining = false
  const operationsSockets = new WeakSet<Socket>()
  const apis = parseApiSettings(config)
  // Callers that need no key are those whom the mode of the socket admits: nobody to be paced.
  const pacing = new Pacing(apis.callersNeedKeys ? {} : { burstMs: Number.POSITIVE_INFINITY })
  const app = await buildEdgeApp(verdicts, {
    log,
    edgeOf,
    apis,
    isDraining: () => isDraining,
    operationsSockets,
    pacing,
  })
  const operationsServer = createOperationsServer(app, operationsSockets, pacing)
  shutdown.stopBy(async () => {
    isDraining = true
    await drain(app, config.DRAIN_TIMEOUT_MS)
    await closeOperations(operationsServer)
    await verdicts.close()
  })
  try {
    await verdicts.attachment.settled
    requireService(verdicts)
    shutdown.throwIfAsked()
    await listenForOperations(operationsServer, config)
    if (config.EDGE_SOCKET === undefined) await listen(app, config)
    else await listenOnSocket(app, config.EDGE_SOCKET, Number.parseInt(config.EDGE_SOCKET_MODE, 8))
  } catch (error) {
    if (!shutdown.isUnderWay) await verdicts.close()
    throw error
  }
}

function requireService({ attachment: { detachedBy } }: EdgeVerdicts): void {
  if (!(detachedBy instanceof EdgeOfEdgeError)) return
  throw new Error('EDGE_OF is the address of an edge. Set it to the address of the service itself.')
}
