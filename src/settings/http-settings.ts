import { Type } from 'typebox'

/** Where and what the HTTP server serves, and to whom. */
export const httpSettings = {
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65_535,
    description: 'TCP port to listen on. 0: any free port.',
  }),
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
  OPERATIONS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description:
        'TCP port for `/livez`, `/readyz` and `/metrics`, which PORT then does not serve. Unset: PORT serves them.',
    }),
  ),
  OPERATIONS_HOST: Type.Optional(
    Type.String({ description: 'Address of OPERATIONS_PORT to listen on. Unset: HOST.' }),
  ),
  METRICS: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: 'Whether `/metrics` is served.',
  }),
  DOCS: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: 'Whether `/docs`, `/openapi.json` and `/openapi/aeon.json` are served.',
  }),
  CONSOLE: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description:
      'Whether the console is served, and browsers may sign in. off: no cookie counts anywhere.',
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      format: 'origin',
      description:
        'Scheme, host and port by which callers reach the service: the issuer in introspection, and the site of the console, if https. Unset: introspection names no issuer, OAuth metadata is not served, and the console works at a loopback host only.',
    }),
  ),
  AEON_API: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: 'Whether the Aeon API is served at /api/public/v1, for `ybm` and Terraform.',
  }),
  CONNECTIONS_MAX: Type.Integer({
    default: 10_000,
    minimum: 10,
    maximum: 1_000_000,
    description:
      'Maximum number of open connections of clients, for each process. Beyond this number, a new connection takes the place of a connection without a request in progress; if there is none, it is closed.',
  }),
  CONNECTIONS_PER_ADDRESS_MAX: Type.Integer({
    default: 1_000,
    minimum: 1,
    maximum: 1_000_000,
    description:
      'Maximum number of open connections of one IPv4 address or IPv6 /64 network, for each process. Addresses in TRUSTED_PROXIES have no such limit.',
  }),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      format: 'address-ranges',
      description:
        'Proxies whose X-Forwarded-For and Forwarded headers are trusted: addresses and CIDR ranges, separated by commas. Unset: the client address is the address of the socket.',
    }),
  ),
  FORWARD_AUTH_NETWORKS: Type.Optional(
    Type.String({
      format: 'address-ranges',
      description:
        'Proxies that may use forward-auth without a token: addresses and CIDR ranges of their sockets, separated by commas.',
    }),
  ),
  FORWARD_AUTH_HEADER: Type.String({
    default: 'Authorization',
    pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$',
    description:
      'Header from which forward-auth reads the token: `Bearer` and the token in Authorization, the token alone in any other header.',
  }),
  FORWARD_AUTH_REASON: Type.Union([Type.Literal('hide'), Type.Literal('tell')], {
    default: 'hide',
    description:
      'tell: forward-auth returns the reason for a denial in X-Denial-Reason. hide: it does not.',
  }),
}
