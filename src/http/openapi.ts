import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import packageJson from '../../package.json' with { type: 'json' }
import { isOfAeon } from './aeon/document.ts'
import type { ApiSettings } from './api-settings.ts'
import type { App } from './app-type.ts'
import { type OfferedDocument, pageScript } from './docs/page-script.ts'
import { nameComponents, type OpenApiDocument, onlyUsedComponents } from './openapi-components.ts'
import { addDetails } from './openapi-details.ts'
import { serveDocument } from './serve-document.ts'

const jsonType = 'application/json; charset=utf-8'
const scriptType = 'application/javascript; charset=utf-8'

type RouteHandler = ReturnType<typeof serveDocument>

/**
 * Serves OpenAPI 3.1 of the routes that are registered after it, at `/openapi.json` and `/docs`.
 */
export async function describeRoutes(app: App, settings: ApiSettings): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'aeon-keys',
        version: packageJson.version,
        description:
          'Issues API keys and verifies them. `docs/clients.md` explains how to generate clients, and what may change.',
        contact: {
          name: 'The operators of this service',
          ...(settings.publicUrl !== undefined && { url: settings.publicUrl }),
        },
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: settings.serverUrl, description: 'This service.' }],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              'The token of an API key; except where tokens are verified, also a JWT of an issuer that the deployment trusts.',
          },
          basic: {
            type: 'http',
            scheme: 'basic',
            description:
              'The id or hint of an API key as the user name, and its token as the password.',
          },
          verifier: {
            type: 'apiKey',
            in: 'header',
            name: 'X-Verifier-Authorization',
            description: '`Bearer` and the token of a key with the `api_key:verify` permission.',
          },
        },
      },
      security: [{ bearer: [] }],
      tags: [
        {
          name: 'Verification',
          description: 'Token verification, for services that receive tokens.',
        },
        { name: 'Forward auth', description: 'Token verification, for reverse proxies.' },
        { name: 'OAuth', description: 'Token introspection (RFC 7662), for resource servers.' },
        { name: 'API keys', description: 'Issue, change, rotate and revoke the keys of accounts.' },
        {
          name: 'Sessions',
          description: 'Browsers that are signed in to the console as the caller.',
        },
        {
          name: 'Allow lists',
          description:
            'Named sets of addresses. A key that uses allow lists is valid only from these addresses.',
        },
        { name: 'Roles', description: 'Named sets of permissions.' },
        { name: 'Users', description: 'People with a role in the account.' },
        {
          name: 'Accounts',
          description: 'Tenants. Requires a key or a user of the platform account.',
        },
        { name: 'Audit', description: 'The audit log: who did what, and from where.' },
        {
          name: 'Freshness',
          description: 'Registered instances, and which changes each has applied.',
        },
        {
          name: 'Operations',
          description: 'Health checks and metrics, for operators. No token required.',
        },
      ],
    },
    transform: ({ schema, url }) => ({
      schema: isOfAeon(url) ? { ...schema, hide: true } : schema,
      url,
    }),
    transformObject: (given) =>
      'openapiObject' in given
        ? addDetails(onlyUsedComponents(given.openapiObject as OpenApiDocument))
        : given.swaggerObject,
    refResolver: nameComponents,
  })
  const json = serveDocument(jsonType, () => JSON.stringify(app.swagger()))
  serveInstead(app, {
    '/docs/json': json,
    '/docs/static/swagger-initializer.js': serveDocument(scriptType, () =>
      pageScript(documentsOf(settings)),
    ),
    '/docs/yaml': serveDocument('application/x-yaml', () => app.swagger({ yaml: true })),
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentPolicy,
    theme: { title: 'aeon-keys API' },
  })
  app.get('/openapi.json', { schema: { hide: true }, config: { isFrequent: true } }, json)
}

function documentsOf({ aeon }: ApiSettings): readonly OfferedDocument[] {
  return [
    { name: 'aeon-keys', url: '/openapi.json' },
    ...(aeon ? [{ name: 'aeon-keys, as the API of Aeon', url: '/openapi/aeon.json' }] : []),
  ]
}

/** Replaces handlers of the plugin's routes: each request would make the document anew. */
function serveInstead(app: App, handlers: Readonly<Record<string, RouteHandler>>): void {
  app.addHook('onRoute', (route) => {
    const handler = handlers[route.url]
    if (handler !== undefined) route.handler = handler
  })
}

/**
 * Allows no external resource. The plugin's own policy allows fonts and styles of any host and
 * images of validator.swagger.io, and upgrades requests to TLS, which this service does not
 * terminate.
 */
const contentPolicy = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'font-src': ["'self'", 'data:'],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
}
