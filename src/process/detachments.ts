import type { Logger } from 'pino'
import { redactTokens } from '../domain/token/redaction.ts'
import type { VerifierError } from '../edge/verifier-error.ts'

/**
 * Logs why an edge is not attached, each reason once until it is attached again: an attempt every
 * few seconds repeats the reason, and a different one is news, also in an outage.
 */
export class Detachments {
  readonly #log: Pick<Logger, 'info' | 'warn'>
  readonly #logged = new Set<string>()

  constructor(log: Pick<Logger, 'info' | 'warn'>) {
    this.#log = log
  }

  attached(): void {
    this.#logged.clear()
    this.#log.info('attached to the service of EDGE_OF')
  }

  detached({ message, cause }: VerifierError): void {
    const why = { reason: message, ...(cause !== undefined && { cause: wordsOf(cause) }) }
    const name = JSON.stringify(why)
    if (this.#logged.has(name)) return
    this.#logged.add(name)
    this.#log.warn(why, 'not attached to the service of EDGE_OF')
  }
}

/** An error that names a file shows its code only: in place of a path there may be a secret. */
function wordsOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(wordsOf).join('; ')
  if (!(cause instanceof Error)) return 'unknown'
  const code = 'code' in cause ? String(cause.code) : ''
  if ('path' in cause) return code
  // OpenSSL ends its messages with a line feed, and names the file and line of its source.
  const message = redactTokens(cause.message.trim())
  return code === '' || message.includes(code) ? message : `${message} (${code})`
}
