import { Type } from 'typebox'
import { notFound } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { Problem } from '../problem.ts'
import { ref } from '../schema-tools.ts'
import { introspectionPath } from './introspect.ts'

const Metadata = Type.Object(
  {
    issuer: Type.String(),
    introspection_endpoint: Type.String(),
    introspection_endpoint_auth_methods_supported: Type.Array(Type.String()),
    response_types_supported: Type.Array(Type.String(), { description: 'Always empty.' }),
    grant_types_supported: Type.Array(Type.String(), { description: 'Always empty.' }),
    service_documentation: Type.String(),
  },
  { description: 'Authorization server metadata (RFC 8414, section 2).' },
)

/**
 * Authorization server metadata (RFC 8414). Of what an authorization server can do there is
 * introspection only. Where nobody has said by which URL we are reached there is none: an issuer taken
 * from the Host header would be the caller's.
 */
export function metadataRoute(app: App, publicUrl: string | undefined): void {
  app.get(
    '/.well-known/oauth-authorization-server',
    {
      config: { isFrequent: true },
      schema: {
        operationId: 'getOAuthMetadata',
        tags: ['OAuth'],
        summary: 'Get the authorization server metadata',
        description:
          'Metadata of the introspection endpoint (RFC 8414). Served only if `PUBLIC_URL` is set.',
        security: [],
        response: {
          200: Metadata,
          404: {
            description: '`PUBLIC_URL` is not set.',
            content: { 'application/problem+json': { schema: ref(Problem) } },
          },
        },
      },
    },
    async () => {
      if (publicUrl === undefined) throw notFound('metadata')
      return {
        issuer: publicUrl,
        introspection_endpoint: publicUrl + introspectionPath,
        // The first is of the registry of authentication methods, the second of that of token types.
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'Bearer'],
        response_types_supported: [],
        grant_types_supported: [],
        service_documentation: `${publicUrl}/docs`,
      }
    },
  )
}
