import { type Static, Type } from 'typebox'

/**
 * All settings, by the name of their environment variable. An empty variable counts as unset.
 * docs/settings.md repeats them; a test compares the two.
 */
export const Settings = Type.Object({
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
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/?#@]+$',
      description:
        'Scheme, host and port by which callers reach the service; the issuer in introspection. Unset: introspection names no issuer, and OAuth metadata is not served.',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'Connection URL of PostgreSQL 15 or newer; its parameters configure TLS. It may name several hosts. Unset: the service runs a private PostgreSQL in DATA_DIR.',
    }),
  ),
  DATABASE_OWNER_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'Connection URL of the same database for the user that owns the tables. Only `npm run admin -- migrate` uses this URL.',
    }),
  ),
  DATABASE_POOL_MAX: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description:
      'Maximum number of database connections for requests. Four of them, at most half, serve only verifications; at least one of each kind is used.',
  }),
  DATABASE_CONNECT_TIMEOUT_MS: Type.Integer({
    default: 2_000,
    minimum: 50,
    maximum: 60_000,
    description:
      'Milliseconds that a request waits for a database connection before the response is 503.',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: Type.Integer({
    default: 5_000,
    minimum: 50,
    maximum: 600_000,
    description: 'Milliseconds that a statement may take before the response is 503.',
  }),
  DATABASE_QUEUE_MAX: Type.Integer({
    default: 200,
    minimum: 1,
    maximum: 100_000,
    description:
      'Maximum number of requests that wait for a database connection. Beyond this number, requests of the account with the most waiting requests get 503.',
  }),
  DATABASE_LONG_READ_TIMEOUT_MS: Type.Integer({
    default: 5_000,
    minimum: 50,
    maximum: 600_000,
    description:
      'Milliseconds that a statement of a list, a page of the audit log or a report may take before the response is 503. At most DATABASE_STATEMENT_TIMEOUT_MS takes effect.',
  }),
  DATA_DIR: Type.Optional(
    Type.String({
      description:
        'Data directory of the private PostgreSQL. Ignored if DATABASE_URL is set. Unset: ./data.',
    }),
  ),
  MIGRATE: Type.Union([Type.Literal('auto'), Type.Literal('off')], {
    default: 'auto',
    description:
      'auto: migrate the schema at start. off: do not start on a schema older than this version.',
  }),
  ROOT_TOKEN_FILE: Type.Optional(
    Type.String({
      description:
        'File to which the first start writes the root token. The file must not exist; only its owner can read the file.',
    }),
  ),
  CACHE_MAX_KEYS: Type.Integer({
    default: 100_000,
    minimum: 1,
    maximum: 10_000_000,
    description: 'Maximum number of credentials in the cache.',
  }),
  CACHE_MAX_BYTES: Type.Optional(
    Type.Integer({
      minimum: 1_048_576,
      maximum: 1_099_511_627_776,
      description:
        'Maximum estimated size, in bytes, of the credentials in the cache. What keys share counts once: the addresses of their allow lists, and the permissions of their role. Unset: 1536 for each of CACHE_MAX_KEYS, and at least 1048576.',
    }),
  ),
  WORKERS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 256,
    description: 'Number of processes that share the port.',
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
  HASH_PROFILE: Type.Union([Type.Literal('random'), Type.Literal('password')], {
    default: 'random',
    description:
      'Cost of new Argon2 hashes. After a rise, old hashes are renewed when their keys are used.',
  }),
  HASH_CONCURRENCY: Type.Integer({
    default: 16,
    minimum: 1,
    maximum: 64,
    description:
      'Maximum number of Argon2 hashes given to the thread pool at once. The pool has one thread per core.',
  }),
  HASH_QUEUE_MAX: Type.Integer({
    default: 2_000,
    minimum: 1,
    maximum: 100_000,
    description:
      'Maximum number of waiting Argon2 hashes. Beyond this number, the account with the most waiting hashes gets 503.',
  }),
  HASH_WAIT_MAX_MS: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 60_000,
    description:
      'Milliseconds that an Argon2 hash may wait for its turn. A request that would wait longer gets 503.',
  }),
  PEPPER_FILE: Type.Optional(
    Type.String({
      description: 'File of peppers, one `id:base64` per line, the current pepper first.',
    }),
  ),
  AUDIT_KEY_FILE: Type.Optional(
    Type.String({
      description:
        'File of audit keys, one `id:base64` per line, the current key first. The entry hashes of the audit log are computed with these keys, so that only a holder can forge entries.',
    }),
  ),
  TOKEN_PREFIX: Type.String({
    default: 'aeon',
    pattern: '^[a-z][a-z0-9]{0,15}$',
    description: 'Prefix of new tokens.',
  }),
  PERMISSIONS_FILE: Type.Optional(
    Type.String({
      description: 'File with a permission catalogue that replaces the built-in catalogue.',
    }),
  ),
  EXPIRY_WARNING_DAYS: Type.Integer({
    default: 7,
    minimum: 0,
    maximum: 3_650,
    description:
      'Days before the expiry of a key from which verdicts carry the warning `expires_soon`. 0: no warning.',
  }),
  SELF_ROTATION_MAX_OVERLAP_SECONDS: Type.Integer({
    default: 86_400,
    minimum: 0,
    maximum: 2_592_000,
    description: 'Maximum overlap, in seconds, that a key may request when the key rotates itself.',
  }),
  MAX_STALENESS_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 3_600_000,
    description:
      'Maximum age, in milliseconds, of the data on which a verdict rests. Must be equal on all instances of a database.',
  }),
  POLL_INTERVAL_MS: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 60_000,
    description:
      'Milliseconds between two polls for changes when no notification arrives. At most a third of a lease (0.3 MAX_STALENESS_MS).',
  }),
  CHANGE_FEED: Type.Union([Type.Literal('notify'), Type.Literal('poll')], {
    default: 'notify',
    description:
      'notify: changes are announced by NOTIFY. poll: instances only poll, for databases without NOTIFY.',
  }),
  DATABASE_LISTEN_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description: 'Connection URL for LISTEN, if DATABASE_URL points to a connection pooler.',
    }),
  ),
  AEON_API: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: 'Whether the Aeon API is served at /api/public/v1, for `ybm` and Terraform.',
  }),
  USE_FLUSH_MS: Type.Integer({
    default: 10_000,
    minimum: 10,
    maximum: 600_000,
    description: 'Milliseconds between two writes of use records.',
  }),
  DRAIN_TIMEOUT_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    description: 'Milliseconds that requests in progress may take after SIGTERM.',
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
  LOG_LEVEL: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const).map((level) =>
      Type.Literal(level),
    ),
    { default: 'info', description: 'Minimum severity of log lines.' },
  ),
})

export type Config = Static<typeof Settings>
