import { Type } from 'typebox'
import { attemptParameters } from '../attempt-parameters.ts'
import { Problem } from '../problem.ts'
import { responses } from '../responses.ts'
import { ref } from '../schema-tools.ts'

const text = (description: string) => ({ description, type: 'string' })

/** The OpenAPI document shows the route as GET, for all methods. */
export const forwardAuthSchema = {
  operationId: 'forwardAuth',
  tags: ['Forward auth'],
  summary: 'Verify the token of a proxied request',
  description:
    'Accepts any method. The token is that of the original request, in `Authorization` or in the header that `FORWARD_AUTH_HEADER` names. ' +
    'The proxy authenticates by its address or by a token of its own. Otherwise the response is 403 without `WWW-Authenticate`.',
  security: [{ verifier: [], bearer: [] }, { bearer: [] }],
  querystring: Type.Object({
    ...attemptParameters,
    original_uri: Type.Optional(
      Type.String({ description: 'Ends the parameters: everything after it is ignored.' }),
    ),
  }),
  response: {
    ...responses({
      200: Type.Null({
        description: 'The token is valid for the request.',
        headers: {
          'X-Key-Id': text('Id of the key.'),
          'X-Account-Id': text('Id of the account of the key.'),
          'X-Key-Name': text('Name of the key, percent-encoded.'),
          'X-Key-Role': text('Name of the role of the key, percent-encoded.'),
          'X-Key-Permissions': text('The required permissions, separated by spaces.'),
        },
      }),
    }),
    401: Type.Null({ description: 'The token is missing or not valid for the request.' }),
    403: {
      description:
        'The token lacks a permission: without a body, and with `WWW-Authenticate`. Or the proxy is not permitted to verify tokens: with a problem.',
      content: { 'application/problem+json': { schema: ref(Problem) } },
    },
  },
}
