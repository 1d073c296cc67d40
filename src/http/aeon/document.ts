import swagger from '@fastify/swagger'
import packageJson from '../../../package.json' with { type: 'json' }
import type { App } from '../app-type.ts'
import { nameComponents, type OpenApiDocument, onlyUsedComponents } from '../openapi-components.ts'
import { serveDocument } from '../serve-document.ts'
import { aeonPrefix } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly aeonDocument?: () => OpenApiDocument
  }
}

/**
 * Describes the routes of the scope in a document of their own, with the tags and operation ids of
 * the clients' libraries. In one document, names of the two APIs would collide, and client
 * generators could not tell the two forms of errors apart.
 */
export async function describeAeonRoutes(scope: App): Promise<void> {
  await scope.register(swagger, {
    decorator: 'aeonDocument' as 'swagger',
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'aeon-keys, as the public API of YugabyteDB Aeon',
        version: packageJson.version,
        description: 'The part of the YugabyteDB Aeon API with which its clients manage API keys.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          BearerAuthToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
      security: [{ BearerAuthToken: [] }],
      tags: ['account', 'api-key', 'auth', 'health-check', 'network', 'project', 'role'].map(
        (name) => ({ name }),
      ),
    },
    transformObject: (given) =>
      'openapiObject' in given
        ? onlyUsedComponents(given.openapiObject as OpenApiDocument)
        : given.swaggerObject,
    refResolver: nameComponents,
  })
}

/** Open to everybody, like `/openapi.json`. */
export function aeonDocumentRoute(app: App, scope: App): void {
  const makeText = () => JSON.stringify(scope.aeonDocument?.())
  const handler = serveDocument('application/json; charset=utf-8', makeText)
  app.get('/openapi/aeon.json', { schema: { hide: true } }, handler)
}

/** Whether a route belongs to the Aeon API, which `/openapi.json` leaves out. */
export function isOfAeon(url: string): boolean {
  return url.startsWith(aeonPrefix)
}
