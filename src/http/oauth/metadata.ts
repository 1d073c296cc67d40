import { Type } from 'typebox'
import { notFound } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { Problem } from '../problem.ts'
import { ref } from '../schema-tools.ts'
import { introspectionPath } from './introspect.ts'

export const OAuthMetadata = Type.Object(
  {
    issuer: Type.String({ description: '`PUBLIC_URL`.' }),
    introspection_endpoint: Type.String({ description: 'URL of the introspection endpoint.' }),
    introspection_endpoint_auth_methods_supported: Type.Array(Type.String(), {
      description: 'How a caller of the endpoint may authenticate.',
    }),
    response_types_supported: Type.Array(Type.String(), { description: 'Always empty.' }),
    grant_types_supported: Type.Array(Type.String(), { description: 'Always empty.' }),
    service_documentation: Type.String({ description: 'URL of the documentation for people.' }),
  },
  { $id: 'OAuthMetadata', description: 'Authorization server metadata (RFC 8414, section 2).' },
)

/**
 * Authorization server metadata (RFC 8414), of which the service implements introspection only.
 * Without `PUBLIC_URL` there is no metadata: the caller chooses the Host header, and so would
 * choose the issuer.
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
          200: ref(OAuthMetadata),
          404: {
            description: '`PUBLIC_URL` is not set.',
            content: { 'application/problem+json': { schema: ref(Problem) } },
          },
        },
      },
    },
    async (_request, reply) => {
      if (publicUrl === undefined) throw notFound('metadata')
      reply.header('cache-control', 'no-cache')
      return {
        issuer: publicUrl,
        introspection_endpoint: publicUrl + introspectionPath,
        // The registries of authentication methods and of token types define one value each.
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'Bearer'],
        response_types_supported: [],
        grant_types_supported: [],
        service_documentation: `${publicUrl}/docs`,
      }
    },
  )
}
