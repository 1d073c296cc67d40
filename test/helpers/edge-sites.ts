import type { Test } from 'tap'
import type { Api } from './api.ts'
import { type IssuedKey, newKey } from './fixtures.ts'
import { startTestService, type TestService } from './service.ts'
import { attachEdge, type TestEdge, type TestEdgeOptions } from './test-edge.ts'

export interface EdgeSite {
  readonly started: TestService
  readonly root: Api
  readonly address: string
  /** The id of the platform account. */
  readonly platform: string
  readonly verifier: IssuedKey
  newVerifier(values?: Readonly<Record<string, unknown>>): Promise<IssuedKey>
  /** Attaches as the verifier, if no other token is given. */
  attach(options?: Partial<TestEdgeOptions>): Promise<TestEdge>
}

/** A listening service that offers streams, and a key of the platform that may attach. */
export async function startEdgeSite(
  t: Test,
  settings: Readonly<Record<string, string>>,
): Promise<EdgeSite> {
  const started = await startTestService(t, { settings })
  const { root, service } = started
  const address = await service.app.listen({ port: 0, host: '127.0.0.1' })
  const { body } = await root.get('/v1/me')
  const platform: string = body.api_key.account_id
  const newVerifier = (values = {}) => newKey(root, platform, { role: 'verifier', ...values })
  const verifier = await newVerifier()
  const attached: TestEdge[] = []
  t.teardown(() => {
    for (const { socket } of attached) socket.terminate()
  })
  return {
    started,
    root,
    address,
    platform,
    verifier,
    newVerifier,
    async attach(options = {}) {
      const edge = await attachEdge(address, { token: verifier.token, ...options })
      attached.push(edge)
      return edge
    },
  }
}
