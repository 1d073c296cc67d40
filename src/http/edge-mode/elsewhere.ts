import { ServiceError } from '../../errors.ts'
import { aeonPrefix, answerAeonErrors } from '../aeon/errors.ts'
import type { App } from '../app-type.ts'

const ofTheService = [
  '/',
  '/v1',
  '/v1/*',
  '/console',
  '/console/*',
  '/docs',
  '/docs/*',
  '/openapi.json',
  '/openapi/*',
  '/.well-known/oauth-authorization-server',
]

/**
 * Refuses what only the service has, and says where that is. 501 (RFC 9110, section 15.6.2), and
 * not 404: a program that manages keys would take a missing resource for a deleted one.
 */
export async function refuseElsewhere(app: App, edgeOf: string): Promise<void> {
  refusePaths(app, ofTheService, edgeOf)
  await app.register(
    async (scope: App) => {
      answerAeonErrors(scope)
      refusePaths(scope, ['', '/*'], edgeOf)
    },
    { prefix: aeonPrefix },
  )
}

function refusePaths(app: App, paths: readonly string[], edgeOf: string): void {
  const message = `This is an edge, which verifies tokens and does nothing else. Send the request to ${edgeOf}.`
  for (const path of paths) {
    app.all(path, {
      // Before the body is read.
      onRequest: (_request, _reply, done) => done(new ServiceError('not_implemented', message)),
      handler: neverReached,
    })
  }
}

function neverReached(): never {
  throw new Error('onRequest has refused.')
}
