import type { FastifyBaseLogger } from 'fastify'

type Bindings = Parameters<FastifyBaseLogger['child']>[0]
type ChildOptions = Parameters<FastifyBaseLogger['child']>[1]
type LogArguments = [object: object, message?: string]

/**
 * The logger of a request, with the bindings of the request in each line. The child of the
 * service's logger is created for the first line: most requests log none, and creating it takes
 * 2 us, in which pino serializes and redacts the bindings.
 */
export function createRequestLogger(
  logger: FastifyBaseLogger,
  bindings: Bindings,
  options: ChildOptions,
): FastifyBaseLogger {
  return new RequestLogger(logger, bindings, options)
}

class RequestLogger implements FastifyBaseLogger {
  readonly #logger: FastifyBaseLogger
  readonly #bindings: Bindings
  readonly #options: ChildOptions
  #created: FastifyBaseLogger | undefined

  constructor(logger: FastifyBaseLogger, bindings: Bindings, options: ChildOptions) {
    this.#logger = logger
    this.#bindings = bindings
    this.#options = options
  }

  get level(): string {
    return this.#logger.level
  }

  fatal(...line: LogArguments): void {
    this.#child.fatal(...line)
  }

  error(...line: LogArguments): void {
    this.#child.error(...line)
  }

  warn(...line: LogArguments): void {
    this.#child.warn(...line)
  }

  info(...line: LogArguments): void {
    this.#child.info(...line)
  }

  debug(...line: LogArguments): void {
    this.#child.debug(...line)
  }

  trace(...line: LogArguments): void {
    this.#child.trace(...line)
  }

  silent(...line: LogArguments): void {
    this.#child.silent(...line)
  }

  child(bindings: Bindings, options?: ChildOptions): FastifyBaseLogger {
    return this.#child.child(bindings, options)
  }

  get #child(): FastifyBaseLogger {
    this.#created ??= this.#logger.child(this.#bindings, this.#options)
    return this.#created
  }
}
