import { type Static, Type } from 'typebox'

/**
 * All settings, by the name of their environment variable. An empty variable counts as unset. The
 * README's table of settings is made from this schema.
 */
export const Settings = Type.Object({
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65_535,
    description: 'The port to listen on; 0 takes any free one.',
  }),
  HOST: Type.String({ default: '127.0.0.1', description: 'The address to listen on.' }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/?#@]+$',
      description:
        'The scheme, host and port by which callers reach the service: the issuer in introspection. Unset: no issuer is told, and there is no OAuth metadata.',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'PostgreSQL 15 or newer; TLS by its parameters. Unset: a private PostgreSQL in DATA_DIR.',
    }),
  ),
  DATABASE_OWNER_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'The same database as the user who owns the tables; `npm run admin -- migrate` uses it, the service never.',
    }),
  ),
  DATABASE_POOL_MAX: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: 'Connections to the database, at most.',
  }),
  DATABASE_CONNECT_TIMEOUT_MS: Type.Integer({
    default: 2_000,
    minimum: 50,
    maximum: 60_000,
    description: 'How long a request waits for a connection before the answer is 503.',
  }),
  DATABASE_STATEMENT_TIMEOUT_MS: Type.Integer({
    default: 5_000,
    minimum: 50,
    maximum: 600_000,
    description: 'How long a statement may take before the answer is 503.',
  }),
  DATABASE_QUEUE_MAX: Type.Integer({
    default: 200,
    minimum: 1,
    maximum: 100_000,
    description:
      'Requests that may wait for a connection; beyond it those that are no verification are answered 503.',
  }),
  DATA_DIR: Type.Optional(
    Type.String({
      description:
        'Where the private PostgreSQL keeps its data; with DATABASE_URL it is ignored. Unset: ./data.',
    }),
  ),
  MIGRATE: Type.Union([Type.Literal('auto'), Type.Literal('off')], {
    default: 'auto',
    description:
      'Whether to bring the schema up to date at start; off: refuse to start on an older one.',
  }),
  ROOT_TOKEN_FILE: Type.Optional(
    Type.String({
      description:
        'Where the first start writes the root token: a new file, readable by its owner only.',
    }),
  ),
  CACHE_MAX_KEYS: Type.Integer({
    default: 100_000,
    minimum: 1,
    maximum: 10_000_000,
    description: 'Credentials kept in memory, at most.',
  }),
  WORKERS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 256,
    description: 'Processes that share the port.',
  }),
  HASH_PROFILE: Type.Union([Type.Literal('random'), Type.Literal('password')], {
    default: 'random',
    description: 'The cost of new hashes; a rise renews old ones as their keys are used.',
  }),
  HASH_CONCURRENCY: Type.Integer({
    default: 16,
    minimum: 1,
    maximum: 64,
    description: 'Argon2 hashes given to the threads at once, of which there are as many as cores.',
  }),
  HASH_QUEUE_MAX: Type.Integer({
    default: 2_000,
    minimum: 1,
    maximum: 100_000,
    description:
      'Argon2 hashes that may wait; beyond it the account with the most waiting is answered 503.',
  }),
  HASH_WAIT_MAX_MS: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 60_000,
    description:
      'How long an Argon2 hash may wait for its turn; what would wait longer is answered 503.',
  }),
  PEPPER_FILE: Type.Optional(
    Type.String({
      description: 'Peppers, one `id:base64` a line, the current one first.',
    }),
  ),
  AUDIT_KEY_FILE: Type.Optional(
    Type.String({
      description:
        'Keys of the audit trail, one `id:base64` a line, the current one first: without them nobody can make its links.',
    }),
  ),
  TOKEN_PREFIX: Type.String({
    default: 'aeon',
    pattern: '^[a-z][a-z0-9]{0,15}$',
    description: 'What new tokens begin with.',
  }),
  PERMISSIONS_FILE: Type.Optional(
    Type.String({ description: 'A catalogue of permissions in the place of the built-in one.' }),
  ),
  EXPIRY_WARNING_DAYS: Type.Integer({
    default: 7,
    minimum: 0,
    maximum: 3_650,
    description: 'From how many days before its expiry on verdicts on a key warn of it; 0: never.',
  }),
  SELF_ROTATION_MAX_OVERLAP_SECONDS: Type.Integer({
    default: 86_400,
    minimum: 0,
    maximum: 2_592_000,
    description: 'How long the old token of a key that rotates itself may work beside the new one.',
  }),
  MAX_STALENESS_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 3_600_000,
    description: 'No verdict rests on anything older. The same on every instance of a database.',
  }),
  POLL_INTERVAL_MS: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 60_000,
    description:
      'How often an instance looks for changes when nobody announces one; a third of a lease (0.3 MAX_STALENESS_MS) at most.',
  }),
  CHANGE_FEED: Type.Union([Type.Literal('notify'), Type.Literal('poll')], {
    default: 'notify',
    description: 'Whether changes are announced by NOTIFY; poll where the database knows none.',
  }),
  DATABASE_LISTEN_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description: 'Where to LISTEN, when a pooler stands before DATABASE_URL.',
    }),
  ),
  AEON_API: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'on',
    description: "Whether Aeon's public API is served, at /api/public/v1, for `ybm` and Terraform.",
  }),
  USE_FLUSH_MS: Type.Integer({
    default: 10_000,
    minimum: 10,
    maximum: 600_000,
    description: 'How often use records are written.',
  }),
  DRAIN_TIMEOUT_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    description: 'How long requests in flight may take after SIGTERM.',
  }),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      format: 'address-ranges',
      description:
        'Proxies whose X-Forwarded-For and Forwarded are believed: addresses and ranges, separated by commas. Unset: the client is who holds the socket.',
    }),
  ),
  FORWARD_AUTH_NETWORKS: Type.Optional(
    Type.String({
      format: 'address-ranges',
      description:
        'Proxies that may use forward-auth without a token of their own, by the address of their socket.',
    }),
  ),
  FORWARD_AUTH_HEADER: Type.String({
    default: 'Authorization',
    pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$',
    description:
      'The header in which forward-auth finds the token: `Bearer` and the token in Authorization, the token alone in any other.',
  }),
  FORWARD_AUTH_REASON: Type.Union([Type.Literal('hide'), Type.Literal('tell')], {
    default: 'hide',
    description: 'Whether forward-auth tells the reason of a denial, in X-Denial-Reason.',
  }),
  LOG_LEVEL: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const).map((level) =>
      Type.Literal(level),
    ),
    { default: 'info', description: 'The least severe log lines to write.' },
  ),
})

export type Config = Static<typeof Settings>
