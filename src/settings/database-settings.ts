import { Type } from 'typebox'

/** The database, and how long and how often a request may use it. */
export const databaseSettings = {
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
  DATABASE_LISTEN_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description: 'Connection URL for LISTEN, if DATABASE_URL points to a connection pooler.',
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
}
