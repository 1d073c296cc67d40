import { Type } from 'typebox'

/** The service as an edge of another one, without a database. */
export const edgeSettings = {
  EDGE_OF: Type.Optional(
    Type.String({
      format: 'server-url',
      description:
        'Scheme, host and port of a service with EDGES_MAX above 0. This process then has no database: it verifies tokens by what that service tells it, and does nothing else.',
    }),
  ),
  EDGE_TOKEN_FILE: Type.Optional(
    Type.String({
      description:
        'File with the token by which this process attaches to EDGE_OF, of a key of the platform account with `api_key:verify`. Read again at each attempt to attach.',
    }),
  ),
  EDGE_SOCKET: Type.Optional(
    Type.String({
      format: 'socket-path',
      description:
        'Path of a Unix socket, of at most 107 bytes (103 on macOS), on which an edge listens in place of HOST and PORT.',
    }),
  ),
  EDGE_SOCKET_MODE: Type.String({
    default: '0600',
    pattern: '^0?[0-7]{3}$',
    description: 'Mode of EDGE_SOCKET in octal digits: who may connect to it.',
  }),
  EDGE_SOCKET_CALLERS: Type.Union([Type.Literal('key'), Type.Literal('any')], {
    default: 'key',
    description:
      'key: callers on EDGE_SOCKET need a key, as on a TCP port. any: every process that may connect by EDGE_SOCKET_MODE may ask for verdicts.',
  }),
}
