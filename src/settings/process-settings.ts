import { Type } from 'typebox'

/** The processes of an instance, their end and their log. */
export const processSettings = {
  WORKERS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 256,
    description: 'Number of processes that share the port.',
  }),
  DRAIN_TIMEOUT_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    description: 'Milliseconds that requests in progress may take after SIGTERM.',
  }),
  LOG_LEVEL: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const).map((level) =>
      Type.Literal(level),
    ),
    { default: 'info', description: 'Minimum severity of log lines.' },
  ),
}
