import swagger from '@fastify/swagger'
import packageJson from '../../../package.json' with { type: 'json' }
import type { App } from '../app-type.ts'
import { nameComponents, type OpenApiDocument, onlyUsedComponents } from '../openapi-components.ts'
import { serveDocument } from '../serve-document.ts'
import { completeResponses } from './complete-responses.ts'
import { toDocumentForm } from './document-form.ts'
import { aeonPrefix } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly aeonDocument?: () => OpenApiDocument
  }
}

/** The tags, named as the libraries of the clients name their groups of operations. */
const tags = {
  account: 'The account of the key, and its users.',
  'account-list': 'The account of the key as a list: for older clients, and in no newer library.',
  auth: 'API keys and the permission catalogue.',
  'health-check': 'Whether the service is available and the key is valid.',
  network: 'Allow lists.',
  project: 'The project of the account.',
  role: 'Roles.',
} as const

/**
 * Describes the routes of the scope in a document of their own, in OpenAPI 3.0.3: the generator of
 * the clients' libraries cannot read 3.1. Tags, operation ids and components have the names that
 * the code of the clients uses. In one document, names of the two APIs would collide, and client
 * generators could not tell the two forms of errors apart.
 */
export async function describeAeonRoutes(scope: App): Promise<void> {
  await scope.register(swagger, {
    decorator: 'aeonDocument' as 'swagger',
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'aeon-keys, as the public API of YugabyteDB Aeon',
        version: packageJson.version,
        description:
          'The part of the YugabyteDB Aeon API with which its clients manage API keys and users.',
        contact: { name: 'The operators of this service' },
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          BearerAuthToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
      security: [{ BearerAuthToken: [] }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    },
    transformObject: (given) =>
      'openapiObject' in given
        ? toDocumentForm(
            completeResponses(onlyUsedComponents(given.openapiObject as OpenApiDocument)),
          )
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
