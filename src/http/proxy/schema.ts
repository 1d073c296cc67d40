import { Type } from 'typebox'
import { attemptParameters } from '../attempt-parameters.ts'
import { responses } from '../responses.ts'

const text = (description: string) => ({ description, type: 'string' })

/** How the OpenAPI document shows the route; with GET, for all methods. */
export const forwardAuthSchema = {
  operationId: 'forwardAuth',
  tags: ['Forward auth'],
  summary: 'Ask about the request that a proxy is to pass on',
  description:
    'Any method. The token is that of the original request, in `Authorization` or the header of `FORWARD_AUTH_HEADER`. ' +
    'The proxy proves itself by its address or by a token of its own, or else gets 403 without `WWW-Authenticate`.',
  security: [{ verifier: [] }, {}],
  querystring: Type.Object({
    ...attemptParameters,
    original_uri: Type.Optional(
      Type.String({ description: 'Ends the parameters: whatever follows is ignored.' }),
    ),
  }),
  response: {
    ...responses({
      200: Type.Null({
        description: 'The key is good for it.',
        headers: {
          'X-Key-Id': text('The id of the key.'),
          'X-Account-Id': text('The id of its account.'),
          'X-Key-Name': text('Its name, percent-encoded.'),
          'X-Key-Role': text('The name of its role, percent-encoded.'),
          'X-Key-Permissions': text('The permissions that were asked for, separated by spaces.'),
        },
      }),
    }),
    401: Type.Null({ description: 'There is no token, or it is not good for this.' }),
  },
}
